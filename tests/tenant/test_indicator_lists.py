"""Lists of indicators, page by page, and the limit of the tenant: told before it is reached, and told apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.demo.lab.defender_api.server import DefenderApi
from tests.tenant.speaking import END, LIMITS, Speaker
from troubleshooting.domain.tenant.errors import TenantErrorCode as Code
from troubleshooting.tenant.base import IndicatorCount
from troubleshooting.tenant.errors import TenantError
from troubleshooting.tenant.limiter import SlidingWindows, Window


@pytest.mark.parametrize("count", [0, 9, 10, 11, 25])
def test_a_list_is_read_to_its_end_whatever_its_pages(defender_api: DefenderApi, count: int):
    defender_api.tenant.fill(count)
    speaker = Speaker(defender_api, limits=replace(LIMITS, page=10))

    assert len({indicator.id for indicator in speaker.indicators.list_all()}) == count
    assert len(defender_api.api_requests) == count // 10 + 1


def test_an_indicator_is_active_until_its_end(defender_api: DefenderApi):
    allowed = Speaker(defender_api).allow()

    assert (allowed.is_active(now=END - timedelta(seconds=1)), allowed.is_active(now=END)) == (True, False)


@pytest.mark.parametrize(
    ("active", "is_nearly_full", "is_full"),
    [(13_499, False, False), (13_500, True, False), (14_999, True, False), (15_000, True, True)],
)
def test_the_limit_is_told_before_it_is_reached(active: int, is_nearly_full: bool, is_full: bool):
    count = IndicatorCount(active)

    assert (count.is_nearly_full, count.is_full) == (is_nearly_full, is_full)


def test_a_full_tenant_is_told_as_such_and_not_as_a_bad_request(defender_api: DefenderApi):
    defender_api.tenant.fill(15_000)
    speaker = Speaker(defender_api)

    with pytest.raises(TenantError) as caught:
        speaker.allow()

    assert caught.value.code is Code.LIMIT_REACHED
    assert caught.value.correlation_id == defender_api.correlation_ids[0]
    assert speaker.indicators.is_full()


def test_a_bad_request_stays_one_while_there_is_room(defender_api: DefenderApi):
    defender_api.tenant.fill(3)
    speaker = Speaker(defender_api)

    with pytest.raises(TenantError) as caught:
        speaker.allow("no domain")

    assert (caught.value.code, caught.value.microsoft_code) == (Code.BAD_REQUEST, "InvalidDomainName")
    assert not speaker.indicators.is_full()


def test_where_the_count_fails_too_the_refusal_is_told_as_it_came(defender_api: DefenderApi):
    speaker = Speaker(defender_api, limiter=SlidingWindows([Window(2, 3_600.0)]))

    with pytest.raises(TenantError) as caught:
        speaker.allow("no domain")

    assert caught.value.microsoft_code == "InvalidDomainName"
