"""What the doctor concludes from what an endpoint answered."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.snapshot import EndpointFacts, Reading, ReadState
from troubleshooting.machines import catalogue
from troubleshooting.machines.base import Answer
from troubleshooting.machines.catalogue import CANARY, CHANGING_ENDPOINT, READING_ENDPOINT
from troubleshooting.machines.endpoint.doctor import Missing, examine
from troubleshooting.machines.endpoint.version import VERSION
from troubleshooting.management import endpoint_report

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
USUAL = "Microsoft.PowerShell"
READING, CHANGING = catalogue.entries_by_role()
OWN = EndpointFacts(VERSION, "reading", "WINRM\\VA_1", "CONTOSO\\portal")


def answer(name: str, content: list, *, refused: bool = False) -> Answer:
    code = DeviceErrorCode.COMMAND_REFUSED if refused else None
    state = ReadState.FAILED if refused else ReadState.ANSWERED
    return Answer(name, "", NOW, 0.1, Reading(state, code), content, [], False)


def shows(*commands: str) -> Answer:
    names = [{"Name": name.rpartition("\\")[2], "CommandType": "Cmdlet", "Source": ""} for name in commands]
    return answer("shown_commands", names)


def commands_of(*entries) -> list[str]:
    return [part.name for entry in entries for part in entry.pipeline]


@pytest.mark.parametrize(("name", "entries"), [(READING_ENDPOINT, READING), (CHANGING_ENDPOINT, (*READING, *CHANGING))])
def test_the_portals_own_endpoint_of_this_version_lacks_nothing(name, entries):
    report = examine(name, OWN, [shows(*commands_of(*entries))])

    assert (report.is_own, report.is_older, report.shows_everything, report.missing) == (True, False, False, ())
    assert list(endpoint_report.lines(report, username="CONTOSO\\portal")) == [
        f"Endpoint {name}, signed in as CONTOSO\\portal",
        f"  The portal's own, version {VERSION}, roles: reading",
        "  Commands run as WINRM\\VA_1, for CONTOSO\\portal",
        "  It shows only some commands, and takes no scripts.",
        "  It shows every command that the portal sends there.",
    ]


def test_the_endpoint_for_changing_lacks_what_changes_when_it_shows_the_reading_role_only():
    report = examine(CHANGING_ENDPOINT, OWN, [shows(*commands_of(*READING))])

    assert {missing.command for missing in report.missing or ()} == {
        *("Add-MpPreference", "Get-ScheduledTask", "Register-ScheduledTask", "Remove-MpPreference"),
        *("Set-MpPreference", "Unregister-ScheduledTask"),
    }


def test_elsewhere_programs_are_needed_and_the_portals_functions_are_not():
    report = examine(USUAL, None, [shows(CANARY, *commands_of(*READING, *CHANGING))])

    assert report.shows_everything
    assert report.is_older is None
    assert report.missing == (
        Missing(catalogue.MP_CMD_RUN, ("cloud_connectivity", "collect_support_files")),
        Missing("netsh.exe", ("proxy",)),
    )


def test_an_older_endpoint_is_told_with_the_checks_that_need_the_new_one():
    answers = [shows("Get-Date"), answer("preferences", [], refused=True), answer("windows_version", [])]

    report = examine(READING_ENDPOINT, EndpointFacts("0.9.0"), answers)

    assert report.is_older
    told = list(endpoint_report.lines(report, username=None))
    assert f"  This PC's endpoint is older than the portal, which needs version {VERSION}." in told[3]
    assert told[4].startswith("  These checks need the new one: ")
    assert "cloud_protection" in report.refused_for
    assert "signed in as the holder of the ticket" in told[0]


@pytest.mark.parametrize("facts", [None, EndpointFacts(), EndpointFacts("x")])
def test_an_endpoint_of_the_portals_name_that_says_no_version_counts_as_older(facts):
    assert examine(READING_ENDPOINT, facts, []).is_older


@pytest.mark.parametrize("answers", [[], [answer("shown_commands", [])], [answer("shown_commands", [], refused=True)]])
def test_what_was_not_said_is_not_known(answers):
    report = examine(USUAL, None, answers)

    assert (report.shows_everything, report.missing) == (None, None)


def test_a_strange_answer_raises_nothing():
    strange = answer("shown_commands", ["x", 1, None, {"Name": 3}, {"name": "Get-Date"}, {"Name": "get-date"}])

    report = examine(USUAL, None, [strange])

    assert "Get-Date" not in {missing.command for missing in report.missing or ()}
