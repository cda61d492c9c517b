"""What a person gives of a PC becomes a check that has ended; what does not count changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from portal.demo.lab import pcs
from tests.support.collected import collected
from tests.support.world import ADA, EMMA, IVO, SARA, case_on, checked_case_on, device_at, person
from troubleshooting.actions.cases.cases import solve_case
from troubleshooting.actions.checks.collections import UnknownToken, find_token, make_token, take_file, take_sent
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.checks.collections import (
    BeingVisited,
    CollectionRules,
    GivenAlready,
    NotTaken,
    TokenOver,
    TooManyGiven,
)
from troubleshooting.machines.collector.script import collector_script
from troubleshooting.models import Collection, CollectorToken, DeviceSnapshot
from troubleshooting.permissions import NotAllowed
from troubleshooting.queries.checks.evidence import read_snapshot

pytestmark = pytest.mark.django_db

RULES = CollectionRules()


@pytest.fixture
def case():
    """Return a case whose PC is waited for."""
    return case_on(device_at(None, owner=person(EMMA)), by=person(EMMA))


def given(case, content=None, *, by=EMMA, rules=RULES, now=None):
    content = content or collected()
    return take_file(case.pk, content, by=person(by), now=now or timezone.now(), rules=rules)


def token_of(case, *, by=EMMA, now=None, rules=RULES):
    made = make_token(case.pk, by=person(by), now=now or timezone.now(), rules=rules)
    return made, collector_script(address=f"https://portal.example/collected/{made.name}/", token=made.secret)


def found(made, *, now=None, rules=RULES):
    return find_token(made.name, made.secret, now=now or timezone.now(), rules=rules)


def test_a_file_gives_findings_and_a_verdict_and_is_marked(case):
    run = given(case)

    case.refresh_from_db()
    assert (run.status, case.stage) == ("finished", "checked")
    assert run.verdict.code == case.verdict_code == "blocked_by_network_protection"
    assert (run.collection.given_by, run.collection.computer) == (person(EMMA), "PC-0142")
    assert not run.collection.is_sent_by_script
    assert read_snapshot(run).clock is None
    assert [earlier.status for earlier in case.check_runs.exclude(pk=run.pk)] == ["cancelled"]
    assert case.device.last_visited_at is None
    actions = set(case.activity_entries.values_list("action", flat=True))
    assert {"collection_given", "verdict_reached", "check_cancelled"} <= actions


def test_a_file_on_a_checked_case_adds_a_run():
    case = checked_case_on(device_at(None, owner=person(EMMA)), by=person(EMMA))

    given(case)

    assert case.check_runs.count() == 2


def test_the_script_sends_once_and_its_clock_is_compared(case):
    made, script = token_of(case)
    now = timezone.now()

    run = take_sent(found(made), collected(script), now=now, rules=RULES)

    assert run.collection.is_sent_by_script
    assert (run.collection.token.name, run.collection.given_by) == (made.name, person(EMMA))
    assert abs(read_snapshot(run).clock.device - now) < timedelta(minutes=1)
    with pytest.raises(TokenOver):
        found(made)
    with pytest.raises(GivenAlready):
        given(case, collected(script))


def test_the_secret_is_kept_as_a_hash_only(case):
    made, _ = token_of(case)

    stored = CollectorToken.objects.get()
    assert made.secret not in str(vars(stored))
    assert len(made.secret) >= 40


def test_a_file_of_the_case_s_script_may_be_uploaded_instead_and_uses_the_token_up(case):
    made, script = token_of(case)

    given(case, collected(script))

    with pytest.raises(TokenOver):
        found(made)


def test_a_token_ends_by_time_by_tries_by_the_next_one_and_with_its_person(case):
    now = timezone.now()
    made, _ = token_of(case, now=now)
    with pytest.raises(TokenOver):
        found(made, now=now + RULES.token_lifetime)
    for _try in range(RULES.most_tries):
        found(made)
    with pytest.raises(TokenOver):
        found(made)
    earlier, _ = token_of(case)
    later, _ = token_of(case)
    with pytest.raises(TokenOver):
        found(earlier)
    emma = person(EMMA)
    emma.is_active = False
    emma.save()
    with pytest.raises(TokenOver):
        found(later)


def test_a_token_is_not_guessed(case):
    made, _ = token_of(case)

    for wrong in (replace(made, secret="x"), replace(made, secret=""), replace(made, name="x")):
        with pytest.raises(UnknownToken):
            found(wrong)


def _other_case():
    return case_on(device_at(None, owner=person(EMMA), hostname="PC-0143"), by=person(EMMA))


REFUSED = {
    "another PC": (lambda case: collected(pc=pcs.stuck_in_audit()), NotTaken),
    "another case": (lambda case: collected(token_of(_other_case())[1]), NotTaken),
    "a guessed address": (lambda case: collected(address="https://portal.example/collected/x/"), NotTaken),
    "old": (lambda case: collected(made_at=timezone.now() - timedelta(days=2)), NotTaken),
    "yet to come": (lambda case: collected(made_at=timezone.now() + timedelta(days=2)), NotTaken),
    "damaged": (lambda case: collected()[:-9], Refused),
}


@pytest.mark.parametrize(("make", "error"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_count_leaves_everything_as_it_was(case, make, error):
    content = make(case)
    with pytest.raises(error):
        given(case, content)

    assert not Collection.objects.exists()
    assert not DeviceSnapshot.objects.exists()
    assert [run.status for run in case.check_runs.all()] == ["queued"]


def test_a_file_counts_once(case):
    content = collected()
    given(case, content)

    with pytest.raises(GivenAlready):
        given(case, content)


def test_a_script_cannot_send_for_another_case(case):
    made, _ = token_of(case)
    _, others = token_of(_other_case())

    with pytest.raises(NotTaken):
        take_sent(found(made), collected(others), now=timezone.now(), rules=RULES)


def test_only_so_many_count_in_a_day(case):
    few = replace(RULES, most_a_day=1)
    given(case, rules=few)
    token_of(case, rules=few)

    with pytest.raises(TooManyGiven):
        given(case, rules=few)
    with pytest.raises(TooManyGiven):
        token_of(case, rules=few)


@pytest.mark.parametrize("who", [SARA, ADA])
def test_others_and_auditors_give_nothing(case, who):
    with pytest.raises(NotAllowed):
        given(case, by=who)
    with pytest.raises(NotAllowed):
        token_of(case, by=who)


def test_nothing_is_taken_while_the_portal_visits_the_pc(case):
    case.check_runs.update(status="running", attempt=1, started_at=timezone.now(), heartbeat_at=timezone.now())

    with pytest.raises(BeingVisited):
        given(case)


def test_nothing_is_taken_for_a_closed_case(case):
    given(case)
    solve_case(case.pk, by=person(IVO), note="", now=timezone.now())

    with pytest.raises(NotAllowed):
        given(case)
