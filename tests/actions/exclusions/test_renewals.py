"""Renewing an exclusion, whole: asked for, approved, put, the old one ended by handing over, and at last gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.demo.lab.pcs import healthy_windows_11
from tests.support.exclusion_world import INDICATOR, RULES, approved, asked, case_in_tenant, present, tenant_of, worked
from tests.support.retest_world import ADDRESS, LIST, in_force, retested, swept, warned
from tests.support.world import ADA, ADAM, EMMA, IVO, SARA, person
from troubleshooting.actions.exclusions.lifecycle import expire_exclusions
from troubleshooting.actions.exclusions.renewals import CannotRenew, RenewalOpen, request_renewal
from troubleshooting.actions.exclusions.requests import revoke_exclusion
from troubleshooting.domain.exclusions.approval import DecidedAlready
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus, InvalidLifetime
from troubleshooting.domain.exclusions.placement import PlacementOutcome
from troubleshooting.models import ActivityEntry, Exclusion
from troubleshooting.permissions import NotAllowed

pytestmark = pytest.mark.django_db(transaction=True)


def renewal_of(exclusion: Exclusion, *, by=EMMA, days: int = 25) -> Exclusion:
    return request_renewal(
        exclusion.pk,
        expires_at=timezone.now() + timedelta(days=days),
        reason_code="partner_portal",
        reason="Microsoft has not answered yet",
        findings=[],
        by=person(by),
        rules=RULES,
        now=timezone.now(),
    )


def test_a_renewal_goes_on_without_the_value_ever_leaving_the_pc(lab_server):
    pc = healthy_windows_11()
    server = lab_server(pc)
    old = in_force(server, days=10)
    retested()
    warned(old)
    retested()
    swept()
    server.reset_counters()

    renewal = approved(renewal_of(old))
    worked(look=lambda: _is_there(pc))

    assert (present(old).status, old.placements.get().outcome) == ("removed", PlacementOutcome.NEEDED_BY_ANOTHER)
    assert (present(renewal).status, renewal.placements.get().was_there_before) == (ExclusionStatus.VERIFIED, False)
    assert not [command for command in server.commands if command.startswith(("Remove-Mp", "Add-Mp"))]
    expire_exclusions(now=renewal.expires_at)
    worked()
    assert (present(renewal).status, pc.preferences[LIST]) == (ExclusionStatus.REMOVED, [])


def _is_there(pc) -> None:
    assert pc.preferences[LIST] == [ADDRESS]


def test_a_renewal_carries_the_retest_in_the_evidence_that_the_approval_binds(lab_server):
    old = in_force(lab_server(), days=10)
    retested()
    retest = warned(old)
    retested()
    swept()

    renewal = approved(renewal_of(old))

    kept = renewal.evidence["retests"]["still_needed"]
    assert (renewal.renews, renewal.evidence["renews"]) == (old, old.pk)
    assert (kept["id"], kept["outcome"]) == (retest.pk, "still_needed")
    assert present(renewal).approved_change["evidence"]["retests"]["still_needed"]["outcome"] == "still_needed"
    entry = ActivityEntry.objects.get(action="exclusion_renewal_requested")
    assert (entry.subject_id, entry.details["renews"]) == (renewal.pk, old.pk)


def test_without_an_approval_the_old_one_ends_at_its_end(lab_server):
    pc = healthy_windows_11()
    old = in_force(lab_server(pc), days=10)
    renewal = renewal_of(old)

    expire_exclusions(now=old.expires_at)
    worked()

    assert (present(old).status, pc.preferences[LIST]) == (ExclusionStatus.REMOVED, [])
    approved(renewal)
    worked()
    assert (present(renewal).status, pc.preferences[LIST]) == (ExclusionStatus.VERIFIED, [ADDRESS])


def test_the_same_in_the_tenant_keeps_one_indicator_and_moves_its_end(defender_api):
    tenant = tenant_of(defender_api)
    old = approved(asked(case_in_tenant(), INDICATOR))
    worked(tenant=tenant)
    (before,) = defender_api.tenant.indicators()

    renewal = approved(renewal_of(old))
    worked(tenant=tenant, look=lambda: _one_indicator(defender_api))

    (after,) = defender_api.tenant.indicators()
    assert after["id"] == before["id"]
    assert after["expirationTime"] > before["expirationTime"]
    assert (f"#{old.pk}" in before["title"], f"#{renewal.pk}" in after["title"]) == (True, True)
    assert (present(old).status, present(renewal).status) == (ExclusionStatus.REMOVED, ExclusionStatus.VERIFIED)
    expire_exclusions(now=renewal.expires_at)
    worked(tenant=tenant)
    assert (defender_api.tenant.indicators(), present(renewal).status) == ([], ExclusionStatus.REMOVED)


def _one_indicator(defender_api) -> None:
    assert len(defender_api.tenant.indicators()) == 1


@pytest.mark.parametrize("who", [EMMA, IVO, ADAM])
def test_the_people_of_the_case_and_it_ask_and_never_decide_about_their_own(lab_server, who):
    renewal = renewal_of(in_force(lab_server()), by=who)

    with pytest.raises((NotAllowed, DecidedAlready)):
        approved(renewal, who)


@pytest.mark.parametrize("who", [SARA, ADA])
def test_strangers_and_auditors_ask_for_no_renewal(lab_server, who):
    old = in_force(lab_server())

    with pytest.raises(NotAllowed):
        renewal_of(old, by=who)


def test_there_is_one_open_renewal_and_only_of_what_is_in_force(lab_server):
    old = in_force(lab_server())
    renewal = renewal_of(old)

    with pytest.raises(RenewalOpen) as refusal:
        renewal_of(old)
    assert refusal.value.renewal_id == renewal.pk
    revoke_exclusion(old.pk, by=person(IVO), note="", now=timezone.now())
    with pytest.raises(CannotRenew):
        renewal_of(old)


def test_a_renewal_lasts_no_longer_than_the_company_allows(lab_server):
    with pytest.raises(InvalidLifetime):
        renewal_of(in_force(lab_server()), days=31)
