"""The page of differences from the register, as each person gets it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import DeviceFactory, DriftFindingFactory, ExclusionFactory, UserFactory
from tests.support.exclusion_world import INDICATOR, IP, approved, asked, case_in_tenant, checked_case
from tests.support.roles import as_owner
from tests.support.world import ADA, EMMA, IVO, device_at, person
from troubleshooting.domain.drift.drift import DriftCode
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.domain.exclusions.placement import PlacementStatus
from troubleshooting.models import ActivityEntry, DriftFinding, DriftScan, Exclusion, Placement, TenantReading, User
from troubleshooting.queries.base.nav_counts import nav_counts
from troubleshooting.queries.drift.coverage import NAMED
from troubleshooting.queries.drift.drift_list import DriftFilter, DriftState, list_drift

pytestmark = pytest.mark.django_db

PUT, TAKE, LOOK = "Apply it again", "Remove it again", "Compare again now"
ACTIONS = (PUT, TAKE, LOOK, "Read the tenant now")


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page_for(who, **filters: str) -> str:
    """Return the page with each run of white space as one space."""
    return " ".join(signed_in(person(who)).get(reverse("drift"), filters).content.decode().split())


@pytest.fixture
def tenant_set_up(settings) -> None:
    settings.DEFENDER_API_TENANT = settings.DEFENDER_API_CLIENT_ID = "an id"
    settings.DEFENDER_API_CLIENT_SECRET = "a secret"


def missing_on_a_pc() -> DriftFinding:
    """Return a difference about an exclusion that is in force and was read back."""
    exclusion = approved(asked(checked_case(device_at(None, owner=person(EMMA))), IP))
    Exclusion.objects.filter(pk=exclusion.pk).update(status=ExclusionStatus.APPLYING)
    with as_owner(past_triggers=True):
        Placement.objects.filter(exclusion=exclusion).update(status=PlacementStatus.VERIFIED)
    return DriftFindingFactory(
        device=exclusion.case.device, exclusion=exclusion, code=DriftCode.APPROVED_BUT_MISSING, value=IP[1]
    )


def left_in_the_tenant() -> DriftFinding:
    """Return a difference about an exclusion that the portal had taken out of the tenant."""
    exclusion = approved(asked(case_in_tenant(), INDICATOR))
    with as_owner(past_triggers=True):
        Placement.objects.filter(exclusion=exclusion).update(status=PlacementStatus.REMOVED, ended_at=timezone.now())
    return DriftFindingFactory(
        device=None,
        kind=INDICATOR[0],
        exclusion=exclusion,
        code=DriftCode.ENDED_BUT_PRESENT,
        value=INDICATOR[1],
        changed_at=timezone.now(),
        changed_by="sec.admin@contoso.example",
    )


def test_a_foreign_entry_comes_with_its_command_and_no_action_but_to_look():
    finding = DriftFindingFactory(value="198.51.100.0/24", changed_at=timezone.now())

    page = page_for(IVO)

    assert "Remove-MpPreference -ExclusionIpAddress &#x27;198.51.100.0/24&#x27;" in page
    assert "which does not name an account" in page
    assert finding.device.hostname in page
    assert [action for action in ACTIONS if action in page] == [LOOK]


def test_what_a_policy_sets_is_said_so_and_gets_no_command():
    DriftFindingFactory(changed_at=timezone.now(), changed_by="policy")

    page = page_for(IVO)

    assert "A policy sets this on the PC" in page
    assert "by a policy" in page
    assert "Remove-MpPreference" not in page


def test_missing_can_be_put_there_again(tenant_set_up):
    finding = missing_on_a_pc()
    page = page_for(IVO)
    assert [action for action in ACTIONS if action in page] == [PUT, LOOK, ACTIONS[3]]

    response = signed_in(person(IVO)).post(reverse("drift-apply-again", args=[finding.pk]))

    assert response.headers["Location"] == reverse("drift")
    assert Placement.objects.get().status == PlacementStatus.APPLYING
    assert DriftScan.objects.filter(device=finding.device, ended_at=None).exists()


def test_what_is_left_in_the_tenant_can_be_taken_off_and_says_who_changed_it(tenant_set_up):
    finding = left_in_the_tenant()
    page = page_for(IVO)
    assert "sec.admin@contoso.example" in page
    assert [action for action in ACTIONS if action in page] == [TAKE, ACTIONS[3]]

    response = signed_in(person(IVO)).post(
        reverse("drift-remove-again", args=[finding.pk]), {"exclusion": str(finding.exclusion_id)}
    )

    assert response.headers["Location"] == reverse("exclusion", args=[finding.exclusion_id])
    assert Placement.objects.get().status == PlacementStatus.REMOVING


def test_a_action_that_came_too_late_says_so():
    finding = missing_on_a_pc()
    DriftFinding.objects.filter(pk=finding.pk).update(gone_at=timezone.now())

    response = signed_in(person(IVO)).post(reverse("drift-apply-again", args=[finding.pk]), follow=True)

    assert "this difference no longer exists" in response.content.decode()


def test_a_number_that_none_can_be_leads_back_to_the_list():
    finding = missing_on_a_pc()

    response = signed_in(person(IVO)).post(reverse("drift-scan", args=[finding.device_id]), {"exclusion": "9" * 5000})

    assert response.headers["Location"] == reverse("drift")


def test_a_difference_of_an_exclusion_that_stands_nowhere_cannot_be_put_right():
    finding = DriftFindingFactory(exclusion=ExclusionFactory(), code=DriftCode.APPROVED_BUT_MISSING)

    response = signed_in(person(IVO)).post(reverse("drift-apply-again", args=[finding.pk]), follow=True)

    assert "this difference no longer exists" in response.content.decode()


def test_an_auditor_reads_everything_and_does_nothing(tenant_set_up):
    missing_on_a_pc()

    page = page_for(ADA)

    assert IP[1] in page
    assert [action for action in ACTIONS if action in page] == []


def test_looking_again_is_asked_for_once():
    device = DeviceFactory()
    client = signed_in(person(IVO))

    for _ in range(2):
        client.post(reverse("drift-scan", args=[device.pk]))
        client.post(reverse("drift-scan-tenant"))

    assert sorted(DriftScan.objects.values_list("device_id", flat=True), key=str) == [device.pk, None]


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        ({}, ["10.0.0.1", "tenant.example"]),
        ({"where": "tenant"}, ["tenant.example"]),
        ({"where": "pcs"}, ["10.0.0.1"]),
        ({"state": "gone"}, ["10.0.0.2"]),
        ({"state": "all"}, ["10.0.0.1", "10.0.0.2", "tenant.example"]),
        ({"code": "broader_than_approved"}, ["tenant.example"]),
        ({"q": "TENANT"}, ["tenant.example"]),
        ({"q": "nothing like it"}, []),
        ({"state": "x", "code": "y", "where": "z", "older": "w"}, ["10.0.0.1", "tenant.example"]),
    ],
)
def test_the_filters_leave_what_they_say(filters, shown):
    DriftFindingFactory(value="10.0.0.1")
    DriftFindingFactory(value="10.0.0.2", gone=True)
    DriftFindingFactory(in_tenant=True, value="tenant.example", code=DriftCode.BROADER_THAN_APPROVED)

    page = page_for(IVO, **filters)

    assert [value for value in ("10.0.0.1", "10.0.0.2", "tenant.example") if f">{value}<" in page] == shown


def test_empty_pages_say_what_will_stand_there():
    assert "No differences yet" in page_for(IVO)
    assert "No difference matches these filters" in page_for(IVO, q="x")


def test_the_list_is_sought_page_by_page_in_both_directions():
    newest_first = [DriftFindingFactory() for _ in range(3)][::-1]
    now = timezone.now()

    first = list_drift(DriftFilter(), now=now, page_size=2)
    second = list_drift(DriftFilter(), now=now, cursor=first.older, page_size=2)
    back = list_drift(DriftFilter(), now=now, cursor=second.newer, page_size=2)

    assert [row.pk for row in first.rows] == [row.pk for row in back.rows] == [row.pk for row in newest_first[:2]]
    assert ([row.pk for row in second.rows], second.older) == ([newest_first[2].pk], None)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_queries_with_one_row_and_with_three(rows, django_assert_num_queries):
    for _ in range(rows):
        DriftFindingFactory(exclusion=ExclusionFactory())

    with django_assert_num_queries(3):  # the rows, where their exclusions stand, their count
        list_drift(DriftFilter(state=DriftState.ALL), now=timezone.now())


def test_the_list_as_a_file_is_harmless_to_a_spreadsheet():
    DriftFindingFactory(value="=cmd()", changed_by="policy")
    response = signed_in(person(ADA)).get(reverse("drift"), {"as": "csv"})

    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()

    assert lines[0].startswith("place,what,kind,value,found")
    assert lines[0].endswith(",exclusion,case")
    assert ",'=cmd()," in lines[1]
    assert ",a policy," in lines[1]
    assert ActivityEntry.objects.get(action="list_exported").details["list"] == "drift"


# --- What was compared ------------------------------------------------------------------------------------------------


def test_the_page_says_how_many_pcs_were_compared_and_why_others_were_not():
    compared, unreached, hidden, _never = DeviceFactory.create_batch(4)
    now = timezone.now()
    for device, error in ((compared, ""), (unreached, "unreachable"), (hidden, "cannot_be_read")):
        DriftScan.objects.create(device=device, at=now - timedelta(days=1), ended_at=now, error_code="timed_out")
        DriftScan.objects.create(device=device, at=now, ended_at=now, error_code=error)

    page = page_for(IVO)

    for words in (
        "1</strong> of 4 PCs could be compared",
        "1 PC has not been compared yet",
        "2 PCs could not be compared",
    ):
        assert words in page
    assert f"<strong>{unreached.hostname}</strong> · The PC" in page
    assert f"<strong>{hidden.hostname}</strong> · The lists cannot be read" in page


def test_without_pcs_the_page_says_who_enters_them():
    assert "There are no PCs yet" in page_for(IVO)


def test_many_pcs_out_of_reach_are_counted_beyond_the_first_few():
    for device in DeviceFactory.create_batch(NAMED + 2):
        DriftScan.objects.create(device=device, at=timezone.now(), ended_at=timezone.now(), error_code="unreachable")

    assert "and 2 more" in page_for(IVO)


# --- The tenant's limit -----------------------------------------------------------------------------------------------


def test_without_a_tenant_the_page_says_that_none_is_set_up():
    assert "is not set up in the portal, so only PCs are compared" in page_for(IVO)


@pytest.mark.parametrize(
    ("active", "warning"),
    [(12, ""), (13_499, ""), (13_500, "The tenant is nearly full"), (15_000, "The tenant is full")],
)
def test_how_full_the_tenant_is_stands_on_the_page_before_it_is_full(tenant_set_up, active, warning):
    TenantReading.objects.create(at=timezone.now(), active=active)

    page = page_for(IVO)

    assert f"{active:,}</strong> of 15,000 indicators" in page
    assert [w for w in ("The tenant is nearly full", "The tenant is full") if w in page] == (
        [warning] if warning else []
    )


def test_a_failed_reading_is_told_with_microsofts_words_and_the_number_read_before(tenant_set_up):
    now = timezone.now()
    TenantReading.objects.create(at=now - timedelta(hours=1), active=7)
    facts = {"error_code": "not_permitted", "error_detail": "Forbidden · no role", "correlation_id": "c0ffee"}
    TenantReading.objects.create(at=now, **facts)

    page = page_for(IVO)

    for words in (
        "The last read failed:",
        "Forbidden · no role",
        "c0ffee",
        "7</strong> of 15,000",
        "the read before that",
    ):
        assert words in page


def test_a_tenant_that_was_never_read_says_when_it_will_be(tenant_set_up):
    assert "It has not been read yet" in page_for(IVO)

    DriftScan.objects.create(device=None, at=timezone.now())

    assert "It is being read now" in page_for(IVO)


# --- When the portal looks -------------------------------------------------------------------------------------------


@pytest.fixture(params=[(0, 0), (2, 36)], ids=["only-when-asked", "longer"])
def rhythms(request, settings) -> list[str]:
    """Set both rhythms, and give their words: of the PCs, of the tenant."""
    pcs, tenant = request.param
    settings.DRIFT_CHECK_EVERY, settings.TENANT_READ_EVERY = timedelta(days=pcs), timedelta(hours=tenant)
    return ["every 2 days", "every 36 hours"] if pcs else ["only when asked", "only when asked"]


def test_the_page_says_of_the_settings_when_the_portal_looks_by_itself(rhythms, tenant_set_up):
    pcs, tenant = rhythms
    now = timezone.now()
    DriftScan.objects.create(device=DeviceFactory(), at=now, ended_at=now, error_code="unreachable")

    page = page_for(IVO)

    assert f"The portal tries again {pcs}, and also whenever the PC is checked." in page
    assert f"It has not been read yet. The portal reads it {tenant}." in page
    assert f"compares each PC {pcs} and whenever it is checked, and reads the tenant {tenant}." in page


def test_without_a_tenant_nothing_is_said_of_when_it_is_read(rhythms):
    page = page_for(IVO)

    assert f"compares each PC {rhythms[0]} and whenever it is checked." in page
    assert "reads the tenant" not in page


# --- Elsewhere --------------------------------------------------------------------------------------------------------


def test_the_exclusions_page_shows_what_differs_to_it_and_not_to_employees():
    finding = missing_on_a_pc()
    assert finding.exclusion is not None
    url = reverse("exclusion", args=[finding.exclusion_id])

    for_it = signed_in(person(IVO)).get(url).content.decode()
    for_emma = signed_in(person(EMMA)).get(url).content.decode()

    assert ("Differences from the register" in for_it, PUT in for_it) == (True, True)
    assert "Differences from the register" not in for_emma


def test_the_header_counts_what_differs_and_what_is_to_be_decided(client, django_assert_num_queries):
    DriftFindingFactory.create_batch(2)
    DriftFindingFactory(gone=True)
    ExclusionFactory()

    with django_assert_num_queries(1):
        assert nav_counts() == {"drift": 2, "exclusions": 1}
    client.force_login(UserFactory(reviewer=True))
    page = " ".join(client.get(reverse("drift")).content.decode().split())

    assert 'Differences <span class="nav-count"> 2 <span class="visually-hidden"> to resolve</span>' in page
