"""What a worker does for a re-test of an exclusion. With the exclusion taken off: ``retest_without``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from troubleshooting.actions.exclusions.locking import lock
from troubleshooting.actions.exclusions.retests import (
    ask_retest,
    end_retest,
    own_placement,
    put_off_retest,
    wait_for_others,
    why_not_now,
)
from troubleshooting.actions.leases.leases import LeaseHeld, request_lease
from troubleshooting.actions.locks import device_lock
from troubleshooting.actions.visits.device_visit import DeviceVisit, visiting
from troubleshooting.actions.visits.page_requests import read_log, url_of
from troubleshooting.actions.visits.plan import VisitPlan
from troubleshooting.actions.waking import wake_next
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.events import NO_SKEW, clock_skew
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.exclusions.placement import TO_PUT
from troubleshooting.domain.retests.retest import (
    LEASE_LENGTH,
    RetestFacts,
    RetestOutcome,
    RetestPurpose,
    conclude_retest,
    due_again,
)
from troubleshooting.machines.changing import ProtectionMode
from troubleshooting.machines.errors import MachineError
from troubleshooting.machines.site_answers import was_reached
from troubleshooting.models import Case, Exclusion, Retest, SettingLease, User
from troubleshooting.models.decision import Decision


def run_retest(retest_id: int, *, plan: VisitPlan) -> None:
    """Make a re-test that is due, or begin its lease; nothing where another worker has the PC."""
    due = Retest.objects.wanting_a_visit(now=plan.clock()).select_related("exclusion__case", "device__group")
    found = due.filter(pk=retest_id).first()
    if found is None:
        return
    if found.purpose == RetestPurpose.STILL_NEEDED:
        _begin_without(found, now=plan.clock())
        return
    with device_lock(found.device_id) as is_free:
        if not is_free or not _may_run(found, now=plan.clock()):
            return
        _visit(found, plan)
    wake_next(found.device_id, now=plan.clock())


@transaction.atomic
def _may_run(found: Retest, *, now: datetime) -> bool:
    """Look once more; what ended meanwhile is not tried, and a PC on loan for a test would show something else."""
    exclusion = lock(found.exclusion_id)
    retest = Retest.objects.wanting_a_visit(now=now).locked().filter(pk=found.pk).first()
    if retest is None:
        return False
    placement = own_placement(exclusion)
    why_not = why_not_now(exclusion, now=now)
    is_on_loan = SettingLease.objects.open().filter(device_id=retest.device_id).exists()
    is_moving = placement is not None and placement.status in TO_PUT
    if (is_moving and why_not is RetestOutcome.NOT_ON_THIS_PC) or (is_on_loan and why_not is None):
        wait_for_others(retest, case=exclusion.case, now=now)
    elif why_not is not None:
        end_retest(retest, why_not, case=exclusion.case, now=now)
    else:
        return True
    return False


def _visit(found: Retest, plan: VisitPlan) -> None:
    """Let the PC request the page and read its log. No transaction is open meanwhile."""
    try:
        with visiting(found.device, plan, changes=False, retest=found) as visit:
            before = visit.read_events(since=plan.clock())
            facts = request_page_for(found, visit)
            snapshot = read_log(visit, since=visit_begun(facts), lag=plan.log_lag)
    except MachineError as error:
        with transaction.atomic():
            exclusion = lock(found.exclusion_id)
            locked = Retest.objects.locked().get(pk=found.pk)
            put_off_retest(locked, error.code, detail=error.detail, case=exclusion.case, now=plan.clock())
        return
    known = frozenset(event.record_id for event in before.events or () if event.record_id is not None)
    conclude(found, snapshot, since=visit_begun(facts), known=known, now=plan.clock(), **facts)


@transaction.atomic
def put_off_fault(retest_id: int, fault: str, *, now: datetime) -> None:
    """After a fault of the portal itself: try again after a pause, give up after a day; nothing where it is over."""
    exclusion_id = Retest.objects.open().filter(pk=retest_id).values_list("exclusion_id", flat=True).first()
    if exclusion_id is None:
        return
    exclusion = lock(exclusion_id)
    retest = Retest.objects.open().locked().filter(pk=retest_id).first()
    if retest is not None:
        put_off_retest(retest, DeviceErrorCode.PORTAL_FAULT, detail=fault, case=exclusion.case, now=now)


def request_page_for(found: Retest, visit: DeviceVisit) -> dict[str, Any]:
    """Let the PC request the reported page; returns the facts to be kept, in plain JSON."""
    url = url_of(found.exclusion.case)
    requested_at = visit.now()
    answer = visit.request_page(url)
    return {"url": url, "requested_at": requested_at.isoformat(), "was_reached": was_reached(answer)}


def visit_begun(facts: dict[str, Any]) -> datetime:
    """Return since when what is logged counts: since the page was requested."""
    return datetime.fromisoformat(facts["requested_at"])


@transaction.atomic
def conclude(
    found: Retest,
    snapshot: Snapshot | None,
    *,
    since: datetime,
    now: datetime,
    known: frozenset[int] = frozenset(),
    **kept: Any,
) -> None:
    """Store what a re-test showed; nothing where it is over already. None for a log that could not be read.

    ``known`` are the records that the log had before, ``kept`` the facts to be kept with it.
    """
    exclusion = lock(found.exclusion_id)
    retest = Retest.objects.open().locked().filter(pk=found.pk).first()
    if retest is None:
        return
    said = retest.content | kept
    purpose = RetestPurpose(retest.purpose)
    facts = RetestFacts(
        purpose=purpose,
        report=exclusion.case.report,
        events=snapshot.events if snapshot else None,
        was_reached=said.get("was_reached"),
        since=since,
        requested_at=visit_begun(said) if "requested_at" in said else None,
        skew=clock_skew(snapshot) if snapshot else NO_SKEW,
        is_log_whole=snapshot is not None and snapshot.log.is_whole,
        known=known,
    )
    outcome = conclude_retest(facts)
    said |= {"log_read": facts.events is not None, "events": [match.as_json() for match in facts.matches[:3]]}
    retest.forget_failure()
    end_retest(retest, outcome, case=exclusion.case, now=now, **said)
    if purpose is RetestPurpose.WORKS:
        _ask_again(exclusion, outcome, now=now)


def _ask_again(exclusion: Exclusion, outcome: RetestOutcome, *, now: datetime) -> None:
    """Try an indicator that is still blocked once more later: it may take up to 48 hours."""
    placement = own_placement(exclusion)
    there_at = placement.verified_at if placement else None
    again = due_again(ExclusionKind(exclusion.kind), outcome, there_at=there_at, now=now)
    if again is not None:
        ask_retest(exclusion, RetestPurpose.WORKS, by=None, due_at=again, now=now)


# --- The beginning of one without the exclusion -----------------------------------------------------------------------


@transaction.atomic
def _begin_without(found: Retest, *, now: datetime) -> None:
    """Take the PC's setting for a few minutes; what happens then is in ``retest_without``."""
    case = Case.objects.locked().get(pk=found.exclusion.case_id)
    exclusion = lock(found.exclusion_id)
    retest = Retest.objects.open().locked().filter(pk=found.pk, lease=None).first()
    if retest is None:
        return
    why_not = why_not_now(exclusion, now=now)
    if why_not is not None:
        end_retest(retest, why_not, case=case, now=now)
        return
    if case.check_runs.live().exists():
        wait_for_others(retest, case=case, now=now)
        return
    by = retest.asked_by or _last_approver(exclusion)
    try:
        lease = request_lease(
            case, value_during=ProtectionMode.AUDIT, length=LEASE_LENGTH, by=by, reason="re-test", now=now
        )
    except LeaseHeld:
        wait_for_others(retest, case=case, now=now)
        return
    retest.lease = lease
    retest.content |= {"leases": [*retest.content.get("leases", []), lease.pk]}
    retest.save(update_fields=["lease", "content"])


def _last_approver(exclusion: Exclusion) -> User:
    """Return the reviewer whose approval put the exclusion in force."""
    approvals = exclusion.decisions.filter(round=exclusion.round, decision=Decision.APPROVE).select_related("by")
    last = approvals.order_by("-at", "-pk").first()
    assert last is not None, "what is in force was approved"
    return last.by
