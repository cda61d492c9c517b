"""Warnings before an exclusion ends, and re-tests: does it work, and is it still needed."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from troubleshooting.models.attempts import Attempts
from troubleshooting.models.device import Device
from troubleshooting.models.exclusion import Exclusion
from troubleshooting.models.lease import SettingLease
from troubleshooting.models.triggers import NeverTruncated


class RetestQuerySet(models.QuerySet["Retest"]):
    """Questions about re-tests."""

    def open(self) -> RetestQuerySet:
        """Return the re-tests that are not over."""
        return self.filter(ended_at=None)

    def wanting_a_visit(self, *, now: datetime) -> RetestQuerySet:
        """Return the open re-tests whose time has come; one with a lease is looked after by the lease's own worker."""
        return self.open().filter(due_at__lte=now, lease=None)

    def locked(self) -> RetestQuerySet:
        """Lock the re-test's own row until the transaction ends."""
        return self.select_for_update(of=("self",), no_key=True)


class Retest(Attempts):
    """One try whether the address opens: with the exclusion in force, or without it in audit mode."""

    exclusion = models.ForeignKey(Exclusion, models.PROTECT, related_name="retests")
    device = models.ForeignKey(Device, models.PROTECT, related_name="retests")
    lease = models.OneToOneField(SettingLease, models.PROTECT, null=True, blank=True, related_name="retest")
    purpose = models.CharField(max_length=20)
    status = models.CharField(max_length=20, default="asked")
    outcome = models.CharField(max_length=40, blank=True)
    content = models.JSONField(default=dict)  # the facts it rests on
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = models.Manager.from_queryset(RetestQuerySet)()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = _("re-test")
        verbose_name_plural = _("re-tests")
        constraints = [
            models.UniqueConstraint(
                fields=["exclusion", "purpose"], condition=Q(ended_at__isnull=True), name="retest_one_open"
            ),
        ]
        triggers = [NeverTruncated(name="retest_never_truncated")]

    def __str__(self) -> str:
        """Show exclusion, purpose and status."""
        return f"{self.exclusion_id} {self.purpose} {self.status}"


class ExclusionWarning(models.Model):
    """An exclusion was announced to end soon; once for each number of days."""

    exclusion = models.ForeignKey(Exclusion, models.PROTECT, related_name="warnings")
    days = models.PositiveSmallIntegerField()  # before the end
    warned_at = models.DateTimeField()
    retest = models.ForeignKey(Retest, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-warned_at", "-pk"]
        verbose_name = _("warning before the end")
        verbose_name_plural = _("warnings before the end")
        constraints = [models.UniqueConstraint(fields=["exclusion", "days"], name="warning_once")]
        triggers = [NeverTruncated(name="warning_never_truncated")]

    def __str__(self) -> str:
        """Show exclusion and days."""
        return f"{self.exclusion_id} {self.days} d"
