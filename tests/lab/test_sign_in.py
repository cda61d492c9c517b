"""Who may speak to a simulated PC, and how."""

from __future__ import annotations

import pytest
import requests
from pypsrp.exceptions import AuthenticationError, WinRMTransportError, WSManFaultError

from portal.demo.lab.certificates import make_certificates
from portal.demo.lab.pc import SimulatedPC
from portal.demo.lab.server import LabServer
from tests.lab.talk import DATE, client, left_open, only, opened, read


@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
def test_a_session_over_http_is_encrypted(lab_server, auth):
    server = lab_server()

    with opened(server, auth=auth, encryption="always") as pool:
        encryption = pool.connection.transport.encryption

        assert encryption.protocol == "application/HTTP-SPNEGO-session-encrypted"
        assert server.sessions_open == 1
    assert server.sessions_open == 0


@pytest.mark.parametrize("auth", ["ntlm", "negotiate", "basic"])
def test_a_session_over_https_verifies_the_certificate(lab_server, auth):
    assert only(read(lab_server(https=True), DATE, auth=auth))


def test_messages_can_be_encrypted_over_https_too(lab_server):
    assert only(read(lab_server(https=True), DATE, encryption="always"))


def test_a_certificate_of_an_unknown_authority_is_refused(lab_server, tmp_path):
    stranger = make_certificates(tmp_path, "Some other CA")

    with pytest.raises(requests.exceptions.SSLError):
        read(lab_server(https=True), DATE, cert_validation=str(stranger.ca_file))


def test_connecting_and_closing_takes_six_requests(lab_server):
    server = lab_server()

    with opened(server):
        pass

    assert server.requests == 6


@pytest.mark.parametrize(
    "settings", [{"password": "wrong"}, {"username": "LAB\\nobody"}, {"username": "OTHER\\portal"}, {"auth": "basic"}]
)
@pytest.mark.parametrize("https", [False, True])
def test_a_wrong_account_is_not_let_in(lab_server, settings, https):
    if settings == {"auth": "basic"}:
        settings = {"auth": "basic", "password": "wrong"} if https else {"auth": "basic", "encryption": "never"}
    server = lab_server(https=https)

    with pytest.raises(AuthenticationError):
        read(server, DATE, **settings)
    assert (server.sessions_open, server.commands) == (0, [])


def test_unencrypted_messages_are_not_read_over_http(lab_server):
    with pytest.raises(WinRMTransportError) as caught:
        read(lab_server(), DATE, encryption="never")
    assert caught.value.code == 400


def test_further_accounts_are_let_in(lab_server):
    server = lab_server(accounts={"helpdesk@lab.example": "another"})

    assert only(read(server, DATE, username="helpdesk@lab.example", password="another"))


def test_servers_of_one_process_keep_their_accounts_apart(lab_server):
    lab_server(username="LAB\\portal", password="first")
    second = lab_server(username="LAB\\portal", password="second")

    with pytest.raises(AuthenticationError):
        read(second, DATE, password="first")
    assert only(read(second, DATE, password="second"))


def test_an_account_outside_the_endpoints_list_is_denied_a_shell(lab_server):
    server = lab_server(SimulatedPC(allowed_accounts=frozenset({"LAB\\somebody"})))

    with pytest.raises(WSManFaultError) as caught:
        read(server, DATE)
    assert caught.value.code == 5


def test_an_endpoint_that_is_not_registered_is_missing(lab_server):
    server = lab_server(SimulatedPC(endpoints=frozenset({"NetworkProtection"})))

    with pytest.raises(WSManFaultError) as caught:
        read(server, DATE)
    assert caught.value.code == 2150858752


def test_another_path_is_not_found(lab_server):
    with pytest.raises(WinRMTransportError) as caught:
        read(lab_server(https=True), DATE, path="other")
    assert caught.value.code == 404


def test_the_size_of_envelopes_can_be_asked_for(lab_server):
    with client(lab_server()) as wsman:
        wsman.update_max_payload_size()

        assert wsman.max_envelope_size == 500 * 1024


def test_a_session_can_be_asked_whether_it_lives(lab_server):
    with opened(lab_server()) as pool:
        assert pool.is_alive()


def test_what_is_no_envelope_is_a_bad_request(lab_server):
    with client(lab_server(https=True)) as wsman, pytest.raises(WinRMTransportError) as caught:
        wsman.transport.send(b"<no-envelope/>")
    assert caught.value.code == 400


def test_an_encrypted_message_that_was_changed_on_its_way_is_a_bad_request(lab_server):
    with left_open(lab_server()) as pool:
        context = pool.connection.transport.encryption.context
        context.wrap_winrm(b"a message that never arrives")
        with pytest.raises(WinRMTransportError) as caught:
            pool.is_alive()

    assert caught.value.code == 400


def test_a_password_with_a_colon_cannot_be_kept(lab_pc):
    with pytest.raises(ValueError, match="colon"):
        LabServer(lab_pc, password="a:b")
