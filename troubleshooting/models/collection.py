"""What people give of PCs that the portal cannot reach: one-time tokens for the collector, and what it read."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from troubleshooting.models.case import Case
from troubleshooting.models.check_run import CheckRun
from troubleshooting.models.device import Device
from troubleshooting.models.triggers import AppendOnly, NeverTruncated


class CollectorToken(models.Model):
    """Lets one script send what it read of one PC, once, for one case and in one person's name."""

    name = models.CharField(max_length=32, unique=True)  # the last part of its address; says nothing
    secret_sha256 = models.CharField(max_length=64)
    case = models.ForeignKey(Case, models.PROTECT, related_name="collector_tokens")
    device = models.ForeignKey(Device, models.PROTECT, related_name="+")
    made_for = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)  # with the right secret

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gte=F("made_at")), name="collector_token_expires_later"),
            models.CheckConstraint(
                condition=Q(secret_sha256__regex="^[0-9a-f]{64}$"),  # noqa: S106  a pattern
                name="collector_token_is_hashed",
            ),
        ]
        triggers = [
            AppendOnly(name="collector_token_never_deleted", operation=pgtrigger.Delete),
            AppendOnly(  # it can only end earlier
                name="collector_token_ends_no_later",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "NEW.expires_at > OLD.expires_at OR NEW.tries < OLD.tries OR "
                    "to_jsonb(NEW) - '{expires_at,tries}'::text[] IS DISTINCT FROM "
                    "to_jsonb(OLD) - '{expires_at,tries}'::text[]"
                ),
            ),
            NeverTruncated(name="collector_token_never_truncated"),
        ]

    def __str__(self) -> str:
        """Show the public part."""
        return self.name


class Collection(models.Model):
    """Where the evidence of a check run comes from, which a person gave instead of a visit."""

    check_run = models.OneToOneField(CheckRun, models.PROTECT, related_name="collection")
    token = models.OneToOneField(CollectorToken, models.PROTECT, null=True, related_name="collection")
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    made_at = models.DateTimeField()  # by the PC's own clock
    computer = models.CharField(max_length=260)
    user = models.CharField(max_length=260, blank=True)
    powershell = models.CharField(max_length=260, blank=True)
    sha256 = models.CharField(max_length=64, unique=True)  # of the file: each counts once
    is_sent_by_script = models.BooleanField()  # else a person uploaded the file

    class Meta:
        ordering = ["given_at", "pk"]
        triggers = [
            AppendOnly(name="collection_append_only"),
            NeverTruncated(name="collection_never_truncated"),
        ]

    def __str__(self) -> str:
        """Show the PC that it says it is from."""
        return f"{self.computer}, {self.made_at:%Y-%m-%d %H:%M}"
