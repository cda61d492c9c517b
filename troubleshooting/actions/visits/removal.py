"""Raw answers are removed after their time, by the owner of the tables; models/removal.py says which never are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from troubleshooting.actions import activity_log
from troubleshooting.domain.exclusions.digest import canonical_json
from troubleshooting.models import (
    Case,
    CaseVerdict,
    DeviceAnswer,
    DeviceSnapshot,
    DriftFinding,
    Exclusion,
    RemovedAnswers,
    SettingLease,
    Submission,
)
from troubleshooting.models.check_run import ENDED_CODES
from troubleshooting.queries.checks.evidence import commands_json

PORTION = 200  # visits in one transaction


@dataclass(frozen=True, slots=True)
class Kept:
    """How long raw answers are kept; nothing: forever."""

    drift_scans: timedelta
    checks: timedelta


def removable(kept: Kept, *, now: datetime) -> QuerySet[DeviceSnapshot]:
    """Return the visits whose answers are older than their time, and on which nothing rests."""
    old = Q(pk__in=[])
    if kept.drift_scans:
        old |= Q(_nothing_rests_on_scan(), started_at__lt=now - kept.drift_scans)
    if kept.checks:
        old |= Q(_nothing_rests_on_check(), started_at__lt=now - kept.checks)
    answered = Exists(DeviceAnswer.objects.filter(snapshot=OuterRef("pk")))
    return DeviceSnapshot.objects.filter(old, answered, removed=None)


def _nothing_rests_on_scan() -> Q:
    visits = DeviceSnapshot.objects.filter(drift_scan__device=OuterRef("drift_scan__device"))
    newer = visits.filter(drift_scan__ended_at__isnull=False, drift_scan__at__gt=OuterRef("drift_scan__at"))
    during = (OuterRef("drift_scan__at"), OuterRef("drift_scan__ended_at"))
    differences = DriftFinding.objects.filter(
        Q(found_at__range=during) | Q(gone_at__range=during), device=OuterRef("drift_scan__device")
    )
    return Q(Exists(newer), ~Exists(differences), drift_scan__ended_at__isnull=False)


def _nothing_rests_on_check() -> Q:
    visits = DeviceSnapshot.objects.filter(check_run__device=OuterRef("check_run__device"))
    used = (model.objects.filter(case=OuterRef("check_run__case")) for model in (Exclusion, SettingLease, Submission))
    verdict = CaseVerdict.objects.filter(check_run=OuterRef("check_run"))
    later = DeviceSnapshot.objects.filter(check_run=OuterRef("check_run"), attempt__gt=OuterRef("attempt"))
    return Q(
        *(~Exists(rows) for rows in used),
        Exists(visits.filter(started_at__gt=OuterRef("started_at"))),
        ~Exists(verdict) | Exists(later),
        check_run__status__in=ENDED_CODES,
        check_run__case__closed_at__isnull=False,
    )


def remove_old_answers(kept: Kept, *, now: datetime) -> Iterator[int]:
    """Remove the answers that ``removable`` finds, in portions; yield how many visits each portion had.

    Only the owner of the tables can. Of each visit stay the row of the visit, the names of what was asked, and the
    digest of the answers.
    """
    found = list(removable(kept, now=now).order_by("check_run__case", "pk").values_list("pk", flat=True))
    for start in range(0, len(found), PORTION):
        yield _remove(found[start : start + PORTION], kept, now=now)


@transaction.atomic
def _remove(pks: Sequence[int], kept: Kept, *, now: datetime) -> int:
    """Remove the answers of these visits, as far as nothing rests on them by now, with one entry for each case."""
    still = removable(kept, now=now).filter(pk__in=pks).order_by("check_run__case", "pk").prefetch_related("answers")
    visits = list(still.annotate(case_id=F("check_run__case")))
    removed = RemovedAnswers.objects.bulk_create(_left_of(visit, now=now) for visit in visits)
    cases = Case.objects.in_bulk({visit.case_id for visit in visits if visit.case_id is not None})
    pairs = zip(removed, visits, strict=True)
    for case_id, those in groupby(pairs, key=lambda pair: pair[1].case_id):
        rows = [row for row, _visit in those]
        activity_log.record(
            "answers_removed",
            rows[0],
            case=cases.get(case_id),
            actor=None,
            now=now,
            visits=[row.snapshot_id for row in rows],
            answers=sum(row.answers for row in rows),
        )
    return len(visits)


def _left_of(visit: DeviceSnapshot, *, now: datetime) -> RemovedAnswers:
    said = commands_json(visit)
    return RemovedAnswers(
        snapshot=visit,
        removed_at=now,
        answers=len(said),
        commands=[command["name"] for command in said],
        digest=hashlib.sha256(canonical_json(said).encode()).hexdigest(),
    )
