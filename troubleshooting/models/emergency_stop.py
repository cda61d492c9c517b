"""The emergency stop, and what was undone."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from troubleshooting.models.choices import Role
from troubleshooting.models.exclusion import Exclusion
from troubleshooting.models.triggers import AppendOnly, ByRole, NeverTruncated


class EmergencyStopQuerySet(models.QuerySet["EmergencyStop"]):
    """Questions about stops."""

    def on(self) -> EmergencyStopQuerySet:
        """Return the stop that holds now, if any."""
        return self.filter(is_on=True)


class EmergencyStop(models.Model):
    """One time during which the portal writes to no PC and not to the tenant."""

    is_on = models.BooleanField(default=True)
    begun_at = models.DateTimeField()
    begun_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.TextField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    end_note = models.TextField(blank=True)

    objects = models.Manager.from_queryset(EmergencyStopQuerySet)()

    class Meta:
        ordering = ["-begun_at", "-pk"]
        verbose_name = _("emergency stop")
        verbose_name_plural = _("emergency stops")
        constraints = [
            models.UniqueConstraint(fields=["is_on"], condition=Q(is_on=True), name="stop_one_at_a_time"),
            models.CheckConstraint(
                condition=Q(is_on=True, ended_at__isnull=True, ended_by__isnull=True)
                | Q(is_on=False, ended_at__isnull=False, ended_by__isnull=False),
                name="stop_end_whole",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="stop_has_a_reason"),
        ]
        triggers = [
            ByRole(
                name="stop_begun_by_administrator",
                operation=pgtrigger.Insert,
                field="begun_by_id",
                roles=[Role.ADMINISTRATOR.value],
                sentence="only administrators stop all changes",
            ),
            ByRole(
                name="stop_ended_by_administrator",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__is_on=False),
                field="ended_by_id",
                roles=[Role.ADMINISTRATOR.value],
                sentence="only administrators let changes go on",
            ),
            AppendOnly(name="stop_kept_once_over", operation=pgtrigger.Update, condition=pgtrigger.Q(old__is_on=False)),
            NeverTruncated(name="stop_never_truncated"),
        ]

    def __str__(self) -> str:
        """Show when it began."""
        return f"stop of {self.begun_at:%Y-%m-%d %H:%M}"


class Undo(models.Model):
    """An administrator took back what had been applied since a moment."""

    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    since = models.DateTimeField()
    reason = models.TextField()
    preview = models.JSONField()  # each PC and value, as it was shown before
    exclusions = models.ManyToManyField(Exclusion, related_name="undos")

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("undo")
        verbose_name_plural = _("undos")
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="undo_has_a_reason"),
            models.CheckConstraint(condition=Q(since__lte=F("at")), name="undo_looks_back"),
        ]
        triggers = [
            ByRole(
                name="undo_by_administrator",
                operation=pgtrigger.Insert,
                field="by_id",
                roles=[Role.ADMINISTRATOR.value],
                sentence="only administrators take back what was applied",
            ),
            AppendOnly(name="undo_append_only"),
            NeverTruncated(name="undo_never_truncated"),
        ]

    def __str__(self) -> str:
        """Show since when."""
        return f"undo since {self.since:%Y-%m-%d %H:%M}"
