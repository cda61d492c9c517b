"""What the tenant's list of indicators said when it was last read: for the linter, for drift, and for its limit."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from troubleshooting.models.triggers import NeverTruncated


class TenantReadingQuerySet(models.QuerySet["TenantReading"]):
    """Questions about readings."""

    def complete(self) -> TenantReadingQuerySet:
        """Return the readings that brought the whole list, newest first."""
        return self.filter(error_code="")


class TenantReading(models.Model):
    """One reading of the whole list, or why there is none."""

    at = models.DateTimeField(db_index=True)
    active = models.PositiveIntegerField(null=True, blank=True)  # indicators that had not expired
    error_code = models.CharField(max_length=40, blank=True)
    error_detail = models.TextField(blank=True)
    correlation_id = models.CharField(max_length=200, blank=True)

    objects = models.Manager.from_queryset(TenantReadingQuerySet)()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("reading of the tenant")
        verbose_name_plural = _("readings of the tenant")
        triggers = [NeverTruncated(name="tenant_reading_never_truncated")]

    def __str__(self) -> str:
        """Show when, and what went wrong."""
        return f"{self.at:%Y-%m-%d %H:%M} {self.error_code or self.active}"


class SeenIndicator(models.Model):
    """An indicator of the last complete reading; the next one replaces them all."""

    reading = models.ForeignKey(TenantReading, models.CASCADE, related_name="indicators")
    indicator_id = models.CharField(max_length=100)
    value = models.TextField()
    value_key = models.TextField(db_index=True)  # for comparison
    type = models.CharField(max_length=40)  # as the API spells it
    action = models.CharField(max_length=40)
    title = models.TextField(blank=True)
    groups = models.JSONField(default=list)  # names of device groups; none = all PCs
    expires_at = models.DateTimeField(null=True, blank=True)  # None: never
    is_ours = models.BooleanField()
    made_by = models.CharField(max_length=300, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["value_key", "pk"]
        verbose_name = _("indicator of the tenant")
        verbose_name_plural = _("indicators of the tenant")
        constraints = [models.UniqueConstraint(fields=["reading", "indicator_id"], name="seen_indicator_once")]
        triggers = [NeverTruncated(name="seen_indicator_never_truncated")]

    def __str__(self) -> str:
        """Show action and value."""
        return f"{self.action} {self.value}"
