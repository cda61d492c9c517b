"""Raw answers are removed after their time: whole visits, by the owner, and never what something rests on."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from tests.factories import (
    AuditModeTestFactory,
    CaseFactory,
    CheckRunFactory,
    DeviceFactory,
    DriftFindingFactory,
    ExclusionFactory,
)
from tests.queries import made
from tests.support.roles import as_owner
from troubleshooting.actions.visits.removal import Kept, removable, remove_old_answers
from troubleshooting.domain.exclusions.digest import canonical_json
from troubleshooting.models import (
    ActivityEntry,
    Case,
    Device,
    DeviceAnswer,
    DeviceSnapshot,
    DriftScan,
    RemovedAnswers,
    Submission,
)
from troubleshooting.queries.checks.evidence import commands_json, evidence_json

pytestmark = pytest.mark.django_db

KEPT = Kept(drift_scans=timedelta(days=90), checks=timedelta(days=365))
LONG_AGO = timezone.now() - timedelta(days=400)


def scanned(device: Device, *, at: datetime) -> DeviceSnapshot:
    """Return the visit of a scan that found nothing."""
    scan = DriftScan.objects.create(device=device, at=at, ended_at=at + timedelta(seconds=3))
    visit = DeviceSnapshot.objects.create(
        drift_scan=scan, attempt=1, credential_profile="lab", endpoint="https://pc:5986/wsman", started_at=at
    )
    for position, name in enumerate(("clock", "preferences")):
        said = {"state": "answered", "content": [{"Value": position}], "errors": []}
        DeviceAnswer.objects.create(
            snapshot=visit, position=position, name=name, pipeline=f"Get-{name}", sent_at=at, seconds=0.5, **said
        )
    return visit


def checked(*, at: datetime = LONG_AGO, device: Device | None = None, **facts: object) -> DeviceSnapshot:
    """Return the visit of a check that was stopped, of a case that was withdrawn."""
    case = CaseFactory(device=device or DeviceFactory(), withdrawn=True, opened_at=at)
    run = CheckRunFactory(case=case, requested_at=at, **{"finished": True, "status": "cancelled"} | facts)
    return made.make_visit(run, attempt=run.attempt)


def with_newer(visit: DeviceSnapshot) -> DeviceSnapshot:
    """Have the same PC visited again, for another case."""
    checked(at=timezone.now(), device=visit.check_run.device)
    return visit


def found() -> list[int]:
    return list(removable(KEPT, now=timezone.now()).order_by("pk").values_list("pk", flat=True))


def removed() -> int:
    with as_owner():
        return sum(remove_old_answers(KEPT, now=timezone.now()))


def test_of_an_old_scan_what_was_asked_a_digest_and_an_entry_are_left():
    device = DeviceFactory()
    old, newest = scanned(device, at=LONG_AGO), scanned(device, at=timezone.now())
    said = commands_json(old)

    assert removed() == 1

    assert (old.answers.count(), newest.answers.count()) == (0, 2)
    left = RemovedAnswers.objects.get()
    assert (left.snapshot, left.answers, left.commands) == (old, 2, ["clock", "preferences"])
    assert left.digest == hashlib.sha256(canonical_json(said).encode()).hexdigest()
    entry = ActivityEntry.objects.get(action="answers_removed")
    assert (entry.case, entry.actor_name, entry.details) == (None, "portal", {"visits": [old.pk], "answers": 2})
    assert removed() == 0


def test_the_pages_say_what_was_removed_and_when(client):
    device = DeviceFactory()
    old = scanned(device, at=LONG_AGO)
    scanned(device, at=timezone.now())
    removed()
    client.force_login(made.reviewer())

    page = client.get(reverse("drift-record", args=[device.pk]), {"scan": old.drift_scan_id}).content.decode()

    assert "The raw answers to 2 commands were removed after 400 days." in " ".join(page.split())
    assert RemovedAnswers.objects.get().digest in page
    assert "clock, preferences" in page


def test_a_check_that_was_stopped_in_a_withdrawn_case_is_removed_and_its_evidence_says_so():
    visit = with_newer(checked())
    case, run = visit.check_run.case, visit.check_run

    assert removed() == 1

    assert ActivityEntry.objects.get(action="answers_removed").case == case
    [told] = evidence_json(case, run)["visits"]
    assert (told["commands"], told["removed"]["sha256"]) == ([], RemovedAnswers.objects.get().digest)


def test_of_a_check_with_several_visits_only_those_before_its_last_one_are_removed():
    case = CaseFactory(solved=True, opened_at=LONG_AGO)
    run = made.finished_run(case, snapshot=made.seen_block(case), requested_at=LONG_AGO)
    earlier = made.make_visit(run, attempt=run.attempt + 1)
    last = made.make_visit(run, attempt=run.attempt + 2)
    with_newer(earlier)

    assert found() == sorted({*run.snapshots.filter(attempt__lt=last.attempt).values_list("pk", flat=True)})


def newest_of_its_pc() -> DeviceSnapshot:
    return scanned(DeviceFactory(), at=LONG_AGO)


def too_young() -> DeviceSnapshot:
    device = DeviceFactory()
    visit = scanned(device, at=timezone.now() - timedelta(days=89))
    scanned(device, at=timezone.now())
    return visit


def scan_that(**difference: datetime) -> DeviceSnapshot:
    device = DeviceFactory()
    visit = scanned(device, at=LONG_AGO)
    scanned(device, at=timezone.now())
    DriftFindingFactory(device=device, **difference)
    return visit


def that_found_a_difference() -> DeviceSnapshot:
    return scan_that(found_at=LONG_AGO + timedelta(seconds=2))


def that_missed_a_difference() -> DeviceSnapshot:
    return scan_that(found_at=LONG_AGO - timedelta(days=1), gone_at=LONG_AGO + timedelta(seconds=2))


def of_an_open_case() -> DeviceSnapshot:
    visit = with_newer(checked())
    with as_owner(past_triggers=True):
        Case.objects.filter(pk=visit.check_run.case_id).update(stage="checked", closed_at=None)
    return visit


def with_a_verdict() -> DeviceSnapshot:
    case = CaseFactory(solved=True, opened_at=LONG_AGO)
    run = made.finished_run(case, snapshot=made.seen_block(case), requested_at=LONG_AGO)
    return with_newer(run.snapshots.get())


def with_an_exclusion() -> DeviceSnapshot:
    visit = with_newer(checked())
    ExclusionFactory(case=visit.check_run.case)
    return visit


def with_a_submission() -> DeviceSnapshot:
    visit = with_newer(checked())
    case = visit.check_run.case
    Submission.objects.create(case=case, prepared_at=LONG_AGO, updated_at=LONG_AGO)
    return visit


def with_a_lease() -> DeviceSnapshot:
    visit = with_newer(checked())
    AuditModeTestFactory(case=visit.check_run.case, done=True)
    return visit


@pytest.mark.parametrize(
    "make",
    [
        newest_of_its_pc,
        too_young,
        that_found_a_difference,
        that_missed_a_difference,
        of_an_open_case,
        with_a_verdict,
        with_an_exclusion,
        with_a_submission,
        with_a_lease,
    ],
)
def test_what_is_young_or_rested_on_is_never_removed_not_even_by_the_owners_own_sql(make):
    visit = make()
    answers = visit.answers.count()

    assert visit.pk not in found()
    removed()

    if make is not too_young:  # the times are settings; the database knows what something rests on
        with pytest.raises(DatabaseError, match="removal_where_nothing_rests"), transaction.atomic(), as_owner():
            RemovedAnswers.objects.create(snapshot=visit, removed_at=timezone.now(), answers=answers, commands=[])
    assert visit.answers.count() == answers > 0


def test_the_running_role_removes_nothing():
    device = DeviceFactory()
    old = scanned(device, at=LONG_AGO)
    scanned(device, at=timezone.now())

    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        list(remove_old_answers(KEPT, now=timezone.now()))
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        old.answers.all().delete()

    assert old.answers.count() == 2


def test_kept_for_nothing_means_kept_for_ever():
    device = DeviceFactory()
    scanned(device, at=LONG_AGO)
    scanned(device, at=timezone.now())

    assert not removable(Kept(drift_scans=timedelta(0), checks=timedelta(0)), now=timezone.now()).exists()
