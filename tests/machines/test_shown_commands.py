"""Commands that people read and copy: whatever their values, PowerShell runs the one command that is shown."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.powershell_reader import Command, read_commands
from troubleshooting.domain.drift.drift import DriftCode
from troubleshooting.domain.drift.texts import removal_command
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.exclusions.values import InvalidExclusionValue
from troubleshooting.machines import catalogue, changing
from troubleshooting.machines.catalogue import InvalidArgument
from troubleshooting.machines.pipeline import Entry, cmdlet, rendered

IP, APP = ExclusionKind.IP_ADDRESS, ExclusionKind.PROCESS
INJECTED = "C:\\a’; Start-Process calc; ’b.exe"
QUOTES = "'\u2018\u2019\u201a\u201b\"\u201c\u201d\u201e"
ODD = QUOTES + "-\u2013\u2014\u2212 \u00a0\u0085\u2028\u3000\u200b\u202e\r\n\t`$;|&(){}@#,%~^="
NAMES = st.text(st.sampled_from(ODD + ".aB1é語😀")) | st.text()
PATHS = st.builds(lambda name, end: "C:\\" + name + end, NAMES, st.sampled_from(["", ".exe", "\\x.exe"]))
PAGES = st.builds(lambda host, page: "https://" + host + page, st.text(), st.from_regex(r"[!-~]{0,40}", fullmatch=True))


def expected(entry: Entry) -> list[Command]:
    """Return what PowerShell has to run: the entry's own parameters, a switch as such, a list of one as its element."""
    return [
        Command(part.name, [(parameter.name, _value(parameter.value)) for parameter in part.parameters])
        for part in entry.pipeline
    ]


def _value(value):
    if value is None:
        return ...
    return (list(value) if len(value) > 1 else value[0]) if isinstance(value, tuple) else value


MAKERS = {
    "add program": (lambda value: changing.add_exclusion(APP, value), PATHS),
    "remove program": (lambda value: changing.remove_exclusion(APP, value), PATHS),
    "add address": (lambda value: changing.add_exclusion(IP, value), st.ip_addresses(v=4).map(str) | NAMES),
    "file": (lambda value: catalogue.file_facts(value)[0], PATHS),
    "hash": (lambda value: catalogue.file_facts(value)[1], PATHS),
    "page": (catalogue.request_page, PAGES),
    "name": (catalogue.resolve_name, NAMES),
    "port": (
        lambda value: catalogue.test_port(value, port=443),
        NAMES | st.from_regex(r"[a-z.-]{1,20}", fullmatch=True),
    ),
    "any value": (lambda value: Entry("x", (cmdlet("Get-It", value, Path=value),), catalogue.CLOCK.deadline), NAMES),
}


@pytest.mark.parametrize("what", MAKERS)
@settings(max_examples=1000, deadline=None)
@given(st.data())
def test_a_shown_command_never_splits(what, data):
    make, values = MAKERS[what]
    try:
        entry = make(data.draw(values))
    except (InvalidArgument, InvalidExclusionValue):
        return

    assert read_commands(rendered(entry)) == [expected(entry)]


@pytest.mark.parametrize("entry", [e for role in catalogue.entries_by_role() for e in role], ids=lambda e: e.name)
def test_every_command_of_the_catalogue_is_shown_as_it_is_sent(entry):
    assert read_commands(rendered(entry)) == [expected(entry)]


@settings(max_examples=1000, deadline=None)
@given(st.sampled_from([IP, APP]), PATHS | NAMES)
def test_the_command_to_copy_removes_the_entry_and_does_nothing_else(kind, value):
    text = removal_command(DriftCode.NOT_APPROVED, kind, value)

    if not text:
        assert not value.isprintable()
        return
    ((command,),) = read_commands(text)
    assert command == Command("Remove-MpPreference", [(command.arguments[0][0], value)])


@pytest.mark.parametrize("change", [changing.add_exclusion, changing.remove_exclusion])
def test_a_path_with_a_typographic_quote_stays_one_value(change):
    entry = change(APP, INJECTED)

    assert rendered(entry).endswith("-ExclusionProcess 'C:\\a’’; Start-Process calc; ’’b.exe'")
    assert read_commands(rendered(entry)) == [[Command(entry.command.name, [("ExclusionProcess", INJECTED)])]]
