"""Settings: none is no error but a sentence; half or wrong ones are named; the door reads Django's."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from portal.demo.lab.defender_api.server import DefenderApi
from tests.tenant.speaking import Speaker, settings_for
from troubleshooting.domain.tenant.errors import TenantErrorCode as Code
from troubleshooting.tenant.base import TenantSettings
from troubleshooting.tenant.client import check_settings
from troubleshooting.tenant.connection import connect, settings_of
from troubleshooting.tenant.errors import TenantError

WHOLE = TenantSettings(tenant="contoso.onmicrosoft.com", client_id="portal", client_secret="secret")


def refusal(settings: TenantSettings) -> TenantError:
    with pytest.raises(TenantError) as caught:
        check_settings(settings)
    assert caught.value.code is Code.NOT_SET_UP
    return caught.value


def test_without_settings_connecting_says_what_is_to_be_set(settings: Settings):
    with pytest.raises(TenantError) as caught:
        connect(settings_of(settings))

    assert (caught.value.code, caught.value.detail) == (
        Code.NOT_SET_UP,
        "To be set: DEFENDER_API_TENANT, DEFENDER_API_CLIENT_ID, "
        "DEFENDER_API_CLIENT_SECRET or DEFENDER_API_CERTIFICATE.",
    )
    assert not settings_of(settings).is_set_up


def test_django_s_settings_are_taken_over(settings: Settings, defender_api: DefenderApi):
    wanted = settings_for(defender_api)
    settings.DEFENDER_API_TENANT = wanted.tenant
    settings.DEFENDER_API_CLIENT_ID = wanted.client_id
    settings.DEFENDER_API_CLIENT_SECRET = wanted.client_secret
    settings.DEFENDER_API_HOST = settings.DEFENDER_API_AUTHORITY = defender_api.url
    settings.DEFENDER_API_CA_FILE = wanted.ca_file

    tenant = connect(settings_of(settings))

    assert settings_of(settings) == wanted
    assert wanted.is_set_up
    assert tenant.indicators.list_all() == ()
    assert tenant.lookups.machine_by_name("pc-0142") is None


@pytest.mark.parametrize(
    ("half", "missing"),
    [
        (replace(WHOLE, tenant=""), "DEFENDER_API_TENANT"),
        (replace(WHOLE, client_secret=""), "DEFENDER_API_CLIENT_SECRET or DEFENDER_API_CERTIFICATE"),
        (replace(WHOLE, certificate=Path("portal.pem")), "DEFENDER_API_CERTIFICATE_KEY"),
    ],
)
def test_half_settings_name_the_other_half(half: TenantSettings, missing: str):
    assert refusal(half).detail == f"To be set: {missing}."


@pytest.mark.parametrize(
    "address",
    [
        "http://api.security.microsoft.com",
        "api.security.microsoft.com",
        "https://",
        "https://api.security.microsoft.com/api",
        "https://user@api.security.microsoft.com",
        "https://api.security.microsoft.com?x=1",
        "https://api.security.microsoft.com:port",
        "https://api.security.microsoft.com:0",
        "https://no host.example",
        "https://[::1",
    ],
)
def test_an_address_that_is_not_plain_https_is_named(address: str):
    assert "DEFENDER_API_HOST" in refusal(replace(WHOLE, host=address)).detail
    assert "DEFENDER_API_AUTHORITY" in refusal(replace(WHOLE, authority=address)).detail


def test_a_tenant_that_would_change_the_address_is_named():
    assert "DEFENDER_API_TENANT" in refusal(replace(WHOLE, tenant="common/../x")).detail


@pytest.mark.parametrize(
    "host",
    [
        "https://api.security.microsoft.com",
        "https://eu.api.security.microsoft.com/",
        "https://api-gov.securitycenter.microsoft.us",
    ],
)
def test_every_region_is_a_setting(host: str):
    check_settings(replace(WHOLE, host=host))


# --- proxies ----------------------------------------------------------------------------------------------------------


@contextmanager
def proxy() -> Iterator[tuple[int, list[bytes]]]:
    """Carry one connection after another to where CONNECT says; returns the port and the lines asked."""
    listener, asked = socket.create_server(("127.0.0.1", 0)), list[bytes]()

    def carry(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65_536):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)

    def serve() -> None:
        accepted, _ = listener.accept()
        asked.append(accepted.recv(65_536).splitlines()[0])
        with accepted, socket.create_connection(("127.0.0.1", int(asked[-1].split()[1].rpartition(b":")[2]))) as far:
            accepted.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=carry, args=(far, accepted))
            back.start()
            carry(accepted, far)
            back.join()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with listener:
            yield listener.getsockname()[1], asked
    finally:
        thread.join(10)


def test_a_proxy_is_used_where_one_is_set(defender_api: DefenderApi):
    with proxy() as (port, asked):
        speaker = Speaker(defender_api, proxy=f"http://127.0.0.1:{port}")
        found = speaker.indicators.list_all()
        speaker.client.close()

    assert found == ()
    assert asked == [f"CONNECT 127.0.0.1:{defender_api.port} HTTP/1.1".encode()]


def test_a_proxy_of_the_environment_is_not_used(defender_api: DefenderApi, monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert Speaker(defender_api).indicators.list_all() == ()
