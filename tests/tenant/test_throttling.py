"""The tenant's limits: kept at this end, heeded when the tenant speaks up, and told instead of waited for too long."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.demo.lab.defender_api.faults import ApiFault
from portal.demo.lab.defender_api.server import DefenderApi
from tests.tenant.speaking import LIMITS, Speaker, settings_for
from troubleshooting.domain.tenant.errors import TenantErrorCode as Code
from troubleshooting.tenant.client import client_for
from troubleshooting.tenant.errors import TenantError
from troubleshooting.tenant.limiter import SlidingWindows, Window
from troubleshooting.tenant.wire import USUAL_PAUSE, retry_after


def throttled(speaker: Speaker) -> TenantError:
    with pytest.raises(TenantError) as caught:
        speaker.client.get("/api/indicators")
    assert caught.value.code is Code.THROTTLED
    return caught.value


def test_a_short_pause_that_the_tenant_asks_for_is_waited(defender_api: DefenderApi):
    defender_api.fault_settings.retry_after = "3"
    defender_api.faults.add(ApiFault.THROTTLED, times=2)
    speaker = Speaker(defender_api)

    assert speaker.indicators.list_all() == ()
    assert speaker.clock.waits == [3.0, 3.0]
    assert len(defender_api.api_requests) == 3


def test_a_pause_longer_than_the_patience_is_told_and_not_waited(defender_api: DefenderApi):
    defender_api.fault_settings.retry_after = "3600"
    defender_api.faults.add(ApiFault.THROTTLED)
    speaker = Speaker(defender_api)

    error = throttled(speaker)

    assert (error.retry_after, error.microsoft_code) == (timedelta(hours=1), "TooManyRequests")
    assert error.correlation_id == defender_api.correlation_ids[-1]
    assert speaker.clock.waits == []


def test_after_such_a_word_no_call_is_sent_until_then(defender_api: DefenderApi):
    defender_api.fault_settings.retry_after = "3600"
    defender_api.faults.add(ApiFault.THROTTLED, times=1)
    speaker = Speaker(defender_api)
    throttled(speaker)
    speaker.clock.at += 600

    error = throttled(speaker)
    sent_meanwhile = len(defender_api.api_requests)
    speaker.clock.at += 3_000

    assert error.retry_after == timedelta(minutes=50)
    assert sent_meanwhile == 1
    assert speaker.indicators.list_all() == ()


def test_pauses_asked_for_again_and_again_end_with_the_patience(defender_api: DefenderApi):
    defender_api.fault_settings.retry_after = "12"
    defender_api.faults.add(ApiFault.THROTTLED)
    speaker = Speaker(defender_api)

    throttled(speaker)

    assert speaker.clock.waits == [12.0, 12.0]  # of 30 seconds


def test_a_word_without_a_number_means_the_usual_pause(defender_api: DefenderApi):
    defender_api.fault_settings.retry_after = ""
    defender_api.faults.add(ApiFault.THROTTLED, times=1)
    speaker = Speaker(defender_api)
    speaker.indicators.list_all()

    assert speaker.clock.waits == [USUAL_PAUSE.total_seconds()]


def test_the_client_keeps_to_the_limits_so_that_the_tenant_never_speaks_up(defender_api: DefenderApi):
    speaker = Speaker(defender_api, limits=replace(LIMITS, patience=timedelta(hours=2)))
    defender_api.api.clock = speaker.clock.now
    defender_api.faults.add(ApiFault.LIMITS)
    for _ in range(250):
        speaker.client.get("/api/indicators")

    assert defender_api.correlation_ids == []
    assert speaker.clock.waits == [61.0, 61.0]


def test_calls_beyond_the_limits_are_refused_here_and_not_sent(defender_api: DefenderApi):
    speaker = Speaker(defender_api)
    for _ in range(100):
        speaker.client.get("/api/indicators")

    error = throttled(speaker)

    assert error.retry_after == timedelta(seconds=61)
    assert len(defender_api.api_requests) == 100


def test_threads_share_the_limits(defender_api: DefenderApi):
    client = Speaker(defender_api, limiter=SlidingWindows([Window(10, 60.0)])).client

    def call(_number: int) -> Code | None:
        try:
            client.get("/api/indicators")
        except TenantError as error:
            return error.code
        return None

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(call, range(24)))

    assert (outcomes.count(None), outcomes.count(Code.THROTTLED)) == (10, 14)
    assert len(defender_api.api_requests) == 10


def test_a_process_that_shares_the_limits_keeps_to_its_part(defender_api: DefenderApi):
    speaker = Speaker(defender_api, processes=50)
    for _ in range(2):
        speaker.client.get("/api/indicators")

    throttled(speaker)


def test_a_process_has_one_client_for_each_tenant(defender_api: DefenderApi):
    settings = settings_for(defender_api)
    with ThreadPoolExecutor(8) as pool:
        clients = set(pool.map(lambda _: client_for(settings), range(16)))

    assert len(clients) == 1
    assert client_for(settings_for(defender_api, client_id="another")) not in clients


@given(st.integers(0, 10**6 - 1))
def test_a_pause_in_seconds_is_read_and_never_shorter_than_one(seconds: int):
    assert retry_after({"retry-after": f" {seconds} "}) == timedelta(seconds=max(1, seconds))


@given(st.integers(1, 10**6))
def test_a_pause_as_a_date_is_held_against_the_answer_s_own_date(seconds: int):
    sent = datetime(2026, 9, 1, tzinfo=UTC)
    headers = {"date": format_datetime(sent), "retry-after": format_datetime(sent + timedelta(seconds=seconds))}

    assert retry_after(headers) == timedelta(seconds=seconds)


@given(st.text(max_size=20).filter(lambda text: not text.strip().isdecimal()))
def test_a_pause_that_cannot_be_read_is_the_usual_one(text: str):
    assert retry_after({"retry-after": text}) == USUAL_PAUSE
