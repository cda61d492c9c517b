"""The secret and the token stand in no log, no repr and no text of an error, whatever the other side says."""

from __future__ import annotations

import logging
import traceback

import pytest

from portal.demo.lab.defender_api.faults import ApiFault
from portal.demo.lab.defender_api.server import DefenderApi
from portal.settings.base import LOGGING
from tests.tenant.speaking import Speaker, settings_for
from troubleshooting.tenant.errors import TenantError

LOGGERS = ("", "httpcore", "httpx", "msal", "troubleshooting")
SECRET = "s3cret~of.the_application"


@pytest.fixture(autouse=True)
def _talkative(caplog: pytest.LogCaptureFixture) -> None:
    for name in LOGGERS:
        caplog.set_level(logging.DEBUG, logger=name)


def failure_of(speaker: Speaker) -> TenantError:
    with pytest.raises(TenantError) as caught:
        speaker.indicators.list_all()
    return caught.value


def everything_said(error: TenantError, caplog: pytest.LogCaptureFixture) -> str:
    told = [*traceback.format_exception(error), repr(error), str(error), error.detail]
    return "\n".join([*told, caplog.text, *(str(record.__dict__) for record in caplog.records)])


def test_a_sign_in_that_repeats_the_secret_is_not_repeated(defender_api: DefenderApi, caplog: pytest.LogCaptureFixture):
    defender_api.tenant.client_secret = "another"
    defender_api.faults.add(ApiFault.ECHOES)

    said = everything_said(failure_of(Speaker(defender_api, client_secret=SECRET)), caplog)

    assert "AADSTS7000215" in said
    assert SECRET not in said


def test_an_api_that_repeats_the_token_is_not_repeated(defender_api: DefenderApi, caplog: pytest.LogCaptureFixture):
    defender_api.faults.add(ApiFault.ECHOES)
    defender_api.faults.add(ApiFault.FORBIDDEN)

    said = everything_said(failure_of(Speaker(defender_api)), caplog)

    assert "Bearer •••" in said
    assert "lab-token-" not in said


def test_a_call_that_succeeds_logs_neither(defender_api: DefenderApi, caplog: pytest.LogCaptureFixture):
    defender_api.tenant.client_secret = SECRET
    Speaker(defender_api).allow()

    said = "\n".join(str(record.__dict__) for record in caplog.records)
    assert "tenant_indicator_accepted" in said
    assert SECRET not in said
    assert "lab-token-" not in said


def test_settings_and_client_hide_secret_and_proxy(defender_api: DefenderApi):
    settings = settings_for(defender_api, client_secret=SECRET, proxy="http://user:pass-word@proxy.example:8080")

    assert SECRET not in repr(settings)
    assert "pass-word" not in repr(settings)
    assert SECRET not in repr(Speaker(defender_api, client_secret=SECRET).client)


@pytest.mark.parametrize("name", ["httpx", "httpcore", "msal"])
def test_in_production_the_libraries_lines_with_addresses_and_headers_are_off(name: str):
    assert LOGGING["loggers"][name]["level"] == "WARNING"
