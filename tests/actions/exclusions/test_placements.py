"""Odd moments in the life of an exclusion, each of them once a fault; ``test_exclusions_stateful`` tries the orders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from portal.demo.lab.defender_api.faults import ApiFault
from portal.demo.lab.faults import Fault
from portal.demo.lab.pc import SimulatedPC
from portal.demo.lab.pcs import healthy_windows_11
from portal.demo.lab.registry import POLICY
from portal.demo.lab.server import LabServer
from tests.support.exclusion_world import (
    INDICATOR,
    IP,
    RULES,
    approved,
    asked,
    case_in_tenant,
    checked_case,
    no_tenant,
    present,
    quick_plan,
    tenant_of,
    worked,
)
from tests.support.world import EMMA, IVO, device_at, person
from troubleshooting.actions.exclusions.placements import put_off, put_once_more
from troubleshooting.actions.exclusions.requests import AlreadyAsked, answer_back, new_request, revoke_exclusion
from troubleshooting.actions.runs.on_pc import run_placement
from troubleshooting.domain.base.transitions import InvalidTransition
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.exclusions.exclusion import ExclusionKind, ExclusionStatus, Scope, ScopeKind
from troubleshooting.domain.exclusions.placement import PlacementOutcome, PlacementStatus
from troubleshooting.domain.exclusions.request import ExclusionRequest
from troubleshooting.domain.exclusions.values import parse_value
from troubleshooting.models import ActivityEntry, Case, Exclusion, Placement

SETTLED = timedelta(minutes=5)  # a little more than a lost command may still be carried out
pytestmark = pytest.mark.django_db(transaction=True)

LIST = "ExclusionIpAddress"


class LosesItsNetwork(LabServer):
    """Does what it is asked, and is out of reach from then on."""

    def __init__(self, pc: SimulatedPC, *, after: str) -> None:
        super().__init__(pc)
        self._after = after

    def _run(self, statements: Any, job: Any) -> None:
        super()._run(statements, job)
        if statements[0][0].name == self._after:
            self.pc.faults.add(Fault.REFUSED)


def case_on(server: LabServer) -> Case:
    return checked_case(device_at(server, owner=person(EMMA)))


def for_its_group(case: Case) -> Exclusion:
    return approved(asked(case, scope=Scope(ScopeKind.GROUP, case.device.group_id)))


def revoked(exclusion: Exclusion) -> None:
    revoke_exclusion(exclusion.pk, by=person(IVO), note="", now=timezone.now())


def renewal_of(exclusion: Exclusion, *, days: int = 20) -> Exclusion:
    with transaction.atomic():
        case = Case.objects.locked().select_related("device").get(pk=exclusion.case_id)
        request = ExclusionRequest(
            value=parse_value(ExclusionKind(exclusion.kind), exclusion.value),
            scope=exclusion.scope,
            expires_at=timezone.now() + timedelta(days=days),
            reason_code="business",
            reason="Still needed",
        )
        return new_request(case, request, by=person(EMMA), rules=RULES, now=timezone.now(), renews=present(exclusion))


def statuses() -> list[str]:
    return list(Placement.objects.order_by("pk").values_list("status", flat=True))


# --- on PCs -----------------------------------------------------------------------------------------------------------


def test_an_entry_of_somebody_else_stays_where_the_portal_never_came_to_look(lab_server, lab_pc):
    lab_pc.preferences[LIST] = [IP[1]]
    exclusion = approved(asked(case_on(lab_server(lab_pc))))
    lab_pc.faults.add(Fault.REFUSED)
    worked(rounds=1)
    revoked(exclusion)
    lab_pc.faults.discard(Fault.REFUSED)

    worked()

    assert (present(exclusion).status, lab_pc.preferences[LIST]) == (ExclusionStatus.REMOVED, [IP[1]])
    assert Placement.objects.get().outcome == PlacementOutcome.WAS_THERE_BEFORE


@pytest.mark.parametrize("name", ["DisableLocalAdminMerge", "troubleshooting"])
def test_what_a_lost_worker_put_is_taken_off_where_the_pc_is_found_to_refuse_it(lab_pc, name):
    with LosesItsNetwork(lab_pc, after="Add-MpPreference") as server:
        exclusion = approved(asked(case_on(server)))
        worked(rounds=1)
        assert lab_pc.preferences[LIST] == [IP[1]]
        lab_pc.faults.discard(Fault.REFUSED)
        if name == "troubleshooting":
            lab_pc.status["TroubleShootingMode"] = "Enabled"
        else:
            lab_pc.registry.setdefault(POLICY, {})[name] = 1

        worked()
        assert (present(exclusion).status, lab_pc.preferences[LIST]) == (ExclusionStatus.APPLYING, [])
        worked(later=SETTLED)  # until then the lost command might have been carried out once more

    assert (present(exclusion).status, lab_pc.preferences[LIST]) == (ExclusionStatus.REMOVED, [])
    assert statuses() == [PlacementStatus.REJECTED]


def test_what_a_lost_worker_put_is_not_called_refused_while_the_list_is_hidden(lab_pc):
    with LosesItsNetwork(lab_pc, after="Add-MpPreference") as server:
        exclusion = approved(asked(case_on(server)))
        worked(rounds=1)
        lab_pc.faults.replace({Fault.EXCLUSIONS_HIDDEN})
        worked()
        assert (present(exclusion).status, statuses()) == (ExclusionStatus.APPLYING, [PlacementStatus.APPLYING])

        lab_pc.faults.clear()
        worked()

    assert (present(exclusion).status, lab_pc.preferences[LIST]) == (ExclusionStatus.VERIFIED, [IP[1]])


def test_a_value_is_handed_over_only_to_an_exclusion_that_was_read_back(lab_server, lab_pc):
    case = case_on(lab_server(lab_pc))
    first = approved(asked(case))
    worked()
    lab_pc.faults.add(Fault.REFUSED)
    second = for_its_group(case)
    worked(rounds=1)
    assert statuses() == [PlacementStatus.VERIFIED, PlacementStatus.APPLYING]
    lab_pc.faults.discard(Fault.REFUSED)
    revoked(first)
    lab_pc.registry.setdefault(POLICY, {})["DisableLocalAdminMerge"] = 1

    run_placement(first.placements.get().pk, plan=quick_plan(), tenant=no_tenant())
    worked()

    assert {present(first).status, present(second).status} == {ExclusionStatus.REMOVED}
    assert lab_pc.preferences[LIST] == []


def test_with_the_value_goes_the_duty_to_take_it_off(lab_server, lab_pc):
    """The first found an entry of somebody else, who took it off; so the second put it, and the first inherits that."""
    lab_pc.preferences[LIST] = [IP[1]]
    case = case_on(lab_server(lab_pc))
    first = approved(asked(case))
    worked()
    lab_pc.preferences[LIST] = []
    second = for_its_group(case)
    worked()
    assert lab_pc.preferences[LIST] == [IP[1]]

    revoked(second)
    worked()
    assert lab_pc.preferences[LIST] == [IP[1]]
    revoked(first)
    worked()

    assert lab_pc.preferences[LIST] == []


def test_what_had_to_be_applied_again_is_the_portals_own_whatever_was_found_before(lab_server, lab_pc):
    lab_pc.preferences[LIST] = [IP[1]]
    exclusion = approved(asked(case_on(lab_server(lab_pc))))
    worked()
    lab_pc.preferences[LIST] = []
    put_once_more(Placement.objects.get(), now=timezone.now())
    worked()
    assert (statuses(), lab_pc.preferences[LIST]) == ([PlacementStatus.VERIFIED], [IP[1]])

    revoked(exclusion)
    worked()

    assert lab_pc.preferences[LIST] == []


def test_a_pc_that_is_lost_while_the_worker_says_goodbye_leaves_no_error(lab_server, lab_pc):
    approved(asked(case_on(lab_server(lab_pc))))
    worked()
    placement = Placement.objects.get()

    put_off(placement, DeviceErrorCode.UNREACHABLE, detail="", now=timezone.now())

    placement.refresh_from_db()
    assert (placement.status, placement.error_code, placement.next_attempt_at) == ("verified", "", None)


def test_an_answer_is_for_a_question(lab_server):
    """An approved request that came back as a request would have its places made twice."""
    exclusion = approved(asked(case_on(lab_server())))

    with pytest.raises(InvalidTransition):
        answer_back(exclusion.pk, by=person(EMMA), reason="And another thing", now=timezone.now())

    assert present(exclusion).status == ExclusionStatus.APPROVED


# --- in the tenant ----------------------------------------------------------------------------------------------------


def ends(api) -> list[str]:
    return [entity["expirationTime"] for entity in api.tenant.indicators()]


def as_sent(exclusion: Exclusion) -> str:
    return exclusion.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_renewal_that_is_revoked_gives_the_earlier_exclusion_its_indicator_back(defender_api):
    tenant = tenant_of(defender_api)
    first = approved(asked(case_in_tenant(), INDICATOR))
    worked(tenant=tenant)
    renewal = approved(renewal_of(first))
    defender_api.faults.add(ApiFault.CUT_AFTER_WRITE, times=1)
    worked(tenant=tenant, rounds=1)
    assert ends(defender_api) == [as_sent(renewal)]
    assert present(first).status == ExclusionStatus.VERIFIED

    revoked(renewal)
    worked(tenant=tenant)

    assert ends(defender_api) == [as_sent(first)]
    assert [present(one).status for one in (first, renewal)] == [ExclusionStatus.VERIFIED, ExclusionStatus.REMOVED]


def test_an_indicator_is_deleted_by_its_id_where_the_reads_lag_behind(defender_api):
    tenant = tenant_of(defender_api)
    defender_api.fault_settings.lag_reads = 10
    defender_api.faults.add(ApiFault.READ_LAG)
    exclusion = approved(asked(case_in_tenant(), INDICATOR))
    worked(tenant=tenant, rounds=1)
    assert (Placement.objects.get().error_code, len(ends(defender_api))) == ("not_confirmed", 1)

    revoked(exclusion)
    worked(tenant=tenant, rounds=1)

    assert ends(defender_api) == []


def test_of_an_indicator_no_second_one_is_asked_for_while_its_renewal_is_open(defender_api):
    tenant = tenant_of(defender_api)
    case = case_in_tenant()
    first = approved(asked(case, INDICATOR))
    worked(tenant=tenant)
    approved(renewal_of(first))
    worked(tenant=tenant)
    worked(tenant=tenant)
    assert present(first).status == ExclusionStatus.REMOVED

    with pytest.raises(AlreadyAsked):
        asked(case, INDICATOR)


def test_an_exclusion_that_its_only_pc_refuses_to_take_again_is_not_called_in_force(lab_server):
    pc = healthy_windows_11()
    exclusion = approved(asked(checked_case(device_at(lab_server(pc), owner=person(EMMA)))))
    worked()
    pc.preferences["ExclusionIpAddress"] = []  # somebody took it off by hand
    pc.faults.add(Fault.SETTINGS_REFUSED)

    put_once_more(exclusion.placements.get(), now=timezone.now())
    worked()

    assert (present(exclusion).status, exclusion.placements.get().status) == ("removed", PlacementStatus.REJECTED)
    assert ActivityEntry.objects.filter(action="exclusion_failed").exists()
