"""Every way in which a call can fail, over real HTTPS: its code, Microsoft's code and the correlation id."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from portal.demo.lab.certificates import make_certificates
from portal.demo.lab.defender_api.faults import ApiFault
from portal.demo.lab.defender_api.server import DefenderApi
from tests.tenant.speaking import HASTY, LIMITS, Speaker, freely
from troubleshooting.domain.tenant.errors import TenantErrorCode as Code
from troubleshooting.tenant.base import IndicatorType
from troubleshooting.tenant.errors import TenantError, status_code
from troubleshooting.tenant.wire import Timing

TOLD = {  # by the API, with a correlation id
    ApiFault.UNAUTHORIZED: (Code.WRONG_CREDENTIALS, "Unauthorized"),
    ApiFault.FORBIDDEN: (Code.NOT_PERMITTED, "Forbidden"),
    ApiFault.SERVER_FAULT: (Code.SERVER_FAULT, "InternalServerError"),
}
UNTOLD = {
    ApiFault.GATEWAY_PAGE: Code.SERVER_FAULT,
    ApiFault.REDIRECT: Code.BROKEN_ANSWER,
    ApiFault.SILENT: Code.UNREACHABLE,
    ApiFault.CUT: Code.UNREACHABLE,
    ApiFault.CUT_BEFORE: Code.UNREACHABLE,
    ApiFault.GARBAGE: Code.BROKEN_ANSWER,
    ApiFault.BAD_COMPRESSION: Code.BROKEN_ANSWER,
    ApiFault.ODD_SHAPE: Code.BROKEN_ANSWER,
}


def error_of_a_read(speaker: Speaker) -> TenantError:
    with pytest.raises(TenantError) as caught:
        speaker.indicators.list_all()
    return caught.value


@pytest.mark.parametrize("fault", TOLD)
def test_what_the_api_tells_keeps_its_code_and_its_correlation_id(defender_api: DefenderApi, fault: ApiFault):
    defender_api.faults.add(fault)

    error = error_of_a_read(Speaker(defender_api))

    assert (error.code, error.microsoft_code) == TOLD[fault]
    assert error.correlation_id == defender_api.correlation_ids[-1]
    assert error.correlation_id in str(error)


@pytest.mark.parametrize("fault", UNTOLD)
def test_what_is_no_answer_of_the_api_has_a_code_too(defender_api: DefenderApi, fault: ApiFault):
    speaker = Speaker(defender_api, limits=HASTY)
    speaker.indicators.list_all()  # the sign-in is not what is tested here
    defender_api.faults.add(fault)

    error = error_of_a_read(speaker)

    assert (error.code, error.microsoft_code, error.correlation_id) == (UNTOLD[fault], None, None)
    assert error.detail


def test_a_feature_that_is_off_in_the_tenant_is_told_by_its_code(defender_api: DefenderApi):
    defender_api.fault_settings.forbidden_code = "DisabledFeature"
    defender_api.faults.add(ApiFault.FORBIDDEN)

    error = error_of_a_read(Speaker(defender_api))

    assert (error.code, error.microsoft_code) == (Code.NOT_PERMITTED, "DisabledFeature")


def test_a_permission_that_was_not_granted_is_told(defender_api: DefenderApi):
    defender_api.tenant.roles = frozenset({"Machine.Read.All"})

    assert error_of_a_read(Speaker(defender_api)).code is Code.NOT_PERMITTED


@pytest.mark.parametrize(
    ("value", "kind", "microsoft_code"),
    [
        ("203.0.113.0/24", "IpAddress", "InvalidIpAddress"),
        ("10.0.0.1", "IpAddress", "InvalidIpAddress"),
        ("2001:db8::1", "IpAddress", "InvalidIpAddress"),
        ("*.example.com", "DomainName", "InvalidDomainName"),
        ("https://example.com:8443/", "Url", "InvalidUrl"),
    ],
)
def test_a_value_that_the_tenant_does_not_take_is_a_bad_request(
    defender_api: DefenderApi, value: str, kind: str, microsoft_code: str
):
    with pytest.raises(TenantError) as caught:
        Speaker(defender_api).allow(value, type=IndicatorType(kind))

    assert (caught.value.code, caught.value.microsoft_code) == (Code.BAD_REQUEST, microsoft_code)
    assert caught.value.correlation_id == defender_api.correlation_ids[-1]


def test_an_unknown_device_group_is_a_bad_request(defender_api: DefenderApi):
    with pytest.raises(TenantError) as caught:
        Speaker(defender_api).allow(groups=["Nobody"])

    assert (caught.value.code, caught.value.microsoft_code) == (Code.BAD_REQUEST, "InvalidInput")


def test_a_stranger_s_certificate_is_not_trusted_and_nothing_is_sent(defender_api: DefenderApi, tmp_path: Path):
    other = make_certificates(tmp_path, "Another CA")

    error = error_of_a_read(Speaker(defender_api, ca_file=other.ca_file))

    assert error.code is Code.TLS_NOT_TRUSTED
    assert defender_api.requests == []


def test_the_lab_s_certificate_is_not_trusted_without_its_authority(defender_api: DefenderApi):
    assert error_of_a_read(Speaker(defender_api, ca_file=None)).code is Code.TLS_NOT_TRUSTED


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_file_of_authorities_that_cannot_be_read_trusts_nobody(
    defender_api: DefenderApi, tmp_path: Path, content: bytes | None
):
    ca_file = tmp_path / "ca.pem"
    if content is not None:
        ca_file.write_bytes(content)

    with pytest.raises(TenantError) as caught:
        Speaker(defender_api, ca_file=ca_file)

    assert caught.value.code is Code.TLS_NOT_TRUSTED


def test_a_port_where_nobody_listens_is_unreachable(defender_api: DefenderApi):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    error = error_of_a_read(Speaker(defender_api, host=f"https://127.0.0.1:{port}"))

    assert error.code is Code.UNREACHABLE


def test_an_answer_longer_than_allowed_is_not_read_to_its_end(defender_api: DefenderApi):
    defender_api.tenant.fill(5)

    error = error_of_a_read(Speaker(defender_api, limits=replace(LIMITS, answer_bytes=1_000)))

    assert error.code is Code.BROKEN_ANSWER


def test_an_answer_that_drips_is_given_up(defender_api: DefenderApi):
    moments = iter(range(1_000_000))
    timing = Timing(clock=lambda: float(next(moments)), sleep=lambda _seconds: None)
    limits = replace(LIMITS, call=timedelta(0))

    with pytest.raises(TenantError) as caught:
        Speaker(defender_api, limits=limits, timing=timing).client.get("/api/indicators")

    assert (caught.value.code, caught.value.detail) == (Code.UNREACHABLE, "The answer came too slowly.")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (302, Code.BROKEN_ANSWER),
        (400, Code.BAD_REQUEST),
        (401, Code.WRONG_CREDENTIALS),
        (403, Code.NOT_PERMITTED),
        (404, Code.NOT_FOUND),
        (407, Code.UNREACHABLE),
        (418, Code.BAD_REQUEST),
        (429, Code.THROTTLED),
        (500, Code.SERVER_FAULT),
        (503, Code.SERVER_FAULT),
    ],
)
def test_every_status_has_its_code(status: int, code: Code):
    assert status_code(status) is code


def test_a_value_that_is_no_text_is_a_bad_request(defender_api: DefenderApi):
    with pytest.raises(TenantError) as caught:
        Speaker(defender_api).indicators.find("\ud800.example")

    assert caught.value.code is Code.BAD_REQUEST


def test_a_list_without_an_end_is_given_up(defender_api: DefenderApi):
    speaker = Speaker(defender_api, limits=replace(LIMITS, page=10_000))
    defender_api.tenant.most_indicators = 100_000
    defender_api.tenant.fill(30_000)

    assert error_of_a_read(speaker).detail == "A list of 30000 items and more."


def test_another_error_than_not_found_does_not_pass_for_gone(defender_api: DefenderApi):
    defender_api.faults.add(ApiFault.SERVER_FAULT)
    with pytest.raises(TenantError) as caught:
        Speaker(defender_api).client.delete("/api/indicators/995", may_write=freely)

    assert caught.value.code is Code.SERVER_FAULT
