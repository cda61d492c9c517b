"""Who is next on a PC that a worker has left, and whom the sweep tells: one message for a PC, fair turns."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery import signals
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.support.exclusion_world import approved, asked
from tests.support.lease_world import MINUTES, checked_case
from tests.support.world import ADAM, EMMA, IVO, case_on, device_at, person
from troubleshooting import dispatch
from troubleshooting.actions import waking
from troubleshooting.actions.emergency_stop.stop import lift_stop, stop_writes
from troubleshooting.actions.emergency_stop.undo import undo_since
from troubleshooting.actions.exclusions.placements import due_placements, put_off_stopped
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.actions.leases.leases import request_lease
from troubleshooting.actions.runs.sweep import sweep
from troubleshooting.actions.waking import wake_all, wake_next
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.domain.exclusions.exclusion import ExclusionKind, ExclusionStatus, Scope, ScopeKind
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.domain.leases.lease import LeaseStatus
from troubleshooting.machines.changing import ProtectionMode
from troubleshooting.models import CheckRun, Exclusion, Placement, Retest, SettingLease
from troubleshooting.queries.emergency_stop.undo import preview_undo

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(hours=1)


@pytest.fixture
def sent(django_capture_on_commit_callbacks):
    """Return what leads to messages as (queue, task, row), in order; nothing of before is remembered as under way."""
    cache.clear()

    def messages_of(action):
        found = []

        def note(sender=None, routing_key="", body=None, **_more):
            found.append((routing_key, sender.removeprefix("troubleshooting."), *body[1].values()))

        signals.before_task_publish.connect(note)
        try:
            with django_capture_on_commit_callbacks(execute=True):
                action()
        finally:
            signals.before_task_publish.disconnect(note)
        return found

    return messages_of


def queued(device, who, *, minutes_ago: int) -> CheckRun:
    return case_on(device, by=person(who), now=timezone.now() - timedelta(minutes=minutes_ago)).check_runs.get()


def finish(run: CheckRun) -> None:
    now = timezone.now()
    times = {"started_at": now, "heartbeat_at": now, "finished_at": now}
    CheckRun.objects.filter(pk=run.pk).update(status=RunStatus.FINISHED, attempt=1, **times)


def test_one_that_waits_for_the_pc_is_woken_and_what_ends_goes_first(sent):
    now, emma = timezone.now(), person(EMMA)
    case = checked_case(None)
    exclusion = approved(asked(case))
    facts = {"purpose": "works", "device": case.device, "asked_at": now, "due_at": now}
    retest = Retest.objects.create(exclusion=exclusion, **facts)
    lease = request_lease(case, value_during=ProtectionMode.AUDIT, length=MINUTES, by=emma, reason="test", now=now)
    run = queued(case.device, IVO, minutes_ago=1)
    queued(device_at(None, owner=emma, hostname="PC-0143"), EMMA, minutes_ago=2)
    place = exclusion.placements.get()
    order = []

    def woken():
        with CaptureQueriesContext(connection) as statements:
            order.extend(sent(lambda: wake_next(case.device_id, now=timezone.now())))
        assert len(statements) <= 2  # who waits, and whether writes are stopped

    woken()
    SettingLease.objects.filter(pk=lease.pk).update(status=LeaseStatus.NOT_APPLIED, ended_at=now)
    woken()
    for status in (PlacementStatus.APPLYING, PlacementStatus.REMOVING):
        Placement.objects.filter(pk=place.pk).update(status=status)
    woken()
    Placement.objects.filter(pk=place.pk).update(status=PlacementStatus.REMOVED, ended_at=now)
    woken()
    Retest.objects.filter(pk=retest.pk).update(ended_at=now)
    woken()

    assert order == [
        ("portal", "run_lease", lease.pk),
        ("portal", "run_placement", place.pk),
        ("safety", "run_placement", place.pk),
        ("portal", "run_retest", retest.pk),
        ("portal", "run_checks", run.pk),
    ]


def test_people_take_turns_on_a_pc_and_the_longest_wait_goes_first(sent):
    device = device_at(None, owner=person(EMMA))
    emmas = [queued(device, EMMA, minutes_ago=60 - number) for number in range(4)]
    ivos = [queued(device, IVO, minutes_ago=10 - number) for number in range(2)]
    order = []

    for _ in range(6):
        ((_queue, _task, pk),) = sent(lambda: wake_next(device.pk, now=timezone.now()))
        order.append(pk)
        finish(CheckRun.objects.get(pk=pk))

    turns = [emmas[0], ivos[0], emmas[1], ivos[1], emmas[2], emmas[3]]
    assert order == [run.pk for run in turns]


def test_while_a_message_is_under_way_no_second_one_is_sent(sent):
    run = queued(device_at(None, owner=person(EMMA)), EMMA, minutes_ago=5)

    def wake():
        wake_next(run.device_id, now=timezone.now())

    assert [len(sent(wake)), len(sent(wake)), len(sent(wake))] == [1, 0, 0]
    dispatch.message_taken(dispatch.RUN_CHECKS, "portal", check_run_id=run.pk)
    assert len(sent(wake)) == 1


def test_a_hundred_reports_about_one_pc_are_one_message_until_its_visit_begins(sent):
    device = device_at(None, owner=person(EMMA))

    assert len(sent(lambda: [case_on(device, by=person(EMMA)) for _ in range(100)])) == 1
    CheckRun.objects.filter(pk=CheckRun.objects.earliest("pk").pk).update(
        status=RunStatus.RUNNING, attempt=1, started_at=timezone.now(), heartbeat_at=timezone.now()
    )
    assert sent(lambda: case_on(device, by=person(EMMA))) == []


def test_the_sweep_tells_one_run_for_each_pc_longest_wait_first(sent):
    devices = [device_at(None, owner=person(EMMA), hostname=f"PC-{number}") for number in range(3)]
    runs = [queued(device, EMMA, minutes_ago=10 + number) for number, device in enumerate(devices) for _ in range(5)]

    def swept():
        sweep(now=timezone.now(), lost_after=LONG_AGO)

    assert sent(swept) == [("portal", "run_checks", runs[first].pk) for first in (10, 5, 0)]
    assert sent(swept) == []  # all of them are under way


def test_the_sweep_sends_no_more_than_its_limit_and_begins_with_the_longest_wait(sent, monkeypatch):
    monkeypatch.setattr(waking, "MOST_WISHES", 2)
    devices = [device_at(None, owner=person(EMMA), hostname=f"PC-{number}") for number in range(5)]
    runs = [queued(device, EMMA, minutes_ago=10 + number) for number, device in enumerate(devices)]

    assert [pk for *_which, pk in sent(lambda: wake_all(now=timezone.now()))] == [runs[4].pk, runs[3].pk]


def test_a_pc_on_loan_or_being_visited_gets_no_message_for_its_checks(sent):
    now, case = timezone.now(), checked_case(None)
    queued(case.device, IVO, minutes_ago=5)
    lease = request_lease(case, value_during=ProtectionMode.AUDIT, length=MINUTES, by=person(EMMA), reason="t", now=now)
    lent = {"status": LeaseStatus.ACTIVE, "value_before": 1, "started_at": now, "ends_at": now + MINUTES}
    SettingLease.objects.filter(pk=lease.pk).update(**lent)

    assert sent(lambda: wake_next(case.device_id, now=now)) == []
    assert sent(lambda: sweep(now=now, lost_after=LONG_AGO)) == []


def test_ending_and_revoking_wait_in_the_queue_for_safety(sent):
    case = checked_case(None)
    exclusion = approved(asked(case))
    place = exclusion.placements.get()
    Placement.objects.filter(pk=place.pk).update(status=PlacementStatus.APPLYING)
    type(exclusion).objects.filter(pk=exclusion.pk).update(status="applying")

    revoked = sent(lambda: revoke_exclusion(exclusion.pk, by=person(ADAM), note="no longer", now=timezone.now()))

    assert revoked == [("safety", "run_placement", place.pk)]


def three_on_one_pc(scope: Scope | None = None) -> list[Placement]:
    """Return the places of three exclusions that were approved when there was one PC, as they were put there."""
    case = checked_case(None)
    values = [(ExclusionKind.IP_ADDRESS, f"203.0.113.{number}") for number in (10, 11, 12)]
    exclusions = [approved(asked(case, value, scope=scope), IVO, *([ADAM] if scope else [])) for value in values]
    Placement.objects.update(status=PlacementStatus.APPLYING, put_at=timezone.now())
    Exclusion.objects.update(status=ExclusionStatus.APPLYING)
    return [exclusion.placements.get() for exclusion in exclusions]


def test_what_expires_together_on_a_pc_is_one_message(sent):
    first, *_others = three_on_one_pc()
    end = Exclusion.objects.latest("expires_at").expires_at

    assert sent(lambda: sweep(now=end, lost_after=LONG_AGO)) == [("safety", "run_placement", first.pk)]
    assert set(Placement.objects.values_list("status", flat=True)) == {PlacementStatus.REMOVING}


def test_an_undo_is_one_message_for_a_pc_also_while_all_is_stopped(sent):
    first, *_others = three_on_one_pc()
    stop_writes(by=person(ADAM), reason="wrong PCs", now=timezone.now())
    since = timezone.now() - LONG_AGO
    seen = preview_undo(since).digest

    def undo():
        undo_since(since, by=person(ADAM), reason="wrong PCs", seen=seen, now=timezone.now())

    assert sent(undo) == [("safety", "run_placement", first.pk)]
    assert set(Placement.objects.values_list("status", flat=True)) == {PlacementStatus.REMOVING}


def test_the_end_of_a_stop_is_one_message_for_a_pc(sent):
    first, *_others = three_on_one_pc()
    stop_writes(by=person(ADAM), reason="wrong PCs", now=timezone.now())
    for place in Placement.objects.all():
        put_off_stopped(place, now=timezone.now())

    def lift():
        lift_stop(by=person(ADAM), note="right PCs", now=timezone.now())

    assert sent(lift) == [("portal", "run_placement", first.pk)]
    assert due_placements(now=timezone.now()).count() == 3


def test_pcs_that_join_a_scope_are_one_message_each_however_many_exclusions_it_has(sent):
    three_on_one_pc(Scope(ScopeKind.EVERYONE))
    Placement.objects.update(status=PlacementStatus.VERIFIED, verified_at=timezone.now())
    Exclusion.objects.update(status=ExclusionStatus.APPLIED)
    joined = device_at(None, owner=person(EMMA), hostname="PC-0143")

    found = sent(lambda: sweep(now=timezone.now(), lost_after=LONG_AGO))

    assert Placement.objects.filter(device=joined).count() == 3
    assert [message[:2] for message in found] == [("portal", "run_placement")]


def test_the_question_that_is_written_once_is_asked_of_each_pc_at_each_moment(sent):
    now = timezone.now()
    runs = [queued(device_at(None, owner=person(EMMA), hostname=name), EMMA, minutes_ago=1) for name in ("A-1", "A-2")]
    overdue = now + timedelta(days=2)

    asked_twice = [sent(lambda run=run: wake_next(run.device_id, now=now)) for run in runs]

    assert asked_twice == [[("portal", "run_checks", run.pk)] for run in runs]
    cache.clear()
    assert sent(lambda: wake_next(runs[0].device_id, now=overdue)) == []
