"""How much one person, or one PC, may have under way: what is too much is refused, and nothing of it is stored."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.support.world import A_DAY, EMMA, IVO, LIFTED, SARA, case_on, checked_case_on, device_at, person
from troubleshooting.actions.cases.cases import solve_case
from troubleshooting.actions.checks.check_runs import start_check_run
from troubleshooting.actions.checks.limits import TooMany
from troubleshooting.domain.cases.limits import CaseLimits
from troubleshooting.models import ActivityEntry, Case, CheckRun, Device

pytestmark = pytest.mark.django_db

THREE = {name: replace(LIFTED, **{name: 3}) for name in CaseLimits.__dataclass_fields__}


@pytest.fixture
def pcs() -> list[Device]:
    return [device_at(None, owner=person(EMMA), hostname=f"PC-{number}") for number in range(4)]


def stored() -> tuple[int, ...]:
    return Case.objects.count(), CheckRun.objects.count(), ActivityEntry.objects.count()


@pytest.mark.parametrize(
    ("limit", "checked", "one_pc", "sentence"),
    [
        ("open_per_person", True, False, r"You already have as many open cases .*\(3\)"),
        ("open_per_pc", True, True, r"PC-0 already has as many open cases .*\(3\)"),
        ("live_per_person", False, False, r"You already have as many checks .*\(3\)"),
        ("live_per_pc", False, True, r"PC-0 already has as many checks .*\(3\)"),
    ],
)
def test_what_is_too_much_is_refused_before_anything_is_stored_and_leads_to_what_is_open(
    pcs, limit, checked, one_pc, sentence
):
    open_one = checked_case_on if checked else case_on
    cases = [open_one(pcs[0 if one_pc else number], by=person(EMMA)) for number in range(3)]
    before = stored()

    with pytest.raises(TooMany, match=sentence) as refused:
        case_on(pcs[0 if one_pc else 3], by=person(EMMA), limits=THREE[limit])

    assert stored() == before
    assert refused.value.case == cases[-1 if limit == "open_per_pc" else 0]
    assert case_on(device_at(None, owner=person(SARA), hostname="PC-9"), by=person(SARA), limits=THREE[limit])


@pytest.mark.parametrize("limit", THREE)
def test_it_is_held_to_the_numbers_of_a_pc_only(pcs, limit):
    ivo = person(IVO)
    for number in range(3):
        case_on(pcs[number], by=ivo)
    assert case_on(pcs[3], by=ivo, limits=THREE[limit])

    for _ in range(2):
        case_on(pcs[0], by=ivo)

    if limit.endswith("per_pc"):
        with pytest.raises(TooMany):
            case_on(pcs[0], by=ivo, limits=THREE[limit])
    else:
        assert case_on(pcs[0], by=ivo, limits=THREE[limit])


@pytest.mark.parametrize("limit", ["open_per_pc", "live_per_pc"])
def test_a_new_owner_is_not_led_to_the_cases_of_the_one_before(pcs, limit):
    for _ in range(3):
        case_on(pcs[0], by=person(EMMA))
    Device.objects.filter(pk=pcs[0].pk).update(owner=person(SARA))
    pcs[0].refresh_from_db()

    with pytest.raises(TooMany) as refused:
        case_on(pcs[0], by=person(SARA), limits=THREE[limit])

    assert refused.value.case is None


@pytest.mark.parametrize("limit", THREE)
def test_a_check_that_opens_a_closed_case_is_counted_like_a_report(pcs, limit):
    now = timezone.now() + timedelta(minutes=1)
    emma, closed = person(EMMA), checked_case_on(pcs[0], by=person(EMMA))
    solve_case(closed.pk, by=emma, note="", now=now)
    for _ in range(3):
        case_on(pcs[0], by=emma)
    before = stored()

    with pytest.raises(TooMany):
        start_check_run(closed.pk, by=emma, now=now, deadline=A_DAY, limits=THREE[limit])

    assert stored() == before
    assert start_check_run(closed.pk, by=emma, now=now, deadline=A_DAY, limits=LIFTED)


def test_a_further_check_of_an_open_case_is_no_further_case(pcs):
    cases = [checked_case_on(pcs[number], by=person(EMMA)) for number in range(3)]

    now = timezone.now() + timedelta(minutes=1)
    assert start_check_run(cases[0].pk, by=person(EMMA), now=now, deadline=A_DAY, limits=THREE["open_per_person"])


@pytest.mark.django_db(transaction=True)
def test_of_many_reports_at_once_no_more_are_taken_than_one_after_the_other(pcs):
    emma = person(EMMA)

    def report(number: int) -> bool:
        try:
            case_on(pcs[number % 4], by=emma, limits=THREE["open_per_person"])
        except TooMany:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(report, range(8)))

    assert (sum(taken), Case.objects.count(), CheckRun.objects.count()) == (3, 3, 3)
