"""Where PCs and tenant differ from the register of exclusions."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from troubleshooting.models.device import Device
from troubleshooting.models.exclusion import Exclusion
from troubleshooting.models.triggers import NeverTruncated


class DriftScan(models.Model):
    """One comparison of a PC, or of the tenant, with the register. Never changed once it has ended."""

    device = models.ForeignKey(  # None: the tenant
        Device, models.PROTECT, null=True, blank=True, related_name="drift_scan"
    )
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_detail = models.TextField(blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("comparison with the register")
        verbose_name_plural = _("comparisons with the register")
        indexes = [
            models.Index(fields=["device", "-at"], name="drift_scan_of_device"),
            models.Index(  # the newest look at each PC, from the index alone
                fields=["device", "-at", "-id"],
                include=["error_code"],
                condition=Q(ended_at__isnull=False),
                name="drift_scan_newest",
            ),
            models.Index(fields=["device", "at"], condition=Q(ended_at__isnull=True), name="drift_scan_open"),
        ]
        triggers = [NeverTruncated(name="drift_scan_never_truncated")]

    def __str__(self) -> str:
        """Show PC and time."""
        return f"{self.device_id or 'tenant'} {self.at:%Y-%m-%d %H:%M}"


class DriftFindingQuerySet(models.QuerySet["DriftFinding"]):
    """Questions about drift."""

    def present(self) -> DriftFindingQuerySet:
        """Return what differed at the last scan."""
        return self.filter(gone_at=None)


class DriftFinding(models.Model):
    """One difference, from the scan that found it to the scan that did not find it any more."""

    device = models.ForeignKey(  # None: the tenant
        Device, models.PROTECT, null=True, blank=True, related_name="drift_findings"
    )
    code = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    value = models.TextField()  # as it stands there, or as approved where it is missing
    value_key = models.TextField()
    exclusion = models.ForeignKey(Exclusion, models.PROTECT, null=True, blank=True, related_name="drift_findings")
    found_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)  # what event 5007, or the tenant, tells
    changed_by = models.CharField(max_length=300, blank=True)

    objects = models.Manager.from_queryset(DriftFindingQuerySet)()

    class Meta:
        ordering = ["-found_at", "-pk"]
        verbose_name = _("difference from the register")
        verbose_name_plural = _("differences from the register")
        indexes = [models.Index(fields=["-found_at", "-id"], name="drift_finding_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["device", "code", "kind", "value_key", "exclusion"],
                condition=Q(gone_at__isnull=True),
                nulls_distinct=False,
                name="drift_one_present",
            ),
        ]
        triggers = [NeverTruncated(name="drift_finding_never_truncated")]

    def __str__(self) -> str:
        """Show code and value."""
        return f"{self.code} {self.value}"
