"""Temporary changes on PCs, and the audit-mode tests that need them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.leases.audit_mode_test import OPEN as TEST_OPEN
from troubleshooting.domain.leases.audit_mode_test import TestStatus
from troubleshooting.domain.leases.lease import LONGEST, MAY_HAVE_CHANGED, NORMAL_END, OPEN, LeaseStatus
from troubleshooting.models.attempts import TimedAttempts, is_due
from troubleshooting.models.case import Case
from troubleshooting.models.device import Device
from troubleshooting.models.triggers import NeverTruncated, Refuse, changed

# In the order of the table, so that constraints and migrations do not depend on hashes.
OPEN_CODES = [status.value for status in LeaseStatus if status in OPEN]
ENDED_CODES = [status.value for status in LeaseStatus if status not in OPEN]
NOT_BACK_CODES = [status.value for status in LeaseStatus if status in MAY_HAVE_CHANGED]
OPEN_TEST_CODES = [status.value for status in TestStatus if status in TEST_OPEN]
ENDED_TEST_CODES = [status.value for status in TestStatus if status not in TEST_OPEN]
NETWORK_PROTECTION_MODE = "network_protection_mode"


class SettingLeaseQuerySet(models.QuerySet["SettingLease"]):
    """Questions about leases."""

    def open(self) -> SettingLeaseQuerySet:
        """Return the leases that are not over."""
        return self.filter(status__in=OPEN_CODES)

    def not_yet_restored(self, *, now: datetime) -> SettingLeaseQuerySet:
        """Return leases that are over or to be put back, and whose value before was not read back."""
        over = Q(status=LeaseStatus.RESTORING) | Q(status__in=NOT_BACK_CODES, ends_at__lte=now)
        return self.filter(over).order_by("ends_at")

    def late(self, *, now: datetime) -> SettingLeaseQuerySet:
        """Return those of them that a normal end does not explain: a visit failed, or it takes too long."""
        is_new = Q(status=LeaseStatus.RESTORING, restoring_at__gt=now - NORMAL_END) | (
            ~Q(status=LeaseStatus.RESTORING) & Q(ends_at__gt=now - NORMAL_END)
        )
        return self.not_yet_restored(now=now).exclude(is_new & Q(error_code=""))

    def wanting_a_visit(self, *, now: datetime) -> SettingLeaseQuerySet:
        """Return the leases that a worker has to look after now: to begin, to put back, or left by a lost worker."""
        due = Q(status__in=[LeaseStatus.REQUESTED, LeaseStatus.PREPARED, LeaseStatus.CHANGING, LeaseStatus.RESTORING])
        due |= Q(status=LeaseStatus.ACTIVE, ends_at__lte=now)
        return self.filter(due).filter(is_due(now=now))

    def in_use(self, *, now: datetime) -> SettingLeaseQuerySet:
        """Return the active leases that are not put off."""
        return self.filter(is_due(now=now), status=LeaseStatus.ACTIVE)

    def locked(self) -> SettingLeaseQuerySet:
        """Lock the lease's own row until the transaction ends."""
        return self.select_for_update(of=("self",), no_key=True)


class SettingLease(TimedAttempts):
    """A setting of one PC, lent for a while."""

    device = models.ForeignKey(Device, models.PROTECT, related_name="leases")
    case = models.ForeignKey(Case, models.PROTECT, related_name="leases")
    setting = models.CharField(max_length=60, default=NETWORK_PROTECTION_MODE)
    value_before = models.IntegerField(null=True, blank=True)
    value_during = models.IntegerField()
    value_seen = models.IntegerField(null=True, blank=True)  # what was last read on the PC
    status = models.CharField(max_length=20, default=LeaseStatus.REQUESTED.value)
    outcome = models.CharField(max_length=40, blank=True)
    reason = models.TextField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)  # just before the first command that may change anything
    ends_at = models.DateTimeField()
    task_fires_at = models.DateTimeField(null=True, blank=True)  # the PC's own way back, by the PC's own clock
    unsettled_until = models.DateTimeField(null=True, blank=True)  # a lost worker's command may take effect until then
    restoring_at = models.DateTimeField(null=True, blank=True)  # since when the value before is being put back
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = models.Manager.from_queryset(SettingLeaseQuerySet)()

    class Meta:
        ordering = ["-requested_at", "-pk"]
        verbose_name = _("lease")
        verbose_name_plural = _("leases")
        indexes = [
            models.Index(fields=["ends_at"], name="lease_not_back", condition=Q(status__in=NOT_BACK_CODES)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["device", "setting"], condition=Q(status__in=OPEN_CODES), name="lease_one_open_per_setting"
            ),
            models.CheckConstraint(
                condition=Q(status__in=OPEN_CODES, ended_at__isnull=True)
                | Q(status__in=ENDED_CODES, ended_at__isnull=False),
                name="lease_ended_at_says_status",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[LeaseStatus.REQUESTED.value, LeaseStatus.NOT_APPLIED.value])
                | Q(value_before__isnull=False),
                name="lease_value_before_comes_first",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=NOT_BACK_CODES) | Q(started_at__isnull=False),
                name="lease_change_has_a_start",
            ),
            models.CheckConstraint(
                condition=Q(started_at__isnull=True) | Q(ends_at__lte=F("started_at") + LONGEST),
                name="lease_an_hour_at_most",
            ),
            models.CheckConstraint(
                condition=Q(value_before__isnull=True)
                | ~Q(value_before=F("value_during"))
                | Q(status=LeaseStatus.NOT_APPLIED.value),
                name="lease_changes_something",
            ),
        ]
        triggers = [
            Refuse(
                name="lease_value_before_kept",
                operation=pgtrigger.Update,
                condition=changed("value_before") & pgtrigger.Q(old__started_at__isnull=False),
                sentence="what is put back was read before the change",
            ),
            NeverTruncated(name="lease_never_truncated"),
        ]

    def __str__(self) -> str:
        """Show PC, setting and status."""
        return f"{self.device_id} {self.setting} {self.status}"

    @property
    def may_have_changed(self) -> bool:
        """Tell whether the PC may hold the value during."""
        return self.status in NOT_BACK_CODES

    def time_left(self, *, now: datetime) -> timedelta:
        """Return the time until the end, never less than nothing."""
        return max(self.ends_at - now, timedelta(0))


class AuditModeTestQuerySet(models.QuerySet["AuditModeTest"]):
    """Questions about audit-mode tests."""

    def open(self) -> AuditModeTestQuerySet:
        """Return the tests that are not over."""
        return self.filter(status__in=OPEN_TEST_CODES)

    def locked(self) -> AuditModeTestQuerySet:
        """Lock the test's own row until the transaction ends."""
        return self.select_for_update(of=("self",), no_key=True)


class AuditModeTest(models.Model):
    """The article's second step for one case: audit mode, the connection again, the event log, the mode back."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="audit_mode_tests")
    lease = models.OneToOneField(SettingLease, models.PROTECT, null=True, blank=True, related_name="audit_mode_test")
    status = models.CharField(max_length=20, default=TestStatus.ASKED.value)
    version = models.PositiveIntegerField(default=1)
    length = models.DurationField()
    consented_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    consented_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    portal_visits = models.BooleanField(default=False)  # the PC is asked to request the page itself
    visited_at = models.DateTimeField(null=True, blank=True)  # the employee said so, or the PC requested it
    visit_outcome = models.CharField(max_length=40, blank=True)
    cancelled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    events_read_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = models.Manager.from_queryset(AuditModeTestQuerySet)()

    class Meta:
        ordering = ["-consented_at", "-pk"]
        verbose_name = _("audit-mode test")
        verbose_name_plural = _("audit-mode tests")
        indexes = [models.Index(fields=["id", "version"], name="audit_mode_test_version")]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(status__in=OPEN_TEST_CODES), name="test_one_open"),
            models.CheckConstraint(
                condition=Q(status__in=OPEN_TEST_CODES, ended_at__isnull=True)
                | Q(status__in=ENDED_TEST_CODES, ended_at__isnull=False),
                name="test_ended_at_says_status",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="test_approval_whole",
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("consented_by")),
                name="test_approved_by_another",
            ),
        ]
        triggers = [NeverTruncated(name="test_never_truncated")]

    def __str__(self) -> str:
        """Show case and status."""
        return f"{self.case_id} {self.status}"
