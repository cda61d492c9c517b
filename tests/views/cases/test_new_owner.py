"""A PC changes hands: the earlier cases on it stay with the person whose PC it was."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import ExclusionFactory, UserFactory
from tests.queries import made
from tests.support.world import EMMA, IVO, case_on, checked_case_on, device_at, person
from troubleshooting.models import Case, CheckRun, Device, Exclusion, User
from troubleshooting.permissions import is_party, may_check_device, may_consent, may_see_transcript
from troubleshooting.queries.cases.home import own_cases

pytestmark = pytest.mark.django_db


@pytest.fixture
def successor() -> User:
    return UserFactory()


@pytest.fixture
def run(successor) -> CheckRun:
    device = device_at(None, owner=person(EMMA))
    run = made.finished_run(checked_case_on(device, by=person(IVO)))
    Device.objects.filter(pk=device.pk).update(owner=successor)
    return CheckRun.objects.get(pk=run.pk)


def status_of(name: str, key: object, reader: User) -> int:
    client = Client()
    client.force_login(reader)
    return client.get(reverse(name, args=[key])).status_code


@pytest.mark.parametrize("name", ["checklist", "transcript"])
def test_the_successor_finds_nothing_that_ran_before_and_the_owner_of_then_does(run, successor, name):
    assert status_of(name, run.pk, successor) == 404
    assert status_of(name, run.pk, person(EMMA)) == 200


def test_the_successor_finds_no_earlier_case_and_the_owner_of_then_does(run, successor):
    ExclusionFactory(case=run.case, requested_by=person(IVO))

    assert status_of("case", run.case.number, successor) == 404
    assert status_of("case", run.case.number, person(EMMA)) == 200
    for reader, count in ((successor, 0), (person(EMMA), 1)):
        assert Case.objects.visible_to(reader).count() == count
        assert Exclusion.objects.visible_to(reader).count() == count
        assert len(own_cases(reader).lines) == count


def test_the_successor_decides_nothing_about_an_earlier_case(run, successor):
    case = run.case

    rights = [
        [may(who, case) for may in (is_party, may_consent, may_see_transcript)] for who in (successor, person(EMMA))
    ]

    assert rights == [[False] * 3, [True, False, True]]  # the PC is no longer Emma's to be tested or visited


def test_the_owner_of_then_no_longer_has_the_pc_visited_and_it_still_may(run):
    assert [may_check_device(person(who), run.case) for who in (EMMA, IVO)] == [False, True]


def test_nobody_agrees_to_a_test_for_a_pc_that_got_an_owner_meanwhile(successor):
    device = device_at(None, owner=None)
    case = checked_case_on(device, by=person(IVO))
    Device.objects.filter(pk=device.pk).update(owner=successor)

    case = Case.objects.get(pk=case.pk)

    assert (may_consent(person(IVO), case), may_consent(successor, case)) == (False, False)


def test_a_case_opened_after_the_handover_is_the_successors(run, successor):
    later = case_on(Device.objects.get(), by=person(IVO))

    assert later.device_owner == successor
    assert list(Case.objects.visible_to(successor)) == [later]
