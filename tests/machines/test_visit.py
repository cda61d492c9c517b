"""A visit over the real protocol: the ways to sign in, what comes back, and what it costs."""

from __future__ import annotations

import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import behind_proxy, german_windows, healthy_windows_11, old_platform, server_without_switch
from portal.demo.lab.server import LAB_PASSWORD, LAB_USERNAME
from tests.machines.speaking import LIMITS, call_on, now, seconds, speak_to
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.domain.evidence.snapshot import ReadState
from troubleshooting.machines import catalogue
from troubleshooting.machines.base import Address, Auth, Credential, UnsafeAddress
from troubleshooting.machines.catalogue import prerequisite_visit
from troubleshooting.machines.parse import build_snapshot
from troubleshooting.machines.pipeline import Entry, cmdlet
from troubleshooting.machines.psrp import NotInCatalogue

ASKED = [entry.name for entry in prerequisite_visit(timedelta(hours=24))]
MOST_REQUESTS = 25  # the project's aim, with the sign-in


def count_actions(server):
    """Count the server's WS-Management actions from now on."""
    counted = Counter()
    actions = server._service._actions
    for name, action in list(actions.items()):

        def counting(request, user, *, name=name, action=action):
            counted[name] += 1
            return action(request, user)

        actions[name] = counting
    return counted


@pytest.mark.parametrize(
    ("https", "auth"),
    [
        (False, Auth.NTLM),
        (False, Auth.NEGOTIATE),
        (True, Auth.NTLM),
        (True, Auth.NEGOTIATE),
        (True, Auth.BASIC),
    ],
)
def test_every_way_to_sign_in_reads_everything(lab_server, https, auth):
    server = lab_server(https=https)

    visited = call_on(server, auth=auth)

    assert visited.error is None
    assert sorted(visited.states) == sorted(ASKED)
    assert set(visited.states.values()) <= {ReadState.ANSWERED, ReadState.ABSENT}
    assert server.sessions_open == 0


def test_answers_come_in_the_order_they_were_asked(lab_server):
    assert list(call_on(lab_server()).states) == ASKED


def test_one_visit_is_one_runspace_pool_and_few_requests(lab_server):
    server = lab_server()
    counted = count_actions(server)

    call_on(server)

    assert (counted["Create"], counted["Delete"], counted["Command"]) == (1, 1, 3)
    assert server.requests <= MOST_REQUESTS


def test_only_what_the_catalogue_shows_reaches_the_pc(lab_server):
    server = lab_server()

    visited = call_on(server)

    assert len(server.commands) == len(ASKED) + 1  # the clock once more, at the end of the batch
    assert all(answer.pipeline for answer in visited.answers)


def test_the_snapshot_says_what_the_pc_said(lab_server):
    visited = call_on(lab_server())

    snapshot = build_snapshot(visited.answers, collected_at=now())

    assert snapshot.operating_system.build == 26100
    assert snapshot.computer_status.real_time_protection is True
    assert snapshot.preferences.network_protection == 1
    assert snapshot.preferences.exclusion_process.readable
    assert snapshot.cloud_connectivity.connected is True
    assert snapshot.winhttp_proxy.direct is True
    assert snapshot.onboarding.state == 1
    assert abs(snapshot.clock.skew_s) < 5
    assert [event.event_id for event in snapshot.events] == [1126]
    assert snapshot.events[0].destination
    assert [policy.present for policy in snapshot.browser_policies] == [True, True, False]
    assert snapshot.policy(r"Microsoft\Windows Defender\Windows Defender Exploit Guard\Network Protection", "x") is None


def test_a_german_pc_is_read_like_any_other(lab_server):
    visited = call_on(lab_server(german_windows()))

    snapshot = build_snapshot(visited.answers, collected_at=now())

    assert visited.error is None
    assert visited.codes == {}
    assert snapshot.reading("onboarding").state in {ReadState.ABSENT, ReadState.ANSWERED}
    assert snapshot.winhttp_proxy.direct is not None
    assert snapshot.events is not None


def test_fields_that_an_old_platform_lacks_are_unknown(lab_server):
    visited = call_on(lab_server(old_platform()))

    snapshot = build_snapshot(visited.answers, collected_at=now())

    assert visited.codes == {}
    assert snapshot.computer_status.real_time_protection is True
    assert snapshot.computer_status.troubleshooting_mode is None


def test_a_server_has_no_security_center(lab_server):
    visited = call_on(lab_server(server_without_switch()))

    assert visited.error is None
    assert visited.states["antivirus_products"] == ReadState.ABSENT


def test_a_pc_behind_a_proxy_tells_so(lab_server):
    visited = call_on(lab_server(behind_proxy()))

    snapshot = build_snapshot(visited.answers, collected_at=now())

    assert snapshot.cloud_connectivity.connected is False
    assert snapshot.cloud_connectivity.hresult


def test_errors_in_the_middle_of_a_batch_stay_with_their_command(lab_server):
    pc = healthy_windows_11()
    pc.fault_settings.denied_command = "Get-MpComputerStatus"
    pc.faults.add(Fault.ACCESS_DENIED_FOR_COMMAND)
    server = lab_server(pc)

    visited = call_on(server)

    assert visited.error is None
    assert visited.codes == {"computer_status": Code.ACCESS_DENIED}
    assert visited.states["preferences"] == ReadState.ANSWERED
    assert sorted(visited.states) == sorted(ASKED)


def test_defender_that_is_stopped_is_named(lab_server):
    pc = healthy_windows_11()
    pc.faults.add(Fault.DEFENDER_STOPPED)

    visited = call_on(lab_server(pc))

    assert visited.codes["computer_status"] == visited.codes["preferences"] == Code.DEFENDER_STOPPED


def test_what_cannot_be_told_apart_is_asked_again_alone(lab_server):
    pc = healthy_windows_11()
    pc.fault_settings.denied_command = "Get-CimInstance"  # three statements use it
    pc.faults.add(Fault.ACCESS_DENIED_FOR_COMMAND)
    server = lab_server(pc)
    counted = count_actions(server)

    visited = call_on(server)

    assert counted["Command"] == 6  # the batch, its three doubtful statements, and the two that are always alone
    assert sorted(visited.states) == sorted(ASKED)
    assert visited.codes == dict.fromkeys(("operating_system", "computer", "antivirus_products"), Code.ACCESS_DENIED)


def test_an_error_after_the_others_have_answered_is_told_without_asking_again(lab_server):
    server = lab_server(server_without_switch())  # three statements use the cmdlet that fails here once
    counted = count_actions(server)

    visited = call_on(server)

    assert counted["Command"] == 3
    assert visited.states["antivirus_products"] == ReadState.ABSENT


def test_nothing_outside_the_catalogue_is_sent(lab_server):
    server = lab_server()
    stranger = Entry("clock", (cmdlet("Invoke-Expression", Command="calc"),), seconds(5))

    with speak_to(server) as machine, pytest.raises(NotInCatalogue):
        machine.read((catalogue.CLOCK, stranger), on_answers=lambda answers: None)

    assert server.commands == []


def test_a_flood_of_lines_is_cut_off_and_marked(lab_server):
    pc = healthy_windows_11()
    for _ in range(200):
        pc.visit("https://invoices.contoso-partner.example")

    visited = call_on(lab_server(pc), limits=replace(LIMITS, answer_bytes=20_000))

    events = next(answer for answer in visited.answers if answer.name == "protection_events")
    assert events.truncated
    assert events.reading.state is ReadState.ANSWERED
    assert sum(map(len, events.content)) <= 20_000


def test_an_error_of_the_callers_own_closes_the_session_all_the_same(lab_server):
    server = lab_server()

    class DatabaseGone(Exception):
        """Not ours to catch."""

    def fail(answers):
        raise DatabaseGone

    with pytest.raises(DatabaseGone), speak_to(server) as machine:
        machine.read(prerequisite_visit(timedelta(hours=1)), on_answers=fail)

    assert server.sessions_open == 0


def test_many_pcs_are_read_at_once(lab_server):
    servers = [lab_server(healthy_windows_11(hostname=f"PC-{number}")) for number in range(8)]

    with ThreadPoolExecutor(8) as pool:
        visits = list(pool.map(call_on, servers))

    assert [visited.error for visited in visits] == [None] * 8
    assert all(sorted(visited.states) == sorted(ASKED) for visited in visits)
    assert [server.sessions_open for server in servers] == [0] * 8


def test_a_certificate_of_a_stranger_is_not_trusted(lab_server):
    visited = call_on(lab_server(https=True), ca_file=None)

    assert visited.error.code is Code.TLS_NOT_TRUSTED
    assert visited.answers == []


def test_a_certificate_for_another_name_is_not_trusted(lab_server):
    visited = call_on(lab_server(https=True), hostname="127.1")

    assert visited.error.code is Code.TLS_NOT_TRUSTED


def test_a_missing_authority_file_is_not_skipped(lab_server, tmp_path):
    visited = call_on(lab_server(https=True), ca_file=tmp_path / "nowhere.pem")

    assert visited.error.code is Code.TLS_NOT_TRUSTED


@pytest.mark.parametrize("auth", [Auth.NTLM, Auth.NEGOTIATE])
def test_a_wrong_password_is_named(lab_server, auth):
    visited = call_on(lab_server(), auth=auth, credential=Credential("lab", LAB_USERNAME, "wrong"))

    assert visited.error.code is Code.WRONG_CREDENTIALS
    assert LAB_PASSWORD not in str(visited.error)


def test_an_endpoint_that_is_not_registered_is_named(lab_server):
    pc = healthy_windows_11()
    pc.endpoints = frozenset({"Microsoft.PowerShell"})

    visited = call_on(lab_server(pc), configuration_name="NetworkProtectionPortal")

    assert visited.error.code is Code.ENDPOINT_MISSING


def test_a_name_that_does_not_exist_is_named(lab_server):
    assert call_on(lab_server(), hostname="pc-0142.invalid").error.code is Code.NAME_NOT_FOUND


def test_a_sign_in_without_what_it_needs_sends_nothing(lab_server, tmp_path):
    server = lab_server(https=True)
    certificate = Credential("east", None, certificate_pem=tmp_path / "nowhere.pem")

    without_password = call_on(server, credential=Credential("east", "LAB\\portal"))
    without_certificate = call_on(server, auth=Auth.CERTIFICATE, credential=certificate)

    assert without_password.error.code is Code.CREDENTIALS_MISSING
    assert without_password.error.detail == "east: no password"
    assert without_certificate.error.detail == "east: no certificate and no certificate key"
    assert server.requests == 0


@pytest.mark.parametrize("auth", [Auth.BASIC, Auth.CERTIFICATE])
def test_what_has_no_encryption_of_its_own_needs_https(auth):
    with pytest.raises(UnsafeAddress):
        Address("pc", https=False, auth=auth)


def test_an_environment_proxy_is_ignored(lab_server, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert call_on(lab_server()).error is None


def test_the_librarys_debug_log_stays_quiet_about_values(lab_server, caplog):
    logging.getLogger("pypsrp").setLevel(logging.DEBUG)
    logging.getLogger("pypsrp.wsman").setLevel(logging.DEBUG)

    with caplog.at_level(logging.DEBUG):
        call_on(lab_server())

    said = [record.getMessage() for record in caplog.records if record.name.startswith("pypsrp")]
    assert not any("CurrentVersion" in message for message in said)
    assert all(record.levelno >= logging.INFO for record in caplog.records if record.name.startswith("pypsrp"))
