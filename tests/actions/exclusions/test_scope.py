"""PCs that join a device group, or leave it, while an exclusion for it is in force: over the real protocol."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.demo.lab.faults import Fault
from portal.demo.lab.pc import SimulatedPC
from portal.demo.lab.pcs import healthy_windows_11
from portal.demo.lab.registry import POLICY
from tests.support.exclusion_world import IP, PROCESS, approved, asked, checked_case, present, worked
from tests.support.world import ADAM, EMMA, IVO, device_at, moved, person
from troubleshooting.actions.exclusions.binding import change_of
from troubleshooting.actions.exclusions.placements import CANARIES
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.actions.exclusions.scope import follow_scope, out_of_step
from troubleshooting.actions.runs.sweep import sweep
from troubleshooting.domain.exclusions.digest import digest
from troubleshooting.domain.exclusions.exclusion import EVERYONE, ExclusionStatus, Scope, ScopeKind
from troubleshooting.models import ActivityEntry, Device, DeviceGroup, Exclusion, Placement
from troubleshooting.queries.exclusions.exclusion_page import read_exclusion_page
from troubleshooting.queries.exclusions.place_list import PlacementLine

pytestmark = pytest.mark.django_db(transaction=True)

LISTED = "ExclusionIpAddress"


@pytest.fixture
def pcs() -> dict[str, SimulatedPC]:
    return {f"PC-{number}": healthy_windows_11() for number in range(6)}


@pytest.fixture
def add(lab_server, pcs):
    """Return ``add(name)``: the PC of that name, now in the group "Lab"."""
    return lambda name: device_at(lab_server(pcs[name]), owner=person(EMMA), hostname=name)


def for_group(first: Device, what=IP) -> Exclusion:
    scope = Scope(ScopeKind.GROUP, first.group_id)
    return approved(asked(checked_case(first), what, scope=scope), *([IVO, ADAM] if what is PROCESS else [IVO]))


def swept(*, rounds: int = 3) -> None:
    sweep(now=timezone.now(), lost_after=timedelta(minutes=2))
    worked(rounds=rounds)


def move(device: Device, group: str) -> None:
    other, _ = DeviceGroup.objects.get_or_create(
        name=group, defaults={"credential_profile": "lab", "https": False, "auth": "ntlm"}
    )
    moved(device, group_id=other.pk)


def statuses() -> dict[str, str]:
    return dict(Placement.objects.order_by("device__hostname").values_list("device__hostname", "status"))


def actions() -> list[tuple[str, str]]:
    about = ActivityEntry.objects.filter(subject_type="placement").order_by("pk")
    return [(entry.action, entry.details["device"]) for entry in about]


@pytest.mark.parametrize("scope", ["group", "everyone"])
def test_a_pc_that_joins_later_gets_it_without_a_new_approval(add, pcs, scope):
    first = add("PC-0")
    case = checked_case(first)
    wanted = EVERYONE if scope == "everyone" else Scope(ScopeKind.GROUP, first.group_id)
    exclusion = approved(asked(case, scope=wanted), *([IVO, ADAM] if scope == "everyone" else [IVO]))
    worked()
    bound = present(exclusion).digest

    add("PC-1")
    swept()

    assert pcs["PC-1"].preferences[LISTED] == [IP[1]]
    assert (present(exclusion).status, present(exclusion).digest) == (ExclusionStatus.VERIFIED, bound)
    assert Placement.objects.get(device__hostname="PC-1").is_canary is False
    assert actions() == [("placement_joined", "PC-1")]
    assert out_of_step() == []


def test_while_it_is_not_read_back_on_the_new_pc_it_is_not_called_verified(add, pcs):
    exclusion = for_group(add("PC-0"))
    worked()

    pcs["PC-1"].faults.add(Fault.REFUSED)
    add("PC-1")
    swept()

    assert present(exclusion).status == ExclusionStatus.APPLIED
    pcs["PC-1"].faults.discard(Fault.REFUSED)
    worked()
    assert present(exclusion).status == ExclusionStatus.VERIFIED


def test_a_pc_that_leaves_loses_it_and_the_others_keep_it(add, pcs):
    first, second = add("PC-0"), add("PC-1")
    exclusion = for_group(first)
    worked()

    move(second, "Elsewhere")
    swept()

    assert (pcs["PC-0"].preferences[LISTED], pcs["PC-1"].preferences[LISTED]) == ([IP[1]], [])
    assert statuses() == {"PC-0": "verified", "PC-1": "removed"}
    assert (present(exclusion).status, actions()) == (
        ExclusionStatus.VERIFIED,
        [("placement_out_of_scope", "PC-1")],
    )
    assert out_of_step() == []


def test_a_pc_that_leaves_before_anything_was_sent_is_never_visited(add, pcs):
    devices = [add(f"PC-{number}") for number in range(CANARIES + 1)]
    exclusion = for_group(devices[0])
    worked(rounds=1)
    assert statuses()["PC-3"] == "waiting"

    move(devices[3], "Elsewhere")
    swept()

    assert (statuses()["PC-3"], pcs["PC-3"].preferences[LISTED]) == ("not_applied", [])
    assert present(exclusion).status == ExclusionStatus.VERIFIED


@pytest.mark.parametrize("when_back", ["after it was taken off", "before it was taken off"])
def test_a_pc_that_left_and_came_back_gets_it_again(add, pcs, when_back):
    first, second = add("PC-0"), add("PC-1")
    exclusion = for_group(first)
    worked()
    move(second, "Elsewhere")
    sweep(now=timezone.now(), lost_after=timedelta(minutes=2))
    if when_back == "after it was taken off":
        worked()
    move(second, "Lab")

    swept()
    swept()

    assert pcs["PC-1"].preferences[LISTED] == [IP[1]]
    assert present(exclusion).status == ExclusionStatus.VERIFIED
    assert actions() == [("placement_out_of_scope", "PC-1"), ("placement_joined", "PC-1")]
    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())
    worked()
    assert (present(exclusion).status, pcs["PC-1"].preferences[LISTED]) == (ExclusionStatus.REMOVED, [])


def test_a_pc_that_rejected_it_is_asked_again_when_it_comes_back_into_the_scope(add, pcs):
    pcs["PC-1"].registry.setdefault(POLICY, {})["DisableLocalAdminMerge"] = 1
    first, second = add("PC-0"), add("PC-1")
    exclusion = for_group(first)
    worked()
    assert statuses()["PC-1"] == "rejected"

    move(second, "Elsewhere")
    swept()
    assert (statuses()["PC-1"], present(exclusion).status) == ("not_applied", ExclusionStatus.VERIFIED)
    del pcs["PC-1"].registry[POLICY]["DisableLocalAdminMerge"]
    move(second, "Lab")
    swept()
    swept()

    assert (statuses()["PC-1"], pcs["PC-1"].preferences[LISTED]) == ("verified", [IP[1]])
    assert present(exclusion).status == ExclusionStatus.VERIFIED


def test_what_somebody_else_put_on_a_pc_while_it_was_away_is_theirs(add, pcs):
    first, second = add("PC-0"), add("PC-1")
    exclusion = for_group(first)
    worked()
    move(second, "Elsewhere")
    swept()
    pcs["PC-1"].preferences[LISTED] = [IP[1]]
    move(second, "Lab")
    swept()

    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())
    worked()

    assert (pcs["PC-0"].preferences[LISTED], pcs["PC-1"].preferences[LISTED]) == ([], [IP[1]])


def test_a_pc_that_moves_between_two_groups_with_the_same_exclusion_keeps_it(add, pcs):
    first, second = add("PC-0"), add("PC-1")
    move(second, "Elsewhere")
    second.refresh_from_db()
    exclusions = [for_group(first), for_group(second)]
    worked()

    move(second, "Lab")
    swept()

    assert pcs["PC-1"].preferences[LISTED] == [IP[1]]
    assert statuses()["PC-0"] == "verified"
    for exclusion in exclusions:
        revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())
    worked()
    assert [pc.preferences[LISTED] for pc in pcs.values()] == [[]] * 6


def test_when_all_of_the_first_few_leave_others_take_their_place(add, pcs):
    devices = [add(f"PC-{number}") for number in range(CANARIES + 2)]
    exclusion = for_group(devices[0])
    for device in devices[:CANARIES]:
        move(device, "Elsewhere")

    swept()
    swept()

    assert [pc.preferences[LISTED] for pc in pcs.values()] == [[], [], [], [IP[1]], [IP[1]], []]
    assert present(exclusion).status == ExclusionStatus.VERIFIED


def test_a_first_pc_that_never_answers_gives_its_place_to_another_one(add, pcs):
    devices = [add(f"PC-{number}") for number in range(CANARIES + 2)]
    pcs["PC-0"].faults.add(Fault.REFUSED)
    exclusion = for_group(devices[0])
    worked(rounds=2)
    assert statuses()["PC-3"] == "waiting"

    worked(rounds=2)
    swept()

    assert [statuses()[name] for name in ("PC-0", "PC-3", "PC-4")] == ["applying", "verified", "verified"]
    pcs["PC-0"].faults.discard(Fault.REFUSED)
    worked()
    assert (statuses()["PC-0"], present(exclusion).status) == ("verified", ExclusionStatus.VERIFIED)


def test_one_that_does_not_answer_among_the_rest_stops_no_other(add, pcs):
    devices = [add(f"PC-{number}") for number in range(CANARIES + 2)]
    pcs["PC-3"].faults.add(Fault.REFUSED)
    exclusion = for_group(devices[0])

    worked()

    assert (statuses()["PC-3"], statuses()["PC-4"], present(exclusion).status) == ("applying", "verified", "applied")
    pcs["PC-3"].faults.discard(Fault.REFUSED)
    worked()
    assert (statuses()["PC-3"], present(exclusion).status) == ("verified", ExclusionStatus.VERIFIED)


def test_an_exclusion_for_one_pc_or_one_that_is_over_follows_nobody(add, pcs):
    first = add("PC-0")
    case = checked_case(first)
    for_one = approved(asked(case, PROCESS), IVO, ADAM)
    over = for_group(first)
    worked()
    revoke_exclusion(over.pk, by=person(IVO), note="", now=timezone.now())
    worked()

    add("PC-1")
    for exclusion in (for_one, over):
        follow_scope(exclusion.pk, now=timezone.now())

    assert out_of_step() == []
    assert not Placement.objects.filter(device__hostname="PC-1").exists()


@pytest.mark.parametrize("count", [1, 3])
def test_looking_costs_four_queries_however_many_there_are(add, count, django_assert_num_queries):
    first = add("PC-0")
    for number in range(count):
        for_group(first, (IP[0], f"203.0.113.{number + 1}"))
    worked()

    with django_assert_num_queries(4):
        assert out_of_step() == []


def test_the_page_says_who_joined_later_and_who_left(add, pcs):
    devices = [add("PC-0"), add("PC-1")]
    exclusion = for_group(devices[0])
    worked()
    add("PC-2")
    move(devices[1], "Elsewhere")
    swept()

    lines = page_lines(exclusion)

    assert [(line.device, line.status, line.is_late, line.has_left) for line in lines] == [
        ("PC-0", "verified", False, False),
        ("PC-1", "removed", False, True),
        ("PC-2", "verified", True, False),
    ]


def page_lines(exclusion: Exclusion) -> tuple[PlacementLine, ...]:
    found = present(exclusion)
    change = change_of(found)
    return read_exclusion_page(
        found, reader=person(IVO), change=change.as_json(), digest=digest(change), may_open=lambda _: True
    ).places.lines


def test_what_changes_between_the_approval_and_the_first_visit_counts(add, pcs):
    first, second = add("PC-0"), add("PC-1")
    exclusion = for_group(first)
    add("PC-2")
    move(first, "Elsewhere")
    move(second, "Elsewhere")

    swept()
    swept()

    assert (present(exclusion).status, statuses()) == (
        ExclusionStatus.VERIFIED,
        {"PC-0": "not_applied", "PC-1": "not_applied", "PC-2": "verified"},
    )
    assert [pc.preferences[LISTED] for pc in pcs.values()][:3] == [[], [], [IP[1]]]
