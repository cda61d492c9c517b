"""A visit at an endpoint made of the generated files, and what is told where the files are not what they should be."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.machines.speaking import call_on, speak_to
from tests.support.restricted_pc import restricted_pc, without
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.domain.evidence.snapshot import ReadState
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.machines import catalogue, changing
from troubleshooting.machines.base import Answer
from troubleshooting.machines.catalogue import CHANGING_ENDPOINT, READING_ENDPOINT
from troubleshooting.machines.pipeline import Entry

UPDATE = "manage.py device_endpoint"
KEYS = {f"policy_values:{part}" for part in catalogue.POLICY_VALUES}
KEYS |= {f"browser_policies:{browser}" for browser in catalogue.BROWSER_POLICIES} | {"windows_version", "onboarding"}
SELECTING = KEYS | {"operating_system", "computer", "antivirus_products", "computer_status", "preferences", "endpoint"}
NEVER_REFUSED = (ReadState.ANSWERED, ReadState.ABSENT)


@pytest.fixture
def restricted(lab_server):
    """Return ``make(edits)``: a PC on which both endpoints are registered."""

    def make(edits=None):
        return lab_server(restricted_pc(edits or {}))

    return make


def change(server, *entries: Entry, at: str = CHANGING_ENDPOINT) -> list[Answer]:
    with speak_to(server, configuration_name=at) as machine:
        return list(machine.read(entries, on_answers=lambda answers: None))


@pytest.mark.parametrize("name", [READING_ENDPOINT, CHANGING_ENDPOINT])
def test_everything_is_read_there(restricted, name):
    visited = call_on(restricted(), configuration_name=name)

    assert visited.error is None
    assert visited.codes == {}
    assert set(visited.states.values()) == set(NEVER_REFUSED)
    (about,) = next(answer.content for answer in visited.answers if answer.name == "endpoint")
    assert about["Roles"] == ("reading" if name == READING_ENDPOINT else "reading, changing")


ADDRESS, PROGRAM = "192.0.2.9", r"C:\Contoso\app.exe"
CHANGES = (
    changing.set_restore_task(3, back_to=changing.ProtectionMode.ENABLED, at=datetime(2026, 12, 1, tzinfo=UTC)),
    changing.restore_task_state(3),
    changing.set_protection_mode(changing.ProtectionMode.AUDIT),
    changing.add_exclusion(ExclusionKind.IP_ADDRESS, ADDRESS),
    changing.add_exclusion(ExclusionKind.PROCESS, PROGRAM),
)
UNDONE = (
    changing.remove_exclusion(ExclusionKind.IP_ADDRESS, ADDRESS),
    changing.remove_exclusion(ExclusionKind.PROCESS, PROGRAM),
    changing.set_protection_mode(changing.ProtectionMode.ENABLED),
    changing.remove_restore_task(3),
)


def test_every_change_and_its_undoing_go_through(restricted):
    server = restricted()

    made = change(server, *CHANGES)
    changed = dict(server.pc.preferences)
    undone = change(server, *UNDONE)

    assert {answer.reading.state for answer in (*made, *undone)} == {ReadState.ANSWERED}
    assert (changed["EnableNetworkProtection"], changed["ExclusionIpAddress"]) == (2, [ADDRESS])
    assert (server.pc.preferences["EnableNetworkProtection"], server.pc.tasks) == (1, {})
    assert PROGRAM not in server.pc.preferences["ExclusionProcess"]


def test_the_reading_endpoint_refuses_every_change(restricted):
    server = restricted()
    before = dict(server.pc.preferences)

    answers = change(server, *CHANGES, *UNDONE, at=READING_ENDPOINT)

    assert {answer.reading.error_code for answer in answers} == {Code.COMMAND_REFUSED}
    assert all(f"does not show the command {answer.pipeline.split()[0]}" in answer.reading.detail for answer in answers)
    assert all(UPDATE in answer.reading.detail for answer in answers)
    assert (server.pc.preferences, server.pc.tasks) == (before, {})


def test_an_older_file_is_told_by_what_it_lacks(restricted):
    older = {
        r"ModuleVersion = '[\d.]+'": "ModuleVersion = '0.9.0'",
        r"'HKLM:\\SOFTWARE\\Policies\\Google\\Chrome', ": "",
    }

    visited = call_on(restricted(older), configuration_name=READING_ENDPOINT)

    details = {answer.name: answer.reading.detail for answer in visited.answers}
    (about,) = next(answer.content for answer in visited.answers if answer.name == "endpoint")
    assert about["Version"] == "0.9.0"
    assert visited.codes == {"browser_policies:chrome": Code.COMMAND_REFUSED}
    assert (
        r"value for -Path of Get-ItemProperty: HKLM:\SOFTWARE\Policies\Google\Chrome"
        in details["browser_policies:chrome"]
    )


@pytest.mark.parametrize(
    ("edits", "refused", "told"),
    [
        (without("Get-Date"), {"clock"}, "does not show the command Get-Date"),
        (
            {"'FileSystem', 'Registry'": "'FileSystem'"},
            KEYS,
            "does not show the provider Registry, which Get-ItemProperty needs",
        ),
        (without("ForEach-Object"), {"protection_events"}, "does not show the command ForEach-Object"),
        (
            {"'Name' = 'InputObject'": "'Name' = 'Begin'"},
            {"protection_events"},
            "role file is faulty: it limits ForEach-Object",
        ),
        (
            {"'Name' = 'ThrottleLimit'": "'Name' = 'WarningAction'"},
            {"computer_status", "preferences"},
            "role file is faulty: it lists a common parameter of Get-Mp",
        ),
        (
            {r"Microsoft\.PowerShell\.Utility\\Select-Object": "Get-NothingElse"},
            SELECTING,
            r"does not show the command Microsoft.PowerShell.Utility\Select-Object",
        ),
    ],
    ids=["no clock", "no registry", "no ForEach-Object", "no InputObject", "common parameter", "no Select-Object"],
)
def test_what_the_files_refuse_is_told_and_nothing_else_is_lost(restricted, edits, refused, told):
    visited = call_on(restricted(edits), configuration_name=READING_ENDPOINT)

    details = {answer.name: answer.reading.detail for answer in visited.answers if answer.name in refused}
    assert visited.error is None
    assert visited.codes == dict.fromkeys(refused, Code.COMMAND_REFUSED)
    assert all(told in detail and UPDATE in detail for detail in details.values())
    assert len(visited.states) == len(visited.answers)
