"""Visits to PCs, and the evidence they brought home."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.checks.check_run import ENDED, LIVE, RunStatus
from troubleshooting.domain.checks.finding import CheckStatus
from troubleshooting.domain.checks.registry import ID_FORMAT
from troubleshooting.models.case import Case
from troubleshooting.models.choices import codes
from troubleshooting.models.device import Device
from troubleshooting.models.drift import DriftScan
from troubleshooting.models.lease import NOT_BACK_CODES, AuditModeTest, SettingLease
from troubleshooting.models.placement import Placement
from troubleshooting.models.retest import Retest
from troubleshooting.models.triggers import AppendOnly, NeverTruncated, Promise, raising

# In the order of the table, so that constraints and migrations do not depend on hashes.
LIVE_CODES = [status.value for status in RunStatus if status in LIVE]
ENDED_CODES = [status.value for status in RunStatus if status in ENDED]


class CheckRunQuerySet(models.QuerySet["CheckRun"]):
    """Questions about check runs."""

    def live(self) -> CheckRunQuerySet:
        """Return the runs that are not over."""
        return self.filter(status__in=LIVE_CODES)

    def next_in_line(self) -> CheckRunQuerySet:
        """Return the queued runs whose PC is free, by whose turn it is.

        People take turns on a PC: first whoever was served there longest ago, or never; of a person's runs the oldest.
        """
        same_person = CheckRun.objects.filter(device=OuterRef("device"), requested_by=OuterRef("requested_by"))
        served = same_person.exclude(started_at=None).order_by("-started_at").values("started_at")[:1]
        visited = CheckRun.objects.filter(device=OuterRef("device"), status=RunStatus.RUNNING)
        on_loan = SettingLease.objects.filter(device=OuterRef("device"), status__in=NOT_BACK_CODES)
        free = self.filter(~Exists(visited), ~Exists(on_loan), status=RunStatus.QUEUED)
        return free.annotate(served_at=Subquery(served)).order_by(
            F("served_at").asc(nulls_first=True), "queued_at", "pk"
        )

    def next_on(self, devices: Collection[int]) -> CheckRunQuerySet:
        """Return of each PC the run whose turn it is; looks at each person's oldest only."""
        oldest = self.filter(device__in=devices, status=RunStatus.QUEUED)
        oldest = oldest.order_by("device_id", "requested_by_id", "queued_at", "pk")
        oldest = oldest.distinct("device_id", "requested_by_id")
        in_line = self.filter(pk__in=oldest.values("pk")).next_in_line()
        return in_line.order_by("device_id", *in_line.query.order_by).distinct("device_id")

    def due_again(self, *, now: datetime) -> CheckRunQuerySet:
        """Return the waiting runs whose pause is over."""
        return self.filter(status=RunStatus.WAITING, next_attempt_at__lte=now)

    def lost(self, *, now: datetime, after: timedelta) -> CheckRunQuerySet:
        """Return the running ones whose worker has not been heard of for ``after``."""
        return self.filter(status=RunStatus.RUNNING, heartbeat_at__lte=now - after)

    def overdue(self, *, now: datetime) -> CheckRunQuerySet:
        """Return the runs that wait past their deadline."""
        return self.filter(status__in=[RunStatus.QUEUED, RunStatus.WAITING], deadline_at__lte=now)

    def locked(self, *, skip_locked: bool = False) -> CheckRunQuerySet:
        """Lock the run's own row until the transaction ends; ``skip_locked`` leaves out what another one has."""
        return self.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)


class CheckRun(models.Model):
    """One check of a PC for a case: waiting for it, visiting it, judging it."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="check_runs")
    device = models.ForeignKey(Device, models.PROTECT, related_name="check_runs")
    status = models.CharField(max_length=20, default=RunStatus.QUEUED.value)
    version = models.PositiveIntegerField(default=1)  # grows with every change that a page could show
    attempt = models.PositiveIntegerField(default=0)  # visits begun; also tells a lost worker that it was replaced
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    queued_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True)  # why it waits or failed
    error_detail = models.TextField(blank=True)

    objects = models.Manager.from_queryset(CheckRunQuerySet)()

    class Meta:
        ordering = ["-requested_at", "-pk"]
        verbose_name = _("check run")
        verbose_name_plural = _("check runs")
        indexes = [
            models.Index(fields=["status", "queued_at"], name="run_by_status", condition=Q(status__in=LIVE_CODES)),
            models.Index(fields=["id", "version"], name="run_version"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(status__in=LIVE_CODES), name="run_one_live_per_case"),
            models.UniqueConstraint(
                fields=["device"], condition=Q(status=RunStatus.RUNNING.value), name="run_one_visit_per_device"
            ),
            models.CheckConstraint(
                condition=Q(status__in=ENDED_CODES, finished_at__isnull=False)
                | Q(status__in=LIVE_CODES, finished_at__isnull=True),
                name="run_finished_at_says_status",
            ),
            models.CheckConstraint(
                condition=Q(status=RunStatus.WAITING.value, next_attempt_at__isnull=False)
                | (~Q(status=RunStatus.WAITING.value) & Q(next_attempt_at__isnull=True)),
                name="run_waiting_has_next_attempt",
            ),
            models.CheckConstraint(
                condition=~Q(status=RunStatus.RUNNING.value)
                | Q(started_at__isnull=False, heartbeat_at__isnull=False, attempt__gte=1),
                name="run_running_was_claimed",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[RunStatus.FAILED.value, RunStatus.WAITING.value]) | ~Q(error_code=""),
                name="run_failure_has_code",
            ),
        ]
        triggers = [NeverTruncated(name="run_never_truncated")]

    def __str__(self) -> str:
        """Show case, PC and status."""
        return f"{self.case_id} {self.device_id} {self.status}"

    @property
    def is_live(self) -> bool:
        """Tell whether something may still change."""
        return self.status in LIVE_CODES


WHAT_FOR = ("check_run", "lease", "placement", "retest", "drift_scan")  # a visit is for exactly one of these


def _for_exactly_one() -> Q:
    wanted = Q()
    for one in WHAT_FOR:
        wanted |= Q(**{f"{name}__isnull": name != one for name in WHAT_FOR})
    return wanted


class DeviceSnapshot(models.Model):
    """One visit's evidence: who went where with which account; what was said is in its answers."""

    check_run = models.ForeignKey(CheckRun, models.PROTECT, null=True, related_name="snapshots")
    lease = models.ForeignKey(SettingLease, models.PROTECT, null=True, related_name="snapshots")
    placement = models.ForeignKey(Placement, models.PROTECT, null=True, related_name="snapshots")
    retest = models.ForeignKey(Retest, models.PROTECT, null=True, related_name="snapshots")
    drift_scan = models.ForeignKey(DriftScan, models.PROTECT, null=True, related_name="snapshots")
    attempt = models.PositiveIntegerField()
    account = models.CharField(max_length=260, blank=True)
    credential_profile = models.CharField(max_length=50)
    endpoint = models.CharField(max_length=500)
    started_at = models.DateTimeField()

    class Meta:
        ordering = ["attempt"]
        constraints = [
            models.UniqueConstraint(fields=["check_run", "attempt"], name="snapshot_one_per_attempt"),
            models.UniqueConstraint(fields=["lease", "attempt"], name="snapshot_one_per_lease_attempt"),
            models.UniqueConstraint(fields=["placement", "attempt"], name="snapshot_one_per_placement_attempt"),
            models.UniqueConstraint(fields=["retest", "attempt"], name="snapshot_one_per_retest_attempt"),
            models.UniqueConstraint(fields=["drift_scan", "attempt"], name="snapshot_one_per_drift_scan_attempt"),
            models.CheckConstraint(condition=_for_exactly_one(), name="snapshot_of_one_visit"),
        ]
        triggers = [
            AppendOnly(name="snapshot_never_deleted", operation=pgtrigger.Delete),
            AppendOnly(  # the account is known once the PC was reached
                name="snapshot_account_filled_in_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.account <> '' OR to_jsonb(NEW) - 'account' IS DISTINCT FROM to_jsonb(OLD) - 'account'"
                ),
            ),
            NeverTruncated(name="snapshot_never_truncated"),
        ]

    def __str__(self) -> str:
        """Show run and attempt."""
        return f"visit {self.pk}, attempt {self.attempt}"


class DeviceAnswer(models.Model):
    """What one command brought home, as it came."""

    snapshot = models.ForeignKey(DeviceSnapshot, models.PROTECT, related_name="answers")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=80)
    pipeline = models.TextField()
    sent_at = models.DateTimeField()
    seconds = models.FloatField()
    state = models.CharField(max_length=20)
    error_code = models.CharField(max_length=40, blank=True)
    detail = models.TextField(blank=True)
    content = models.JSONField()
    errors = models.JSONField()
    truncated = models.BooleanField(default=False)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["snapshot", "position"], name="answer_position_once")]
        triggers = [
            Promise(
                name="answer_append_only",
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=f"""
                    IF TG_OP = 'DELETE' AND EXISTS (  -- all of its visit go, and their digest stays (removal.py)
                        SELECT FROM troubleshooting_removedanswers WHERE snapshot_id = OLD.snapshot_id
                    ) THEN
                        RETURN OLD;
                    END IF;
                    {raising("answer_append_only: table % is append-only", "TG_TABLE_NAME")}
                """,
            ),
            NeverTruncated(name="answer_never_truncated"),
        ]

    def __str__(self) -> str:
        """Show the command's name."""
        return self.name


class CheckFinding(models.Model):
    """One judged check of a run; replaced as evidence arrives, kept as judged when the run has ended."""

    check_run = models.ForeignKey(CheckRun, models.PROTECT, related_name="findings")
    check_id = models.CharField(max_length=40)
    status = models.CharField(max_length=20)
    content = models.JSONField()  # the finding's texts
    judged_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["check_run", "check_id"], name="finding_one_per_check"),
            models.CheckConstraint(condition=Q(status__in=codes(CheckStatus)), name="finding_status_known"),
            models.CheckConstraint(condition=Q(check_id__regex=ID_FORMAT), name="finding_check_id_format"),
        ]
        triggers = [NeverTruncated(name="finding_never_truncated")]

    def __str__(self) -> str:
        """Show check and status."""
        return f"{self.check_id}: {self.status}"


class CaseVerdict(models.Model):
    """What a check run or an audit-mode test concluded for its case; later ones add their own, none is overwritten."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="verdicts")
    check_run = models.OneToOneField(CheckRun, models.PROTECT, null=True, related_name="verdict")
    audit_mode_test = models.OneToOneField(AuditModeTest, models.PROTECT, null=True, related_name="verdict")
    code = models.CharField(max_length=40)
    confidence = models.CharField(max_length=10)
    content = models.JSONField()
    concluded_at = models.DateTimeField()

    class Meta:
        ordering = ["-concluded_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(check_run__isnull=False, audit_mode_test__isnull=True)
                | Q(check_run__isnull=True, audit_mode_test__isnull=False),
                name="verdict_of_one_step",
            )
        ]
        triggers = [
            AppendOnly(name="verdict_append_only"),
            NeverTruncated(name="verdict_never_truncated"),
        ]

    def __str__(self) -> str:
        """Show the code."""
        return self.code
