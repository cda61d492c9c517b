"""What may be sent to a device, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troubleshooting.domain.checks.registry import ENTRIES_READ
from troubleshooting.machines import catalogue
from troubleshooting.machines.catalogue import InvalidArgument, is_known, prerequisite_visit
from troubleshooting.machines.ownership import key_path
from troubleshooting.machines.pipeline import Entry, Shape, cmdlet, rendered, select

DAY = timedelta(hours=24)
HOSTILE = ("'; Remove-Item C:\\", "$(whoami)", "`calc`", "a b", "x\ny", "", "-Force", "a;b", "a|b", 'a"b')


def test_an_entry_is_shown_as_powershell_would_be_typed():
    assert rendered(catalogue.OPERATING_SYSTEM) == (
        "Get-CimInstance -ClassName Win32_OperatingSystem | Microsoft.PowerShell.Utility\\Select-Object "
        "-Property Caption, Version, BuildNumber, OperatingSystemSKU, ProductType, CSName, LastBootUpTime, "
        "LocalDateTime"
    )


def test_a_native_command_is_shown_with_its_path_quoted():
    shown = rendered(catalogue.CLOUD_CONNECTIVITY)

    assert shown == r"& 'C:\Program Files\Windows Defender\MpCmdRun.exe' '-ValidateMapsConnection'"


def test_quotes_in_a_value_are_doubled_where_it_is_shown():
    entry = Entry("x", (cmdlet("Get-Item", LiteralPath="C:\\it's"),), DAY)

    assert rendered(entry) == r"Get-Item -LiteralPath 'C:\it''s'"


def test_the_visit_asks_each_name_once():
    names = [entry.name for entry in prerequisite_visit(DAY)]

    assert len(names) == len(set(names))


def test_the_visit_reads_all_that_the_checks_depend_on():
    asked = {entry.name.partition(":")[0] for entry in prerequisite_visit(DAY)}

    assert asked >= ENTRIES_READ


def test_what_can_hang_is_never_part_of_a_batch():
    hanging = {"Get-WinEvent", "Invoke-WebRequest", "Test-NetConnection", "Resolve-DnsName", catalogue.MP_CMD_RUN}

    assert all(entry.command.name not in hanging for entry in prerequisite_visit(DAY) if entry.quick)


def test_the_answers_of_a_batch_can_be_told_apart():
    quick = [entry for entry in prerequisite_visit(DAY) if entry.quick]
    objects = [
        (frozenset(entry.properties), key_path(entry.key or ""))
        for entry in quick
        if entry.shape in {Shape.OBJECT, Shape.OBJECTS}
    ]
    others = [entry.shape for entry in quick if entry.shape not in {Shape.OBJECT, Shape.OBJECTS}]

    assert len(objects) == len(set(objects))
    assert sorted(others) == [Shape.LINES, Shape.MOMENT]


def test_every_registry_read_tells_its_key():
    reads = [entry for entry in prerequisite_visit(DAY) if entry.command.name == "Get-ItemProperty"]

    assert all("PSPath" in entry.properties for entry in reads)
    assert all(entry.command.parameter("Path") == entry.key for entry in reads)


def test_whole_objects_are_never_asked_for():
    reads = [entry for entry in prerequisite_visit(DAY) if entry.shape in {Shape.OBJECT, Shape.OBJECTS}]

    assert all(entry.pipeline[-1] == select(*entry.properties) for entry in reads)


def test_events_are_asked_for_by_milliseconds():
    events = catalogue.protection_events(timedelta(hours=2))

    assert events.command.parameter("FilterXPath") == (
        "*[System[(EventID=1125 or EventID=1126 or EventID=5007 or EventID=5013)"
        " and TimeCreated[timediff(@SystemTime) <= 7200000]]]"
    )


@pytest.mark.parametrize("since", [timedelta(0), timedelta(seconds=-1), timedelta(days=31)])
def test_events_of_a_senseless_period_are_refused(since):
    with pytest.raises(InvalidArgument):
        catalogue.protection_events(since)


@pytest.mark.parametrize("host", [*HOSTILE, "fe80::1%'; calc"])
def test_a_text_that_is_no_host_name_is_refused(host):
    with pytest.raises(InvalidArgument):
        catalogue.resolve_name(host)


@pytest.mark.parametrize("host", ["example.com", "10.0.0.1", "fe80::1", "_dmarc.example.com", "pc-1", "example.com."])
def test_a_host_name_or_address_is_taken(host):
    assert catalogue.resolve_name(host).command.parameter("Name") == host


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_out_of_range_is_refused(port):
    with pytest.raises(InvalidArgument):
        catalogue.test_port("example.com", port=port)


@pytest.mark.parametrize(
    "url",
    [
        "file:///c:/x",
        "https://user:pw@example.com/",
        "https://",
        "https://exa mple",
        "https://x\n",
        "example.com",
        "https://[",
    ],
)
def test_only_plain_web_addresses_can_be_requested(url):
    with pytest.raises(InvalidArgument):
        catalogue.request_page(url)


@pytest.mark.parametrize("path", [r"\\server\share\x", r"C:x", r"C:\a\..\b", r"C:\*", "C:\\a\nb", "/etc/passwd"])
def test_only_full_local_paths_can_be_read(path):
    with pytest.raises(InvalidArgument):
        catalogue.file_facts(path)


def test_everything_the_catalogue_makes_is_known():
    entries = (
        *prerequisite_visit(timedelta(hours=1)),
        catalogue.SECURE_CHANNEL,
        catalogue.netlogon_events(timedelta(hours=1)),
        catalogue.resolve_name("a.example"),
        catalogue.test_port("a.example", port=80),
        catalogue.request_page("http://a.example/x"),
        *catalogue.file_facts(r"D:\x.txt"),
    )

    assert all(map(is_known, entries))


@pytest.mark.parametrize(
    "entry",
    [
        Entry("clock", (cmdlet("Invoke-Expression", Command="calc"),), DAY),
        Entry("clock", (cmdlet("Get-Date", Format="o"),), DAY),
        Entry("windows_version", (cmdlet("Get-ItemProperty", Path=r"HKLM:\SAM"), select("x", "PSPath")), DAY),
        Entry("resolve_name", (cmdlet("Resolve-DnsName", Name="x", Server="y"),), DAY),
    ],
    ids=rendered,
)
def test_an_entry_made_elsewhere_is_not_known(entry):
    assert not is_known(entry)


@given(st.text())
def test_no_host_text_ever_becomes_more_than_a_value(text):
    try:
        entry = catalogue.resolve_name(text)
    except InvalidArgument:
        return
    value = str(entry.command.parameter("Name"))
    assert value.isascii()
    assert not set(value) & set("'\"`$;|&(){}<> \r\n")
