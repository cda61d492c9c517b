"""Signing in: one token for all, a fresh one when it is time, and only to Microsoft's hosts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from portal.demo.lab.defender_api.faults import ApiFault
from portal.demo.lab.defender_api.server import DefenderApi
from tests.tenant.speaking import Speaker
from troubleshooting.domain.tenant.errors import TenantErrorCode as Code
from troubleshooting.tenant.errors import TenantError
from troubleshooting.tenant.tokens import LOOPBACK, hosts_for


def error_of_a_read(speaker: Speaker) -> TenantError:
    with pytest.raises(TenantError) as caught:
        speaker.indicators.list_all()
    return caught.value


def test_one_token_serves_many_calls(defender_api: DefenderApi):
    speaker = Speaker(defender_api)
    for _ in range(3):
        speaker.indicators.list_all()

    assert (defender_api.token_requests, len(defender_api.api_requests)) == (1, 3)


@pytest.mark.parametrize(("seconds", "tokens"), [(3_298, 1), (3_299, 2)])
def test_a_token_is_renewed_five_minutes_before_its_end(defender_api: DefenderApi, seconds: int, tokens: int):
    speaker = Speaker(defender_api)
    speaker.indicators.list_all()
    speaker.clock.at += seconds  # of 3,599
    speaker.indicators.list_all()

    assert defender_api.token_requests == tokens


def test_a_short_token_is_used_for_half_its_time(defender_api: DefenderApi):
    defender_api.tenant.token_lifetime_s = 100
    speaker = Speaker(defender_api)
    for _ in range(3):
        speaker.indicators.list_all()
        speaker.clock.at += 40

    assert defender_api.token_requests == 2


def test_a_refused_token_is_replaced_once_and_the_call_made_again(defender_api: DefenderApi):
    speaker = Speaker(defender_api)
    speaker.indicators.list_all()
    defender_api.sign_in.revoke_tokens()

    assert speaker.indicators.list_all() == ()
    assert (defender_api.token_requests, len(defender_api.api_requests)) == (2, 3)


def test_a_fresh_token_that_is_refused_too_is_not_replaced_again(defender_api: DefenderApi):
    defender_api.faults.add(ApiFault.UNAUTHORIZED)

    error = error_of_a_read(Speaker(defender_api))

    assert error.code is Code.WRONG_CREDENTIALS
    assert (defender_api.token_requests, len(defender_api.api_requests)) == (2, 2)


def test_threads_that_are_refused_together_ask_for_one_token_together(defender_api: DefenderApi):
    speaker = Speaker(defender_api)
    speaker.indicators.list_all()
    defender_api.sign_in.revoke_tokens()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: speaker.indicators.list_all(), range(12)))

    assert answers == [()] * 12
    assert defender_api.token_requests == 2


@pytest.mark.parametrize(
    ("wrong", "code", "microsoft_code", "number"),
    [
        ({"client_secret": "not-the-secret"}, Code.WRONG_CREDENTIALS, "invalid_client", "AADSTS7000215"),
        ({"client_id": "nobody"}, Code.WRONG_CREDENTIALS, "unauthorized_client", "AADSTS700016"),
        ({"scope": "https://graph.microsoft.com/.default"}, Code.BAD_REQUEST, "invalid_scope", "AADSTS70011"),
    ],
)
def test_the_sign_in_s_refusal_is_told_with_its_correlation_id(
    defender_api: DefenderApi, wrong: dict[str, str], code: Code, microsoft_code: str, number: str
):
    error = error_of_a_read(Speaker(defender_api, **wrong))

    assert (error.code, error.microsoft_code) == (code, microsoft_code)
    assert error.detail.startswith(number)
    assert error.correlation_id
    assert defender_api.api_requests == []


def test_a_tenant_that_the_sign_in_does_not_know_is_told(defender_api: DefenderApi):
    error = error_of_a_read(Speaker(defender_api, tenant="nobody.example"))

    assert error.code is Code.WRONG_CREDENTIALS
    assert "AADSTS90002" in error.detail


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (ApiFault.SIGN_IN_FAULT, Code.SERVER_FAULT),
        (ApiFault.SIGN_IN_GARBAGE, Code.BROKEN_ANSWER),
        (ApiFault.SIGN_IN_ODD, Code.BROKEN_ANSWER),
        (ApiFault.SIGN_IN_REDIRECT, Code.BROKEN_ANSWER),
        (ApiFault.SIGN_IN_ELSEWHERE, Code.BROKEN_ANSWER),
        (ApiFault.SIGN_IN_THROTTLED, Code.THROTTLED),
    ],
)
def test_every_fault_of_the_sign_in_has_its_code(defender_api: DefenderApi, fault: ApiFault, code: Code):
    defender_api.faults.add(fault)

    assert error_of_a_read(Speaker(defender_api)).code is code
    assert defender_api.api_requests == []


@pytest.mark.parametrize(
    "answer",
    [
        "[]",
        "{}",
        '{"access_token": 7, "expires_in": 3599}',
        '{"access_token": "long-enough-for-a\\ntoken", "expires_in": 3599}',
        '{"access_token": "", "expires_in": 3599}',
        '{"access_token": "long-enough-for-a-token", "expires_in": "soon"}',
        '{"access_token": "long-enough-for-a-token", "expires_in": -1}',
        '{"access_token": "long-enough-for-a-token", "expires_in": 1e400}',
    ],
)
def test_an_answer_without_a_usable_token_is_broken(defender_api: DefenderApi, answer: str):
    defender_api.fault_settings.sign_in_gives = answer
    defender_api.faults.add(ApiFault.SIGN_IN_ODD)

    assert error_of_a_read(Speaker(defender_api)).code is Code.BROKEN_ANSWER
    assert defender_api.api_requests == []


def test_a_sign_in_that_was_down_is_asked_again_later(defender_api: DefenderApi):
    speaker = Speaker(defender_api)
    defender_api.faults.add(ApiFault.SIGN_IN_FAULT, times=1)
    error_of_a_read(speaker)

    assert speaker.indicators.list_all() == ()


def test_a_throttled_sign_in_says_when_to_come_back(defender_api: DefenderApi):
    defender_api.fault_settings.retry_after = "77"
    defender_api.faults.add(ApiFault.SIGN_IN_THROTTLED)

    assert error_of_a_read(Speaker(defender_api)).retry_after == timedelta(seconds=77)


def test_the_secret_goes_to_no_host_that_the_sign_in_s_description_invents(defender_api: DefenderApi):
    defender_api.faults.add(ApiFault.SIGN_IN_ELSEWHERE)

    assert "elsewhere.example" in error_of_a_read(Speaker(defender_api)).detail
    assert defender_api.token_requests == 0


@pytest.mark.parametrize(
    "authority", ["https://login.contoso.example", "https://login.microsoftonline.com.evil.example"]
)
def test_an_authority_that_is_not_microsoft_s_is_not_asked(defender_api: DefenderApi, authority: str):
    error = error_of_a_read(Speaker(defender_api, authority=authority))

    assert error.code is Code.NOT_SET_UP
    assert authority in error.detail


@pytest.mark.parametrize("host", ["login.microsoftonline.com", "login.microsoftonline.us"])
def test_microsoft_s_clouds_may_be_told_the_secret_and_this_machine_may_not_with_them(host: str):
    hosts = hosts_for(f"https://{host}/contoso.onmicrosoft.com")

    assert host in hosts
    assert hosts.isdisjoint(LOOPBACK)


# --- a certificate instead of a secret --------------------------------------------------------------------------------


def make_certificate(folder: Path) -> tuple[Path, Path]:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "portal")])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=36_500))
        .sign(key, hashes.SHA256())
    )
    files = folder / "portal.pem", folder / "portal.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


def test_a_certificate_signs_in_without_a_secret(defender_api: DefenderApi, tmp_path: Path):
    certificate, key = make_certificate(tmp_path)
    defender_api.tenant.certificate_pem = certificate.read_bytes()
    speaker = Speaker(defender_api, client_secret="", certificate=certificate, certificate_key=key)

    assert speaker.indicators.list_all() == ()


def test_another_certificate_is_refused(defender_api: DefenderApi, tmp_path: Path):
    folders = tmp_path / "known", tmp_path / "other"
    for folder in folders:
        folder.mkdir()
    known, _ = make_certificate(folders[0])
    certificate, key = make_certificate(folders[1])
    defender_api.tenant.certificate_pem = known.read_bytes()

    error = error_of_a_read(Speaker(defender_api, client_secret="", certificate=certificate, certificate_key=key))

    assert (error.code, error.microsoft_code) == (Code.WRONG_CREDENTIALS, "invalid_client")


def test_a_certificate_that_cannot_be_read_is_not_set_up(defender_api: DefenderApi, tmp_path: Path):
    missing = tmp_path / "missing.pem"

    error = error_of_a_read(Speaker(defender_api, certificate=missing, certificate_key=missing))

    assert error.code is Code.NOT_SET_UP


def test_a_key_that_is_none_is_not_set_up(defender_api: DefenderApi, tmp_path: Path):
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")

    error = error_of_a_read(Speaker(defender_api, certificate=nonsense, certificate_key=nonsense))

    assert error.code is Code.NOT_SET_UP
