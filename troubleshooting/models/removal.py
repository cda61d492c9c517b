"""What is left of a visit whose raw answers were removed after their time."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from troubleshooting.models.check_run import ENDED_CODES, DeviceSnapshot
from troubleshooting.models.triggers import AppendOnly, NeverTruncated, Promise, listed, raising

NOTHING_RESTS_ON_SCAN = """
    scan.ended_at IS NOT NULL
    AND EXISTS (
        SELECT FROM troubleshooting_driftscan n JOIN troubleshooting_devicesnapshot w ON w.drift_scan_id = n.id
        WHERE n.device_id = scan.device_id AND n.at > scan.at AND n.ended_at IS NOT NULL
    )
    AND NOT EXISTS (
        SELECT FROM troubleshooting_driftfinding f WHERE f.device_id = scan.device_id
            AND (f.found_at BETWEEN scan.at AND scan.ended_at OR f.gone_at BETWEEN scan.at AND scan.ended_at)
    )
"""
NOTHING_RESTS_ON_CHECK = f"""
    run.status IN {listed(ENDED_CODES)}
    AND EXISTS (SELECT FROM troubleshooting_case c WHERE c.id = run.case_id AND c.closed_at IS NOT NULL)
    AND NOT EXISTS (SELECT FROM troubleshooting_exclusion e WHERE e.case_id = run.case_id)
    AND NOT EXISTS (SELECT FROM troubleshooting_settinglease l WHERE l.case_id = run.case_id)
    AND NOT EXISTS (SELECT FROM troubleshooting_submission s WHERE s.case_id = run.case_id)
    AND EXISTS (
        SELECT FROM troubleshooting_devicesnapshot w JOIN troubleshooting_checkrun n ON w.check_run_id = n.id
        WHERE n.device_id = run.device_id AND w.started_at > visit.started_at
    )
    AND (
        NOT EXISTS (SELECT FROM troubleshooting_caseverdict v WHERE v.check_run_id = run.id)
        OR EXISTS (
            SELECT FROM troubleshooting_devicesnapshot w WHERE w.check_run_id = run.id AND w.attempt > visit.attempt
        )
    )
"""  # noqa: S608  nothing in it comes from outside


class RemovedAnswers(models.Model):
    """The raw answers of one visit were removed, all of them; adding this row is what removes them.

    The role that runs the portal may not add one. Nobody removes what a verdict, a lease, an exclusion or a submission
    rests on, nor what a scan read that found or missed a difference, nor the newest of a PC.
    """

    snapshot = models.OneToOneField(DeviceSnapshot, models.PROTECT, related_name="removed")
    removed_at = models.DateTimeField()
    answers = models.PositiveIntegerField()
    commands = models.JSONField()  # the names of what was asked, in order
    digest = models.CharField(max_length=64)  # SHA-256 of the answers, as the evidence had them

    class Meta:
        verbose_name = _("removed answers of a visit")
        verbose_name_plural = _("removed answers of visits")
        triggers = [
            Promise(
                name="removal_where_nothing_rests",
                operation=pgtrigger.Insert,
                func=f"""
                    IF NOT EXISTS (
                        SELECT FROM troubleshooting_devicesnapshot visit
                        LEFT JOIN troubleshooting_driftscan scan ON scan.id = visit.drift_scan_id
                        LEFT JOIN troubleshooting_checkrun run ON run.id = visit.check_run_id
                        WHERE visit.id = NEW.snapshot_id
                            AND (({NOTHING_RESTS_ON_SCAN}) OR ({NOTHING_RESTS_ON_CHECK}))
                    ) THEN
                        {raising("removal_where_nothing_rests: the answers of visit % stay", "NEW.snapshot_id")}
                    END IF;
                    RETURN NEW;
                """,
            ),
            Promise(
                name="removal_takes_all_answers",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                declare=[("gone", "integer")],
                func=f"""
                    DELETE FROM troubleshooting_deviceanswer WHERE snapshot_id = NEW.snapshot_id;
                    GET DIAGNOSTICS gone = ROW_COUNT;
                    IF gone <> NEW.answers THEN
                        {raising("removal_takes_all_answers: % of % answers", "NEW.answers", "gone")}
                    END IF;
                    RETURN NULL;
                """,  # noqa: S608  nothing in it comes from outside
            ),
            AppendOnly(name="removal_append_only"),
            NeverTruncated(name="removal_never_truncated"),
        ]

    def __str__(self) -> str:
        """Show the visit."""
        return f"visit {self.snapshot_id}"
