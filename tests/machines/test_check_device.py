"""The visit from the shell."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from portal.demo.lab.endpoint import read_endpoint
from portal.demo.lab.faults import Fault
from portal.demo.lab.pcs import WRONGLY_BLOCKED, healthy_windows_11
from portal.demo.lab.server import LAB_PASSWORD, LAB_USERNAME
from troubleshooting.domain.checks.registry import CHECKS
from troubleshooting.machines.catalogue import READING_ENDPOINT
from troubleshooting.machines.endpoint.files import Groups, endpoint_files
from troubleshooting.machines.endpoint.version import VERSION

KEYS = ["device", "findings", "verdict", "commands", "error", "endpoint"]
FINDING_KEYS = ["check", "status", "observed", "expected", "summary", "remedy", "evidence"]


@pytest.fixture(autouse=True)
def _password(monkeypatch):
    monkeypatch.setenv("PORTAL_DEVICE_PASSWORD", LAB_PASSWORD)


def check(capsys, server, *options):
    """Run the command as a shell would and give its exit status and its standard output."""
    scheme = ["--https", "--ca", str(server.ca_file)] if server.https else ["--http"]
    status = 0
    try:
        call_command(
            "check_device", "localhost", f"--port={server.port}", *scheme, f"--username={LAB_USERNAME}", *options
        )
    except SystemExit as ended:
        status = ended.code
    return status, capsys.readouterr().out


def usage_error(*options):
    with pytest.raises(CommandError) as raised:
        call_command("check_device", *options)
    return raised.value


def test_json_is_all_that_is_printed(lab_server, capsys):
    status, out = check(capsys, lab_server(), "--json")

    printed = json.loads(out)
    assert status == 0
    assert list(printed) == KEYS
    assert printed["device"] == "localhost"
    assert [finding["check"] for finding in printed["findings"]] == [check.id for check in CHECKS]
    assert {tuple(finding) for finding in printed["findings"]} == {tuple(FINDING_KEYS)}
    assert {tuple(command) for command in printed["commands"]} == {("name", "pipeline", "seconds")}
    assert printed["verdict"] is None
    assert printed["error"] is None


def test_a_healthy_pc_fails_no_check(lab_server, capsys):
    _, out = check(capsys, lab_server(), "--json")

    assert {finding["status"] for finding in json.loads(out)["findings"]} <= {"pass", "info", "not_applicable"}


@pytest.mark.parametrize("https", [False, True], ids=["http", "https"])
def test_a_report_with_an_address_gets_a_verdict(lab_server, capsys, https):
    status, out = check(
        capsys, lab_server(https=https), "--json", "--report=safe-site", f"--url={WRONGLY_BLOCKED}", "--program=chrome"
    )

    verdict = json.loads(out)["verdict"]
    assert status == 0
    assert verdict["code"] == "blocked_by_network_protection"
    assert verdict["confidence"]


@pytest.mark.parametrize("options", [("--report=safe-site",), ("--url=https://example.com",)])
def test_half_a_report_gets_findings_and_no_verdict(lab_server, capsys, options):
    status, out = check(capsys, lab_server(), "--json", *options)

    assert status == 0
    assert json.loads(out)["verdict"] is None


def test_a_pc_that_cannot_be_read_is_exit_1_with_a_named_error(lab_server, capsys):
    pc = healthy_windows_11()
    pc.faults.add(Fault.ACCESS_DENIED_ON_CREATE)

    status, out = check(capsys, lab_server(pc), "--json")

    printed = json.loads(out)
    assert status == 1
    assert list(printed["error"]) == ["code", "message", "remedy"]
    assert printed["error"]["code"] == "access_denied"
    assert printed["findings"] == []


def test_what_came_before_a_loss_is_printed(lab_server, capsys):
    pc = healthy_windows_11()
    pc.fault_settings.after_answers = 2
    pc.faults.add(Fault.CUT_IN_ANSWER)

    status, out = check(capsys, lab_server(pc), "--json")

    printed = json.loads(out)
    assert status == 1
    assert printed["error"]["code"] == "connection_cut"
    assert "os_version" in {finding["check"] for finding in printed["findings"]}
    assert "waiting" not in {finding["status"] for finding in printed["findings"]}


def test_without_json_people_read_a_report(lab_server, capsys):
    status, out = check(capsys, lab_server(), "--report=safe-site", f"--url={WRONGLY_BLOCKED}", "--program=chrome.exe")

    assert status == 0
    assert "os_edition" in out
    assert "Verdict: blocked_by_network_protection" in out


def test_the_endpoint_is_told_with_what_it_shows(lab_server, capsys):
    _, out = check(capsys, lab_server(), "--json", "--endpoint=Contoso.Reading")

    told = json.loads(out)["endpoint"]
    assert (told["name"], told["is_own"], told["shows_everything"]) == ("Contoso.Reading", False, False)
    assert (told["missing"], told["refused_for"]) == ([], [])


def test_an_endpoint_that_shows_everything_is_called_that(lab_server, capsys):
    pc = healthy_windows_11()
    pc.full_language = True

    _, out = check(capsys, lab_server(pc))

    assert f"Endpoint Microsoft.PowerShell, signed in as {LAB_USERNAME}" in out
    assert "It shows everything" in out
    assert "manage.py device_endpoint" in out


def at_own_endpoint(lab_server, *, version: str = VERSION, hidden: str = ""):
    """Return a server at which the portal's own endpoint for reading is registered, from the generated files."""
    pc, files = healthy_windows_11(), dict(endpoint_files(Groups()))
    for path, content in files.items():
        text = content.replace(f"ModuleVersion = '{VERSION}'".encode(), f"ModuleVersion = '{version}'".encode())
        files[path] = text.replace(hidden.encode(), b"Get-Nothing") if hidden and path.endswith(".psrc") else text
    pc.restricted = {READING_ENDPOINT.casefold(): read_endpoint(files, READING_ENDPOINT)}
    pc.endpoints = frozenset()
    return lab_server(pc)


def test_the_portals_own_endpoint_says_its_version_its_role_and_the_account(lab_server, capsys):
    status, out = check(capsys, at_own_endpoint(lab_server), f"--endpoint={READING_ENDPOINT}")

    assert status == 0
    assert f"The portal's own, version {VERSION}, roles: reading\n" in out
    assert re.search(r"Commands run as .*VA_.*, for ", out)
    assert "It shows only some commands, and takes no scripts." in out
    assert "It shows every command that the portal sends there." in out


def test_an_older_endpoint_is_told_with_the_checks_that_need_the_new_one(lab_server, capsys):
    server = at_own_endpoint(lab_server, version="0.9.0", hidden="Get-MpPreference")

    status, out = check(capsys, server, f"--endpoint={READING_ENDPOINT}")

    assert status == 0
    assert f"This PC's endpoint is older than the portal, which needs version {VERSION}." in out
    assert re.search(r"These checks need the new one: .*cloud_protection", out)
    assert re.search(r"Not shown: Get-MpPreference, needed for .*protection_mode", out)


def test_a_command_that_is_not_shown_is_named_with_the_checks_that_need_it(lab_server, capsys):
    pc = healthy_windows_11()
    pc.hidden_commands = frozenset({"Get-MpComputerStatus"})

    _, out = check(capsys, lab_server(pc))

    (line,) = [line for line in out.splitlines() if "Not shown" in line]
    needing = [check.id for check in CHECKS if "computer_status" in check.depends_on]
    assert line == f"  Not shown: Get-MpComputerStatus, needed for {', '.join(sorted(needing))}"


def test_an_endpoint_that_does_not_say_what_it_shows_is_not_called_empty(lab_server, capsys):
    pc = healthy_windows_11()
    pc.hidden_commands = frozenset({"Get-Command"})

    _, out = check(capsys, lab_server(pc))

    assert "It did not say which commands it shows." in out
    assert "Not shown" not in out


def test_basic_over_http_is_refused_with_a_sentence():
    error = usage_error("pc-1", "--http", "--auth=basic", "--username=x")

    assert error.returncode == 2
    assert "only allowed over HTTPS" in str(error)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("http://pc-1",), "without http://"),
        (("pc-1:5985",), "without http://"),
        (("pc-1", "--port=0", "--username=x"), "from 1 to 65535"),
        (("pc-1", "--ca=/nowhere.pem", "--username=x"), "no file /nowhere.pem"),
        (("pc-1",), "--username"),
        (("pc-1", "--username=x", "--endpoint=a/b"), "--endpoint"),
        (("pc-1", "--auth=certificate"), "--certificate and --key"),
        (("pc-1", "--auth=certificate", "--certificate=/a.pem", "--key=/b.pem"), "no file /a.pem and no file /b.pem"),
        (("pc-1", "--username=x", "--report=safe-site", "--url=https://user:pw@example.com"), "@"),
        (("pc-1", "--username=x", "--url=two words"), "no address of a site"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_2_with_a_sentence(options, sentence):
    error = usage_error(*options)

    assert error.returncode == 2
    assert sentence in str(error)


@pytest.mark.parametrize(
    "options", [["--http", "--https"], ["--auth=magic"], ["--report=slow"], ["--port=x"], ["--unknown"]], ids=" ".join
)
def test_unknown_options_are_exit_2(options):
    assert run("pc-1", *options).returncode == 2


def run(*options, **environ):
    """Run it in its own process, with neither database nor broker."""
    without = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    settings = {"DJANGO_SETTINGS_MODULE": "portal.settings.test", "PORTAL_DEVICE_PASSWORD": LAB_PASSWORD}
    return subprocess.run(
        [sys.executable, "-m", "django", "check_device", *options],
        env={**without, **settings, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_needs_no_database_and_no_broker(lab_server):
    server = lab_server()

    ended = run("localhost", f"--port={server.port}", "--http", f"--username={LAB_USERNAME}", "--json")

    assert ended.returncode == 0, ended.stderr
    assert list(json.loads(ended.stdout)) == KEYS
    assert LAB_PASSWORD not in ended.stdout + ended.stderr
