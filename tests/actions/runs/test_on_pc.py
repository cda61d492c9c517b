"""An exclusion's whole life on PCs, by the real task code over NTLM with encryption."""

from __future__ import annotations

import pytest
from django.utils import timezone

from portal.demo.lab import registry
from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import healthy_windows_11
from tests.support.exclusion_world import (
    IP,
    LISTS,
    PROCESS,
    RULES,
    approved,
    asked,
    checked_case,
    present,
    seen,
    worked,
)
from tests.support.roles import as_owner
from tests.support.world import ADA, ADAM, EMMA, IVO, SARA, device_at, person
from troubleshooting.actions.exclusions.decisions import RequestChanged, approve_exclusion
from troubleshooting.actions.exclusions.lifecycle import expire_exclusions
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.domain.exclusions.approval import DecidedAlready, WiderThanAsked
from troubleshooting.domain.exclusions.exclusion import EVERYONE, ExclusionStatus, Scope, ScopeKind
from troubleshooting.domain.exclusions.placement import PlacementOutcome, PlacementStatus
from troubleshooting.models import ActivityEntry, Exclusion, Placement
from troubleshooting.permissions import NotAllowed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("what", "people"), [(IP, [IVO]), (PROCESS, [IVO, ADAM])])
def test_an_exclusion_is_put_proved_and_taken_off_at_its_end(lab_server, what, people):
    pc = healthy_windows_11()
    listed = LISTS[what[0]]
    exclusion = approved(asked(checked_case(device_at(lab_server(pc), owner=person(EMMA))), what), *people)

    worked()
    assert (present(exclusion).status, pc.preferences[listed]) == (ExclusionStatus.VERIFIED, [what[1]])
    assert Placement.objects.get().event_at is not None, "the PC's log tells of the change (5007)"
    expire_exclusions(now=exclusion.expires_at)
    worked()

    assert (present(exclusion).status, pc.preferences[listed]) == (ExclusionStatus.REMOVED, [])
    actions = list(
        ActivityEntry.objects.filter(subject_type="exclusion").order_by("pk").values_list("action", flat=True)
    )
    assert actions[-4:] == ["exclusion_verified", "exclusion_expired", "placement_removed", "exclusion_removed"]


def test_a_process_exclusion_needs_two_different_people(lab_server):
    exclusion = asked(checked_case(device_at(lab_server(), owner=person(EMMA))), PROCESS)

    assert approved(exclusion, IVO).status == ExclusionStatus.REQUESTED
    with pytest.raises(DecidedAlready):
        approved(exclusion, IVO)
    assert approved(exclusion, ADAM).status == ExclusionStatus.APPROVED


@pytest.mark.parametrize("who", [EMMA, SARA, ADA])
def test_neither_the_requester_nor_a_stranger_nor_an_auditor_decides(lab_server, who):
    exclusion = asked(checked_case(device_at(lab_server(), owner=person(EMMA))))

    with pytest.raises(NotAllowed):
        approved(exclusion, who)


def test_a_reviewer_approves_only_what_they_read(lab_server):
    exclusion = asked(checked_case(device_at(lab_server(), owner=person(EMMA))))

    with pytest.raises(RequestChanged):
        approve_exclusion(exclusion.pk, by=person(IVO), note="", seen="0" * 64, rules=RULES, now=timezone.now())

    assert not present(exclusion).decisions.exists()


def test_what_was_changed_after_the_approval_is_not_carried_out(lab_server):
    pc = healthy_windows_11()
    exclusion = approved(asked(checked_case(device_at(lab_server(pc), owner=person(EMMA)))))
    with as_owner(past_triggers=True):
        Exclusion.objects.filter(pk=exclusion.pk).update(digest="0" * 64)  # as if somebody had reached into the table

    worked()

    assert (present(exclusion).status, pc.preferences["ExclusionIpAddress"]) == (ExclusionStatus.NOT_APPLIED, [])
    assert ActivityEntry.objects.filter(action="exclusion_halted").exists()


def test_revoking_takes_it_off_at_once(lab_server):
    pc = healthy_windows_11()
    exclusion = approved(asked(checked_case(device_at(lab_server(pc), owner=person(EMMA)))))
    worked()

    revoke_exclusion(exclusion.pk, by=person(IVO), note="no longer needed", now=timezone.now())
    worked()

    assert (present(exclusion).status, pc.preferences["ExclusionIpAddress"]) == (ExclusionStatus.REMOVED, [])


def test_already_absent_counts_as_removed(lab_server):
    pc = healthy_windows_11()
    exclusion = approved(asked(checked_case(device_at(lab_server(pc), owner=person(EMMA)))))
    worked()
    pc.preferences["ExclusionIpAddress"] = []  # somebody took it off by hand

    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())
    worked()

    assert present(exclusion).status == ExclusionStatus.REMOVED


def test_an_entry_that_was_there_before_the_portal_came_stays(lab_server):
    pc = healthy_windows_11()
    pc.preferences["ExclusionIpAddress"] = ["203.0.113.10"]
    exclusion = approved(asked(checked_case(device_at(lab_server(pc), owner=person(EMMA)))))
    worked()

    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())
    worked()

    assert pc.preferences["ExclusionIpAddress"] == ["203.0.113.10"]
    assert Placement.objects.get().outcome == PlacementOutcome.WAS_THERE_BEFORE


def test_of_two_exclusions_with_the_same_value_the_last_one_takes_the_entry_off(lab_server):
    pc = healthy_windows_11()
    case = checked_case(device_at(lab_server(pc), owner=person(EMMA)))
    for_this_pc = approved(asked(case))
    worked()
    for_its_group = approved(asked(case, scope=Scope(ScopeKind.GROUP, case.device.group_id)))
    worked()

    revoke_exclusion(for_this_pc.pk, by=person(IVO), note="", now=timezone.now())
    worked()
    assert (present(for_this_pc).status, pc.preferences["ExclusionIpAddress"]) == (ExclusionStatus.REMOVED, [IP[1]])
    revoke_exclusion(for_its_group.pk, by=person(IVO), note="", now=timezone.now())
    worked()

    assert (present(for_its_group).status, pc.preferences["ExclusionIpAddress"]) == (ExclusionStatus.REMOVED, [])


def test_an_entry_that_somebody_put_back_after_the_portal_took_it_off_is_theirs(lab_server):
    pc = healthy_windows_11()
    case = checked_case(device_at(lab_server(pc), owner=person(EMMA)))
    first = approved(asked(case))
    worked()
    revoke_exclusion(first.pk, by=person(IVO), note="", now=timezone.now())
    worked()
    pc.preferences["ExclusionIpAddress"] = [IP[1]]

    second = approved(asked(case))
    worked()
    revoke_exclusion(second.pk, by=person(IVO), note="", now=timezone.now())
    worked()

    assert pc.preferences["ExclusionIpAddress"] == [IP[1]]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault.SETTINGS_REFUSED, PlacementOutcome.TAMPER_PROTECTION),
        (Fault.EXCLUSIONS_HIDDEN, PlacementOutcome.CANNOT_BE_READ),
    ],
)
def test_a_pc_that_refuses_says_why_and_keeps_nothing(lab_server, fault, outcome):
    pc = healthy_windows_11()
    pc.faults.add(fault)
    exclusion = approved(asked(checked_case(device_at(lab_server(pc), owner=person(EMMA)))))

    worked()

    assert (present(exclusion).status, Placement.objects.get().outcome) == (ExclusionStatus.REMOVED, outcome)
    assert pc.preferences["ExclusionIpAddress"] == []


def test_a_pc_out_of_reach_waits_and_is_done_when_it_is_back(lab_server):
    pc = healthy_windows_11()
    server = lab_server(pc)
    exclusion = approved(asked(checked_case(device_at(server, owner=person(EMMA)))))
    pc.faults.add(Fault.REFUSED)
    worked(rounds=1)
    assert (Placement.objects.get().error_code, present(exclusion).status) == ("unreachable", ExclusionStatus.APPLYING)

    pc.faults.discard(Fault.REFUSED)
    worked()

    assert present(exclusion).status == ExclusionStatus.VERIFIED


def test_one_failed_pc_does_not_stop_the_others_and_the_first_few_go_first(lab_server):
    pcs = [healthy_windows_11() for _ in range(5)]
    devices = [device_at(lab_server(pc), owner=person(EMMA), hostname=f"PC-{number}") for number, pc in enumerate(pcs)]
    pcs[1].faults.add(Fault.SETTINGS_REFUSED)
    group = Scope(ScopeKind.GROUP, devices[0].group_id)
    exclusion = approved(asked(checked_case(devices[0]), scope=group))
    assert Placement.objects.filter(is_canary=True).count() == 3

    worked(rounds=1)
    assert sum(pc.preferences["ExclusionIpAddress"] != [] for pc in pcs) == 2  # of the first three, one refuses
    worked()

    assert [placement.status for placement in Placement.objects.order_by("device__hostname")] == [
        PlacementStatus.VERIFIED,
        PlacementStatus.REJECTED,
        PlacementStatus.VERIFIED,
        PlacementStatus.VERIFIED,
        PlacementStatus.VERIFIED,
    ]
    assert present(exclusion).status == ExclusionStatus.VERIFIED


def test_everyone_needs_two_people_and_can_be_narrowed_but_never_widened(lab_server):
    case = checked_case(device_at(lab_server(), owner=person(EMMA)))
    exclusion = asked(case, scope=EVERYONE)
    assert exclusion.approvals_needed == 2

    narrowed = approve_exclusion(
        exclusion.pk,
        by=person(IVO),
        note="this PC is enough",
        seen=seen(exclusion),
        rules=RULES,
        now=timezone.now(),
        scope=Scope(ScopeKind.DEVICE, case.device_id),
    )

    assert (narrowed.status, narrowed.approvals_needed, narrowed.round) == (ExclusionStatus.APPROVED, 1, 2)
    other = asked(case, PROCESS)
    with pytest.raises(WiderThanAsked):
        approve_exclusion(
            other.pk, by=person(IVO), note="", seen=seen(other), rules=RULES, now=timezone.now(), scope=EVERYONE
        )


@pytest.mark.parametrize(
    ("key", "name", "outcome"),
    [
        (registry.POLICY, "DisableLocalAdminMerge", PlacementOutcome.LOCAL_LISTS_IGNORED),
        (registry.POLICY, "HideExclusionsFromLocalAdmins", PlacementOutcome.CANNOT_BE_READ),
        (registry.FEATURES, "TPExclusions", PlacementOutcome.EXCLUSIONS_PROTECTED),
    ],
)
def test_a_pc_on_which_it_would_not_work_is_sent_no_change_and_says_why(lab_server, key, name, outcome):
    pc = healthy_windows_11()
    pc.registry.setdefault(key, {})[name] = 1
    server = lab_server(pc)
    exclusion = approved(asked(checked_case(device_at(server, owner=person(EMMA)))))

    worked()

    assert (present(exclusion).status, Placement.objects.get().outcome) == (ExclusionStatus.REMOVED, outcome)
    assert [command for command in server.commands if "Add-MpPreference" in str(command)] == []
