"""What the page of an exclusion and its list say, at a fixed cost."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from tests.factories import CaseFactory, DeviceFactory, ExclusionFactory
from tests.queries import made
from troubleshooting.actions.exclusions.binding import change_of
from troubleshooting.domain.exclusions.digest import digest
from troubleshooting.models import Exclusion, TenantReading, User
from troubleshooting.permissions import may_see_placement
from troubleshooting.queries.exclusions.exclusion_list import ExclusionFilter, ListState, list_exclusions
from troubleshooting.queries.exclusions.exclusion_page import ExclusionPage, read_exclusion_page
from troubleshooting.queries.exclusions.reach import read_reach

pytestmark = pytest.mark.django_db

JOINED = ("case__device__group", "case__reporter", "requested_by", "scope_device", "scope_group")


def page_of(exclusion: Exclusion, reader: User) -> ExclusionPage:
    found = Exclusion.objects.select_related(*JOINED).get(pk=exclusion.pk)
    change = change_of(found)
    may_open = partial(may_see_placement, reader)
    return read_exclusion_page(found, reader=reader, change=change.as_json(), digest=digest(change), may_open=may_open)


def test_the_blast_radius_counts_pcs_people_cases_and_blocks():
    case = made.blocked_case()
    DeviceFactory.create_batch(11)
    CaseFactory(typed_address=case.typed_address)
    exclusion = ExclusionFactory(case=case, for_group=True)
    other = ExclusionFactory(case=case, value=exclusion.value)

    reach = page_of(exclusion, made.reviewer()).reach

    assert reach is not None
    radius = reach.radius
    assert (radius.devices, radius.people, radius.past_cases, radius.events) == (13, 13, 1, 1)
    assert (len(reach.names), reach.more) == (10, 3)
    assert [row.pk for row in reach.others] == [other.pk]


def test_an_employee_gets_no_command_no_digest_and_no_reach():
    exclusion = ExclusionFactory(case=made.blocked_case())

    page = page_of(exclusion, exclusion.requested_by)

    assert (page.commands, page.digest, page.reach, page.findings) == ((), "", None, ())


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_costs_the_same_queries_with_one_pc_and_with_three(rows, django_assert_num_queries):
    case = made.blocked_case()
    for _ in range(rows - 1):
        made.blocked_case()
    exclusion = ExclusionFactory(case=case, for_group=True)
    reader = made.reviewer()

    with django_assert_num_queries(8):  # it, counts, answers, cases, names, others, decisions, placements
        page_of(exclusion, reader)


def test_the_list_is_sought_page_by_page_in_both_directions():
    newest_first = [ExclusionFactory() for _ in range(3)][::-1]
    reader, wanted = made.reviewer(), ExclusionFilter(state=ListState.ALL)

    first = list_exclusions(reader, wanted, page_size=2)
    second = list_exclusions(reader, wanted, cursor=first.older, page_size=2)
    back = list_exclusions(reader, wanted, cursor=second.newer, page_size=2)

    assert [row.pk for row in first.rows] == [exclusion.pk for exclusion in newest_first[:2]]
    assert [row.pk for row in second.rows] == [newest_first[2].pk]
    assert [row.pk for row in back.rows] == [row.pk for row in first.rows]
    assert second.older is None


def test_what_the_tenant_decides_about_the_value_and_its_domain_is_a_conflict():
    exclusion = ExclusionFactory(kind="allow_indicator", value="shop.contoso.example", for_group=True)
    now = timezone.now()
    reading = TenantReading.objects.create(at=now, active=3)
    TenantReading.objects.create(at=now + timedelta(hours=1), error_code="unreachable")
    for number, (value, further) in enumerate(
        [
            ("contoso.example", {"is_ours": False}),
            ("contoso.example", {"is_ours": False, "action": "Warn", "expires_at": now + timedelta(days=1)}),
            ("contoso.example", {"is_ours": False, "action": "Audit", "expires_at": now - timedelta(days=1)}),
            ("shop.contoso.example", {"is_ours": True}),
            ("fabrikam.example", {"is_ours": False}),
        ]
    ):
        facts = {"type": "DomainName", "action": "Block"} | further
        reading.indicators.create(indicator_id=str(number), value=value, value_key=value, **facts)

    reach = read_reach(exclusion)

    assert [(entry.value, entry.action) for entry in reach.in_tenant] == [
        ("contoso.example", "Block"),
        ("contoso.example", "Warn"),
    ]
    assert reach.tenant_read_at == now


def test_a_tenant_that_was_never_read_whole_is_told_apart_from_one_that_decides_nothing():
    TenantReading.objects.create(at=timezone.now(), error_code="unreachable")
    exclusion = ExclusionFactory(kind="allow_indicator", value="shop.contoso.example", for_group=True)

    reach = read_reach(exclusion)

    assert (reach.in_tenant, reach.tenant_read_at) == ((), None)
