"""Allow indicators: put there, read back, left alone where they are not ours, removed and read to be gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from portal.demo.lab.defender_api.faults import ApiFault
from portal.demo.lab.defender_api.server import DefenderApi
from tests.tenant.speaking import END, LIMITS, Speaker, freely
from troubleshooting.domain.tenant.errors import TenantErrorCode as Code
from troubleshooting.tenant.base import IndicatorType, Removal
from troubleshooting.tenant.errors import Conflict, NotConfirmed, TenantError

VALUE = "invoices.contoso-partner.example"
PATH = "/api/indicators"


def calls(api: DefenderApi) -> list[str]:
    """Return what was asked of the API, and forget it."""
    asked = api.api_requests
    api.requests.clear()
    return asked


# --- putting ----------------------------------------------------------------------------------------------------------


def test_allow_sends_exactly_what_was_approved_and_gives_what_was_read_back(defender_api: DefenderApi):
    allowed = Speaker(defender_api).allow()
    [stored] = defender_api.tenant.indicators()

    wanted = {
        "indicatorValue": VALUE,
        "indicatorType": "DomainName",
        "action": "Allowed",
        "title": "NP-2026-00001",
        "description": "Wrongly blocked",
        "application": "Network protection portal",
        "expirationTime": "2090-05-04T03:02:01Z",
        "rbacGroupNames": ["Finance"],
        "generateAlert": False,
        "severity": "Informational",
    }
    assert {name: stored[name] for name in wanted} == wanted
    assert (allowed.id, allowed.value, allowed.type, allowed.action) == (stored["id"], VALUE, "DomainName", "Allowed")
    assert (allowed.expiration_time, allowed.rbac_group_names, allowed.is_ours) == (END, ("Finance",), True)
    assert calls(defender_api) == [f"GET {PATH}", f"POST {PATH}", f"GET {PATH}"]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("203.0.113.10", IndicatorType.IP_ADDRESS),
        ("2001:db8:0:0:0:0:0:8888", IndicatorType.IP_ADDRESS),
        ("https://partner.example/o'brien?a=1&b=2", IndicatorType.URL),
    ],
)
def test_every_type_is_found_again_by_its_value(defender_api: DefenderApi, value: str, kind: IndicatorType):
    speaker = Speaker(defender_api)

    assert speaker.indicators.find(value) == ()
    assert (speaker.allow(value, type=kind),) == speaker.indicators.find(value)


def test_what_is_there_already_is_not_written_again(defender_api: DefenderApi):
    speaker = Speaker(defender_api)
    first = speaker.allow()
    calls(defender_api)

    assert speaker.allow() == first
    assert calls(defender_api) == [f"GET {PATH}"]


@pytest.mark.parametrize(
    "change", [{"expires_at": END - timedelta(days=1)}, {"groups": ("Sales",)}, {"description": "Renewed"}]
)
def test_a_change_replaces_the_portal_s_own_indicator_and_keeps_its_id(
    defender_api: DefenderApi, change: dict[str, Any]
):
    speaker = Speaker(defender_api)
    first = speaker.allow()
    second = speaker.allow(**change)

    assert second.id == first.id
    assert len(defender_api.tenant.indicators()) == 1
    assert second != first


def test_the_end_is_sent_in_utc_and_never_later_than_approved(defender_api: DefenderApi):
    local = datetime(2090, 5, 4, 5, 2, 1, 999_999, tzinfo=timezone(timedelta(hours=2)))

    assert Speaker(defender_api).allow(expires_at=local).expiration_time == END


def test_an_end_without_a_zone_is_refused(defender_api: DefenderApi):
    with pytest.raises(ValueError, match="time zone"):
        Speaker(defender_api).allow(expires_at=datetime(2090, 1, 1))  # noqa: DTZ001


def test_an_end_in_the_past_is_refused_by_the_tenant(defender_api: DefenderApi):
    with pytest.raises(TenantError) as caught:
        Speaker(defender_api).allow(expires_at=datetime(2020, 1, 1, tzinfo=UTC))

    assert (caught.value.code, caught.value.microsoft_code) == (Code.BAD_REQUEST, "InvalidInput")


# --- never wider than given -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "scope",
    [
        {"groups": ()},
        {"groups": ("Finance",), "for_everyone": True},
        {"groups": ("Finance", " ")},
    ],
)
def test_a_scope_that_is_not_plain_is_refused_before_anything_is_sent(defender_api: DefenderApi, scope: dict[str, Any]):
    speaker = Speaker(defender_api)
    with pytest.raises(ValueError, match="groups"):
        speaker.allow(**scope)

    assert defender_api.requests == []


def test_everyone_has_to_be_said(defender_api: DefenderApi):
    assert Speaker(defender_api).allow(for_everyone=True).is_for_everyone


def test_an_indicator_that_came_out_wider_is_not_called_applied(defender_api: DefenderApi):
    defender_api.faults.add(ApiFault.WIDENS)

    with pytest.raises(NotConfirmed) as caught:
        Speaker(defender_api).allow()

    assert caught.value.detail.endswith("read back otherwise: device groups.")
    assert caught.value.accepted is not None
    assert caught.value.accepted.id == defender_api.tenant.indicators()[0]["id"]


# --- confirmed by a read ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lag_reads", "waits"), [(1, [1.0]), (2, [1.0, 2.0]), (3, [1.0, 2.0, 5.0])])
def test_a_read_that_lags_is_repeated_after_pauses(defender_api: DefenderApi, lag_reads: int, waits: list[float]):
    defender_api.fault_settings.lag_reads = lag_reads
    defender_api.faults.add(ApiFault.READ_LAG)
    speaker = Speaker(defender_api)

    assert speaker.allow().value == VALUE
    assert speaker.clock.waits == waits


def test_what_never_shows_is_not_called_applied_and_keeps_its_id(defender_api: DefenderApi):
    defender_api.fault_settings.lag_reads = 1_000
    defender_api.faults.add(ApiFault.READ_LAG)

    with pytest.raises(NotConfirmed) as caught:
        Speaker(defender_api).allow()

    assert (caught.value.code, caught.value.detail) == (Code.NOT_CONFIRMED, f"No indicator for {VALUE} was read back.")
    assert caught.value.accepted is not None
    assert calls(defender_api).count(f"GET {PATH}") == 1 + len(LIMITS.confirm_pauses)


def test_an_old_reading_does_not_confirm_a_change(defender_api: DefenderApi):
    speaker = Speaker(defender_api)
    speaker.allow()
    defender_api.fault_settings.lag_reads = 1_000
    defender_api.faults.add(ApiFault.READ_LAG)

    with pytest.raises(NotConfirmed, match="read back otherwise: end"):
        speaker.allow(expires_at=END + timedelta(days=30))


def test_after_a_lost_answer_the_same_call_finds_its_work_done(defender_api: DefenderApi):
    defender_api.faults.add(ApiFault.CUT_AFTER_WRITE, times=1)
    speaker = Speaker(defender_api)
    with pytest.raises(TenantError) as caught:
        speaker.allow()
    calls(defender_api)

    assert caught.value.code is Code.UNREACHABLE
    assert speaker.allow().value == VALUE
    assert calls(defender_api) == [f"GET {PATH}"]


# --- what others made -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["Block", "Warn", "Audit", "BlockAndRemediate", "Allowed"])
@pytest.mark.parametrize("kind", ["DomainName", "Url"])
def test_what_a_person_made_is_a_conflict_and_stays_as_it_is(defender_api: DefenderApi, action: str, kind: str):
    theirs = defender_api.tenant.put_by_person(VALUE, kind, action)

    with pytest.raises(Conflict) as caught:
        Speaker(defender_api).allow()

    assert (caught.value.code, caught.value.present.id, caught.value.present.action) == (
        Code.CONFLICT,
        theirs["id"],
        action,
    )
    assert "sec.admin@contoso.example" in caught.value.detail
    assert defender_api.tenant.indicators() == [theirs]
    assert f"POST {PATH}" not in calls(defender_api)


def test_ours_that_a_person_turned_into_a_block_is_a_conflict_and_not_removed(defender_api: DefenderApi):
    speaker = Speaker(defender_api)
    ours = speaker.allow()
    defender_api.tenant.put_by_person(VALUE, "DomainName", "Block")

    with pytest.raises(Conflict):
        speaker.allow()
    with pytest.raises(Conflict):
        speaker.indicators.remove(ours.id, value=VALUE, may_write=freely)
    assert [entity["action"] for entity in defender_api.tenant.indicators()] == ["Block"]


# --- removing ---------------------------------------------------------------------------------------------------------


def test_removed_is_said_after_it_was_read_to_be_gone(defender_api: DefenderApi):
    speaker = Speaker(defender_api)
    ours = speaker.allow()
    calls(defender_api)

    assert speaker.indicators.remove(ours.id, value=VALUE, may_write=freely) == Removal(was_there=True)
    assert calls(defender_api) == [f"GET {PATH}", f"DELETE {PATH}/{ours.id}", f"GET {PATH}"]
    assert defender_api.tenant.indicators() == []


def test_gone_already_is_done(defender_api: DefenderApi):
    assert Speaker(defender_api).indicators.remove("995", value=VALUE, may_write=freely) == Removal(was_there=False)


def test_a_removal_waits_for_reads_that_lag(defender_api: DefenderApi):
    speaker = Speaker(defender_api)
    ours = speaker.allow()
    defender_api.fault_settings.lag_reads = 2
    defender_api.faults.add(ApiFault.READ_LAG)

    assert speaker.indicators.remove(ours.id, value=VALUE, may_write=freely) == Removal(was_there=True)
    assert speaker.clock.waits == [1.0, 2.0]


def test_what_still_shows_is_not_called_removed(defender_api: DefenderApi):
    speaker = Speaker(defender_api)
    ours = speaker.allow()
    defender_api.fault_settings.lag_reads = 1_000
    defender_api.faults.add(ApiFault.READ_LAG)

    with pytest.raises(NotConfirmed, match="still shows") as caught:
        speaker.indicators.remove(ours.id, value=VALUE, may_write=freely)
    assert caught.value.accepted is None


def test_a_removal_tells_what_others_still_have_for_the_value(defender_api: DefenderApi):
    speaker = Speaker(defender_api)
    ours = speaker.allow()
    theirs = defender_api.tenant.put_by_person(VALUE, "Url", "Allowed")

    removal = speaker.indicators.remove(ours.id, value=VALUE, may_write=freely)

    assert [indicator.id for indicator in removal.others] == [theirs["id"]]


def test_a_failed_removal_is_told(defender_api: DefenderApi):
    speaker = Speaker(defender_api)
    ours = speaker.allow()
    defender_api.faults.add(ApiFault.SERVER_FAULT)

    with pytest.raises(TenantError) as caught:
        speaker.indicators.remove(ours.id, value=VALUE, may_write=freely)
    assert caught.value.code is Code.SERVER_FAULT


@pytest.mark.parametrize("indicator_id", ["../machines", "995/../996", "995?x=1"])
def test_an_id_cannot_become_another_path(defender_api: DefenderApi, indicator_id: str):
    Speaker(defender_api).indicators.remove(indicator_id, value=VALUE, may_write=freely)
    [deleted] = [line for line in calls(defender_api) if line.startswith("DELETE")]

    assert deleted.removeprefix(f"DELETE {PATH}/").isascii()
    assert "/" not in deleted.removeprefix(f"DELETE {PATH}/")
