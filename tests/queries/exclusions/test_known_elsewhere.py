"""What the linter is told of the tenant's indicators and of policies."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.domain.builders import event, report, snapshot
from tests.factories import DeviceFactory, DeviceGroupFactory, ExclusionFactory
from troubleshooting.domain.advice.linter import Draft, KnownSource, lint
from troubleshooting.domain.exclusions.exclusion import EVERYONE, ExclusionKind, Scope, ScopeKind
from troubleshooting.domain.exclusions.values import parse_value, read_value
from troubleshooting.models import DeviceGroup, SeenIndicator, TenantReading
from troubleshooting.queries.exclusions.known_elsewhere import known_by_policy, known_in_tenant
from troubleshooting.queries.exclusions.request_page import lint_context

pytestmark = pytest.mark.django_db

SITE, IP, APP = ExclusionKind.ALLOW_INDICATOR, ExclusionKind.IP_ADDRESS, ExclusionKind.PROCESS
HOST = "shop.example.com"
MONTH = timedelta(days=30)


@pytest.fixture
def finance() -> DeviceGroup:
    return DeviceGroupFactory(name="Finance PCs", tenant_name="Finance")


@pytest.fixture
def seen():
    reading = TenantReading.objects.create(at=timezone.now(), active=0)
    number = iter(range(1, 100))

    def keep(value: str, action: str = "Block", kind: str = "DomainName", **further) -> SeenIndicator:
        fields = {"is_ours": False, "value_key": value.lower(), "indicator_id": str(next(number))} | further
        return SeenIndicator.objects.create(reading=reading, value=value, action=action, type=kind, **fields)

    return keep


def codes(kind: ExclusionKind, value: str, scope: Scope, pc=None) -> set[str]:
    draft = Draft(kind, read_value(kind, value), scope, MONTH)
    context = lint_context(report(), pc or snapshot(), draft, longest=MONTH)
    return {finding.code.value for finding in lint(draft, context)}


@pytest.mark.parametrize(
    ("there", "kind", "action", "code"),
    [
        (HOST, "DomainName", "Block", "blocked_by_company"),
        (HOST.upper(), "DomainName", "Warn", "blocked_by_company"),
        ("example.com", "DomainName", "BlockAndRemediate", "block_overlaps"),
        ("pay.shop.example.com", "DomainName", "Block", "block_overlaps"),
        ("https://shop.example.com/bad", "Url", "Block", "block_overlaps"),
        ("shop.example.com/bad", "Url", "Block", "block_overlaps"),
        ("https://pay.shop.example.com/bad", "Url", "Block", "block_overlaps"),
        ("http://example.com/", "Url", "Block", "block_overlaps"),
        (HOST, "DomainName", "Allowed", "already_allowed"),
        ("example.com", "DomainName", "Allowed", "already_allowed"),
    ],
)
def test_an_indicator_of_the_tenant_that_decides_already_is_told(seen, finance, there, kind, action, code):
    seen(there, action, kind)

    assert codes(SITE, HOST, Scope(ScopeKind.GROUP, finance.pk)) == {code}


@pytest.mark.parametrize(
    ("there", "kind", "action", "further"),
    [
        ("example.net", "DomainName", "Block", {}),
        ("workshop.example.com", "DomainName", "Block", {}),
        ("shop.example.community", "DomainName", "Block", {}),
        ("https://shop.example.com.evil.example/", "Url", "Block", {}),
        (HOST, "DomainName", "Audit", {}),
        (HOST, "DomainName", "Allowed", {"is_ours": True}),
        (HOST, "FileSha1", "Block", {}),
        ("https://shop.example.com:8443/x", "Url", "Block", {}),
        (HOST, "DomainName", "Block", {"expires_at": timezone.now() - timedelta(days=1)}),
    ],
)
def test_an_indicator_that_does_not_decide_about_it_is_not_told(seen, finance, there, kind, action, further):
    seen(there, action, kind, **further)

    assert codes(SITE, HOST, Scope(ScopeKind.GROUP, finance.pk)) == set()


def test_an_allow_counts_only_where_it_reaches_every_pc_of_the_scope(seen, finance):
    seen(HOST, "Allowed", groups=["finance"])
    other = DeviceGroupFactory(name="Sales PCs", tenant_name="Sales")
    without = DeviceGroupFactory(name="Nameless PCs")

    holds = {
        scope: known_in_tenant(parse_value(SITE, HOST), scope)[0].holds_for_scope
        for scope in (
            EVERYONE,
            Scope(ScopeKind.GROUP, finance.pk),
            Scope(ScopeKind.GROUP, other.pk),
            Scope(ScopeKind.GROUP, without.pk),
            Scope(ScopeKind.DEVICE, DeviceFactory(group=finance).pk),
        )
    }

    assert list(holds.values()) == [False, True, False, False, True]


def test_a_block_of_an_address_speaks_against_an_exclusion_on_a_pc_as_well(seen):
    seen("203.0.113.7", "Block", "IpAddress", title="Incident 7", made_by="sec.admin")

    (known,) = known_in_tenant(parse_value(IP, "203.0.113.7"), EVERYONE)

    assert (known.source, known.reference) == (
        KnownSource.BLOCK_INDICATOR,
        "Block 203.0.113.7 · Incident 7 · sec.admin",
    )
    assert "blocked_by_company" in codes(IP, "203.0.113.7", EVERYONE)


def test_nothing_is_asked_of_the_database_for_what_is_no_address(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert known_in_tenant(parse_value(APP, r"C:\Program Files\App\app.exe"), EVERYONE) == ()
    with django_assert_num_queries(1):  # for the register's own open ones
        refused = Draft(SITE, read_value(SITE, "not a host!"), EVERYONE, MONTH)
        assert lint_context(report(), snapshot(), refused, longest=MONTH).known == ()


def test_thousands_of_others_cost_no_more_queries(seen, finance, django_assert_num_queries):
    seen(HOST)
    for number in range(40):
        seen(f"site-{number}.example.net")

    with django_assert_num_queries(2):
        assert len(known_in_tenant(parse_value(SITE, HOST), Scope(ScopeKind.GROUP, finance.pk))) == 1


def test_what_the_log_says_a_policy_sets_is_told():
    path = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Exclusions\IpAddresses\203.0.113.7 = 0x0"
    odd = path.replace("203.0.113.7", "203.0.113.0/24")
    changes = [replace(event(event_id=5007), new_value=text, old_value="") for text in (path, odd)]
    pc = snapshot(events=tuple(changes))

    assert [known.source for known in known_by_policy(IP, pc)] == [KnownSource.POLICY]
    assert known_by_policy(APP, pc) == known_by_policy(IP, None) == ()
    assert "set_by_policy" in codes(IP, "203.0.113.7", Scope(ScopeKind.DEVICE, 1), pc)


def test_a_second_indicator_of_the_same_value_is_refused_for_another_scope(finance):
    other = DeviceGroupFactory(name="Sales PCs", tenant_name="Sales")
    ExclusionFactory(
        kind=SITE, value=HOST, scope_kind=ScopeKind.GROUP, scope_device=None, scope_group=finance, approvals_needed=1
    )

    assert codes(SITE, HOST, Scope(ScopeKind.GROUP, other.pk)) == {"indicator_taken"}
    assert codes(SITE, HOST, Scope(ScopeKind.GROUP, finance.pk)) == {"already_excluded"}
