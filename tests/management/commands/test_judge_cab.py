"""A PC judged from its support files alone: what a visit says, except for what a file cannot say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from portal.demo.lab import pcs, registry
from portal.demo.lab.faults import Fault
from portal.demo.lab.pc import SimulatedPC
from portal.demo.lab.server import LAB_PASSWORD, LAB_USERNAME
from portal.demo.lab.support_files.cab import write_cab
from portal.demo.lab.support_files.files import support_cab, support_files
from tests.machines.support_files.made import cab_of

BLOCKED = ("--report", "safe-site", "--url", pcs.WRONGLY_BLOCKED, "--program", "chrome")
MISSED = ("--report", "missed-site", "--url", pcs.MISSED, "--program", "chrome")
NEVER_SAID = {"network_inspection", "troubleshooting_mode"}


def tamper_protected() -> SimulatedPC:
    pc = pcs.healthy_windows_11()
    pc.status["IsTamperProtected"] = True
    return pc


def real_time_protection_off() -> SimulatedPC:
    pc = pcs.healthy_windows_11()
    pc.log.records.clear()
    pc.set_preferences({"DisableRealtimeMonitoring": True})
    return pc


def cloud_protection_off() -> SimulatedPC:
    pc = pcs.healthy_windows_11()
    pc.log.records.clear()
    pc.registry[rf"{registry.POLICY}\Spynet"] = {"SpynetReporting": 0}
    return pc


def program_excluded() -> SimulatedPC:
    pc = pcs.healthy_windows_11()
    pc.log.records.clear()
    pc.set_preferences({"ExclusionProcess": ["chrome.exe"], "ExclusionIpAddress": ["203.0.113.9"]})
    return pc


def set_by_mdm() -> SimulatedPC:
    pc = pcs.healthy_windows_11()
    pc.registry[registry.POLICY_MANAGER] = {"EnableNetworkProtection": 1}
    return pc


def server_with_switch() -> SimulatedPC:
    pc = pcs.server_without_switch()
    pc.set_preferences({"AllowNetworkProtectionOnWinServer": True})
    return pc


PCS = {
    "healthy": (pcs.healthy_windows_11, {}),
    "other antivirus": (pcs.other_antivirus, {"behavior_monitoring"}),
    "stuck in audit": (pcs.stuck_in_audit, {}),
    "Windows Home": (pcs.windows_home, {}),
    "server without switch": (pcs.server_without_switch, {}),
    "server with switch": (server_with_switch, {}),
    "behind a proxy": (pcs.behind_proxy, {}),
    "German": (pcs.german_windows, {}),
    "old platform": (pcs.old_platform, {}),
    "Defender stopped": (pcs.defender_stopped, {"sole_antivirus", "real_time_protection", "behavior_monitoring"}),
    "tamper protection": (tamper_protected, {}),
    "real-time protection off": (real_time_protection_off, {"behavior_monitoring"}),
    "cloud protection off": (cloud_protection_off, {}),
    "program excluded": (program_excluded, {}),
    "mode set by MDM": (set_by_mdm, {}),
}


@pytest.fixture
def judge(tmp_path, capsys):
    """Judge a CAB as a shell would; returns the exit status and what was printed, read as JSON where it is some."""

    def judge(cab: bytes, *options: str):
        file = tmp_path / "MpSupportFiles.cab"
        file.write_bytes(cab)
        return _run(capsys, "judge_cab", str(file), *options)

    return judge


def _run(capsys, command: str, *options: str):
    status = 0
    try:
        call_command(command, *options)
    except SystemExit as ended:
        status = ended.code
    printed = capsys.readouterr().out
    return status, json.loads(printed) if "--json" in options else printed


@pytest.fixture
def visit(lab_server, capsys, monkeypatch):
    monkeypatch.setenv("PORTAL_DEVICE_PASSWORD", LAB_PASSWORD)

    def visit(pc: SimulatedPC, *options: str):
        server = lab_server(pc)
        reach = ("127.0.0.1", "--port", str(server.port), "--http", "--username", LAB_USERNAME)
        return _run(capsys, "check_device", *reach, *options)

    return visit


@pytest.mark.parametrize("what", [BLOCKED, MISSED], ids=["safe site", "missed site"])
@pytest.mark.parametrize("name", PCS)
def test_a_cab_comes_to_what_a_visit_comes_to(judge, visit, name, what):
    make, also_unsaid = PCS[name]
    pc = make()
    cab_status, from_cab = judge(support_cab(pc), *what, "--json")
    visit_status, from_visit = visit(pc, *what, "--json")

    said = {finding["check"]: finding["status"] for finding in from_cab["findings"]}
    seen = {finding["check"]: finding["status"] for finding in from_visit["findings"]}
    only_seen = {check for check, status in said.items() if status == "unknown" and seen[check] != "unknown"}
    known_to_both = [check for check in said if "unknown" not in {said[check], seen[check]}]

    assert (cab_status, visit_status) == (0, 0)
    assert from_cab["verdict"]["code"] == from_visit["verdict"]["code"]
    assert {check: said[check] for check in known_to_both} == {check: seen[check] for check in known_to_both}
    assert only_seen <= NEVER_SAID | set(also_unsaid)
    assert len(known_to_both) >= (3 if name == "Defender stopped" else 7)


def test_the_json_is_that_of_check_device_and_each_finding_names_file_and_line(judge, visit):
    pc = pcs.healthy_windows_11()
    files = support_files(pc)
    _status, from_cab = judge(write_cab(files), *BLOCKED, "--json")
    _status, from_visit = visit(pc, *BLOCKED, "--json")

    assert set(from_visit) <= set(from_cab)
    assert [set(finding) for finding in from_cab["findings"]] == [set(finding) for finding in from_visit["findings"]]
    texts = {file.name: file.content for file in files}
    for finding in from_cab["findings"]:
        assert bool(finding["evidence"]) is (finding["status"] != "unknown"), finding
        for item in finding["evidence"]:
            assert set(item) == {"source", "line", "text"}
            assert _line(texts[item["source"]], item["line"]) == item["text"]
    for finding in from_visit["findings"]:
        assert [item["source"] for item in finding["evidence"]]
    (event,) = [item for item in from_cab["verdict"]["evidence"] if item["kind"] == "event"]
    assert event["place"]["source"] == "MPOperationalEvents.txt"
    assert event["place"]["text"] == f"Destination: {pcs.WRONGLY_BLOCKED}"


def _line(content: bytes, number: int) -> str:
    encoding = "utf-16" if content.startswith(b"\xff\xfe") else "utf-16-le" if content[1:2] == b"\0" else "cp1252"
    return " ".join(content.decode(encoding).split("\r\n")[number - 1].split())


def test_the_time_may_be_given_and_is_else_when_the_cab_was_made(judge):
    cab = support_cab(pcs.healthy_windows_11())
    _status, by_itself = judge(cab, *BLOCKED, "--json")
    _status, given = judge(cab, *BLOCKED, "--at", "2026-03-01T10:00+01:00", "--json")

    assert by_itself["happened_at"] == by_itself["collected_at"]
    assert by_itself["verdict"]["code"] == "blocked_by_network_protection"
    assert given["happened_at"] == "2026-03-01T09:00:00+00:00"
    assert given["verdict"]["code"] == "cannot_tell"


def test_an_older_report_is_judged_as_far_back_as_the_log_goes(judge):
    pc = pcs.healthy_windows_11()
    pc.visit(pcs.WRONGLY_BLOCKED, at=pc.now() - timedelta(days=20))
    cab = support_cab(pc)
    covered, earlier = (pc.now() - timedelta(days=days) for days in (10, 21))
    other = ("--report", "safe-site", "--url", "www.contoso.example")

    _status, found = judge(cab, *other, "--at", covered.isoformat(), "--json")
    _status, not_found = judge(cab, *other, "--at", earlier.isoformat(), "--json")

    assert found["verdict"]["code"] == "not_reproduced"
    assert not_found["verdict"]["code"] == "cannot_tell"


def test_people_read_the_same_with_the_lines_below_each_finding(judge):
    status, page = judge(support_cab(pcs.stuck_in_audit()), *BLOCKED)

    assert status == 0
    assert page.startswith("PC-0143: 11 support files, made ")
    assert "EnableNetworkProtection [REG_DWORD] : 2 (0x2)" in page
    assert "Verdict: would_be_blocked (confidence medium)" in page


def test_without_a_report_the_checks_are_judged_and_no_verdict_is_given(judge, capsys):
    status, found = judge(support_cab(pcs.healthy_windows_11()), "--json")

    assert status == 0
    assert found["verdict"] is None
    assert len(found["findings"]) == 17
    call = judge(support_cab(pcs.healthy_windows_11()), "--url", "www.contoso.example")
    assert call[0] == 0


def test_a_truncated_cab_brings_its_findings_and_no_verdict(judge):
    cab = support_cab(pcs.healthy_windows_11())
    status, found = judge(cab[: len(cab) - 1_000], *BLOCKED, "--json")

    assert status == 1
    assert found["error"]["code"] == "truncated"
    assert found["error"]["remedy"].startswith("Run MpCmdRun.exe -GetFiles again")
    assert {finding["check"]: finding["status"] for finding in found["findings"]}["protection_mode"] == "pass"
    assert found["verdict"] is None


def test_a_file_that_is_no_cab_is_an_error_with_a_code(judge):
    status, found = judge(b"PK\3\4 and more", *BLOCKED, "--json")
    printed_status, page = judge(b"PK\3\4 and more")

    assert (status, printed_status) == (1, 1)
    assert found["error"]["code"] == "no_cab"
    assert found["findings"] == []
    assert "This is not a CAB file." in page


@pytest.mark.parametrize(
    "options",
    [("--url", "not an address"), ("--at", "yesterday"), ("--at", "9999-12-31T23:59-14:00"), ("--report", "something")],
)
def test_wrong_usage_is_said_with_status_2(judge, options):
    with pytest.raises(CommandError) as refused:
        judge(support_cab(pcs.healthy_windows_11()), *options)

    assert refused.value.returncode in {1, 2}  # argparse inside call_command says 1


def test_a_file_that_is_not_there_is_wrong_usage():
    for file in ("there/is/none.cab", "."):
        with pytest.raises(CommandError, match="cannot be read") as refused:
            call_command("judge_cab", file)

        assert refused.value.returncode == 2


def test_it_needs_neither_database_nor_broker(tmp_path):
    file = tmp_path / "files.cab"
    file.write_bytes(support_cab(pcs.healthy_windows_11()))
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "portal.settings.base",
        "SECRET_KEY": "only for this test, and long enough for the settings to take it: 0123456789",
        "DATABASE_URL": "postgresql://127.0.0.1:9/none",
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "ALLOWED_HOSTS": "portal.example",
    }
    ran = subprocess.run(
        [sys.executable, "manage.py", "judge_cab", str(file), *BLOCKED, "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["verdict"]["code"] == "blocked_by_network_protection"


def test_files_that_are_missing_leave_their_checks_unknown(judge):
    files = {file.name: file.content for file in support_files(pcs.healthy_windows_11())}
    for missing, unknown in {
        "MPRegistry.txt": {"cloud_protection", "exclusions_in_force", "mode_origin", "sole_antivirus", "proxy"},
        "NetworkProtectionState.txt": set(),  # so does it here; and where the registry is missing, this has the mode
        "MPStateInfo.txt": {"real_time_protection", "behavior_monitoring"},
        "SystemInfo.txt": set(),  # the registry says the same
        "WSCInfo.txt": {"sole_antivirus"},
        "MpCmdRun.log": {"cloud_connectivity"},
    }.items():
        left = {name: content for name, content in files.items() if name != missing}
        status, found = judge(cab_of(left), *BLOCKED, "--json")
        said = {finding["check"]: finding for finding in found["findings"]}

        assert status == 0
        assert {check for check in unknown if said[check]["status"] != "unknown"} == set(), missing
        assert {said[check]["observed"] for check in unknown} <= {"not in the support files"}


def test_without_the_log_nothing_is_said_about_what_happened(judge):
    files = {file.name: file.content for file in support_files(pcs.healthy_windows_11())}
    del files["MPOperationalEvents.txt"]
    _status, found = judge(cab_of(files), *BLOCKED, "--json")
    files["MPOperationalEvents.txt"] = b"no log at all"
    _status, foreign = judge(cab_of(files), *BLOCKED, "--json")

    assert {found["verdict"]["code"], foreign["verdict"]["code"]} == {"cannot_tell"}
    assert found["verdict"]["it"].startswith("MPOperationalEvents.txt is missing from the support files")


def test_what_files_cannot_say_is_said_in_the_words_of_files(judge):
    cab = support_cab(pcs.german_windows())  # it does not say in English that it reached the cloud
    _status, missed = judge(cab, *MISSED, "--json")
    _status, earlier = judge(cab, *BLOCKED, "--at", "2026-03-01T10:00Z", "--json")

    assert "your PC's support files don't say everything that is needed" in missed["verdict"]["employee"]
    assert "The support files were collected before the reported time" in earlier["verdict"]["it"]


def test_a_lab_pc_collects_a_cab_that_can_be_read(judge, lab_pc):
    lab_pc.faults.add(Fault.GERMAN)
    status, found = judge(support_cab(lab_pc), "--json")

    assert status == 0
    assert found["device"] == "PC-0142"
    assert sum(file["size"] for file in found["files"]) > 131_072
