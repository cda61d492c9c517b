"""What the portal's own endpoint lets through is exactly what the portal sends."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.machines.endpoint.role_files import ALL, READS, is_allowed
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.exclusions.values import SYSTEM_VARIABLES, InvalidExclusionValue
from troubleshooting.machines import catalogue, changing
from troubleshooting.machines.catalogue import InvalidArgument
from troubleshooting.machines.pipeline import Entry, cmdlet

IP, APP = ExclusionKind.IP_ADDRESS, ExclusionKind.PROCESS
AT = datetime(2026, 11, 24, 12, 17, 30, tzinfo=UTC)


def test_patterns_mean_the_same_to_python_and_to_dotnet():
    limits = [limit for parameters in ALL.values() for limit in (parameters or {}).values()]
    patterns = {limit["ValidatePattern"] for limit in limits if "ValidatePattern" in limit}
    escapes = {
        escape for pattern in patterns for escape in re.findall(r"\\(.)", pattern, re.DOTALL) if escape.isalnum()
    }
    groups = {group for pattern in patterns for group in re.findall(r"(?<!\\)\(\?(<?.)", pattern)}

    assert escapes <= set(
        "xunsS"
    )  # not \d and \w, which take every script's in .NET; not \Z, which lets a line end follow
    assert groups <= {":", "!", "=", "<="}


def test_who_reads_is_shown_nothing_that_changes():
    assert {n for n in READS if n.startswith(("Set-", "Add-", "Remove-", "Register-", "Unregister-"))} == set()


ENTRIES = [entry for entries in catalogue.entries_by_role() for entry in entries]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_entry_gets_through_where_it_belongs(entry: Entry):
    reading, changed = catalogue.entries_by_role()

    assert is_allowed(entry, ALL)
    assert is_allowed(entry, READS) == (entry in reading)
    assert entry in reading or entry in changed


PARTS = st.text(st.characters(exclude_characters="\\", exclude_categories=["Cs"]), max_size=12)
PATHS = st.builds(
    lambda root, parts, end: root + "\\" + "\\".join(parts) + end,
    st.sampled_from(["C:", "d:", *SYSTEM_VARIABLES]),
    st.lists(PARTS, min_size=1, max_size=3),
    st.sampled_from(["", ".exe", ".EXE", ".exe\n"]),
)
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=36500)).map(lambda after: AT + after)
HOSTS = st.from_regex(r"[A-Za-z0-9_.-]{1,70}", fullmatch=True)
MADE = [
    (catalogue.resolve_name, st.text() | st.ip_addresses().map(str) | st.from_regex(r"[a-z.-]+")),
    (lambda value: catalogue.test_port(value, port=443), HOSTS),
    (lambda value: catalogue.test_port("a.example", port=value), st.integers(1, 65535)),
    (catalogue.request_page, st.from_regex(r"https?://[a-z.@]+[/?#].*")),
    (lambda value: catalogue.file_facts(value)[0], PATHS | st.text()),
    (lambda value: catalogue.file_facts(value)[1], PATHS),
    (catalogue.protection_events, st.timedeltas(timedelta(milliseconds=1), timedelta(days=30))),
    (catalogue.netlogon_events, st.timedeltas(timedelta(milliseconds=1), timedelta(days=30))),
    (lambda value: changing.add_exclusion(APP, value), PATHS),
    (lambda value: changing.remove_exclusion(APP, value), PATHS),
    (lambda value: changing.add_exclusion(IP, value), st.ip_addresses(v=4).map(str) | st.text()),
    (lambda value: changing.remove_exclusion(IP, value), st.ip_addresses(v=4).map(str)),
    (changing.restore_task_state, st.integers(1, 2**63 - 1)),
    (changing.remove_restore_task, st.integers(1, 2**63 - 1)),
    (
        lambda value: changing.set_restore_task(7, back_to=value[0], at=value[1]),
        st.tuples(st.sampled_from(changing.ProtectionMode), MOMENTS),
    ),
]


@pytest.mark.parametrize(("make", "values"), MADE)
@settings(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_the_catalogue_makes_gets_through(make, values, data):
    value = data.draw(values)
    try:
        entry = make(value)
    except (InvalidArgument, InvalidExclusionValue):
        return

    assert is_allowed(entry, ALL)


TASK = str(changing.set_restore_task(7, back_to=changing.ProtectionMode.ENABLED, at=AT).command.parameter("Xml"))
REFUSED = [
    cmdlet("Get-Date", Format="o"),
    cmdlet("Get-MpPreference", CimSession="other"),
    cmdlet("Get-MpPreference", ThrottleLimit="1"),
    cmdlet("Test-ComputerSecureChannel", Repair=None),
    cmdlet("Test-ComputerSecureChannel", Server="x"),
    cmdlet("Get-ItemProperty", Path=r"HKLM:\SAM"),
    cmdlet("Get-ItemProperty", Path="HKLM:\\SOFTWARE\\Policies\\Google\\Chrome\n"),
    cmdlet("Get-CimInstance", ClassName="Win32_UserAccount"),
    cmdlet("Get-CimInstance", Query="select * from Win32_Process"),
    cmdlet("Get-WinEvent", LogName="Security"),
    cmdlet("Get-WinEvent", FilterXPath="*"),
    cmdlet("Get-WinEvent", Path=r"C:\x.evtx"),
    cmdlet("ForEach-Object", MemberName="Delete"),
    cmdlet("ForEach-Object", Process="{ 1 }"),
    cmdlet("Get-Item", LiteralPath=r"\\server\share\x"),
    cmdlet("Get-Item", LiteralPath=r"HKLM:\SAM"),
    cmdlet("Get-Item", LiteralPath=r"C:\a\..\b"),
    cmdlet("Get-Item", LiteralPath="C:\\a\n"),
    cmdlet("Get-Item", LiteralPath=r"C:\*"),
    cmdlet("Get-Item", Path=r"C:\a"),
    cmdlet("Get-FileHash", LiteralPath=r"C:\a", Algorithm="MD5"),
    cmdlet("Get-Content", LiteralPath=r"C:\a"),
    cmdlet("Invoke-WebRequest", Uri="https://a.example/", Method="Post"),
    cmdlet("Invoke-WebRequest", Uri="https://a.example/", OutFile=r"C:\a"),
    cmdlet("Invoke-WebRequest", Uri="https://user@a.example/"),
    cmdlet("Invoke-WebRequest", Uri="file:///c:/a"),
    cmdlet("Resolve-DnsName", Name="a b"),
    cmdlet("Resolve-DnsName", Name="a.example", Server="192.0.2.1"),
    cmdlet("Test-NetConnection", ComputerName="a.example\n"),
    cmdlet("Set-MpPreference", DisableRealtimeMonitoring=True),
    cmdlet("Set-MpPreference", EnableNetworkProtection="Other"),
    cmdlet("Add-MpPreference", ExclusionPath="C:\\"),
    cmdlet("Add-MpPreference", ExclusionIpAddress="0.0.0.0/0"),
    cmdlet("Add-MpPreference", ExclusionProcess="*"),
    cmdlet("Add-MpPreference", ExclusionProcess="cmd.exe"),
    cmdlet("Add-MpPreference", ExclusionProcess=r"C:\a*.exe"),
    cmdlet("Add-MpPreference", ExclusionProcess=r"\\server\a.exe"),
    cmdlet("Register-ScheduledTask", Xml=TASK.replace("Set-MpPreference", "calc;Set-MpPreference")),
    cmdlet("Register-ScheduledTask", Xml=TASK.replace("S-1-5-18", "S-1-5-19")),
    cmdlet("Register-ScheduledTask", Xml=TASK + "\n"),
    cmdlet("Register-ScheduledTask", TaskName="Other"),
    cmdlet("Register-ScheduledTask", Action="x"),
    cmdlet("Register-ScheduledTask", User="x"),
    cmdlet("Unregister-ScheduledTask", TaskName="*"),
    cmdlet("Unregister-ScheduledTask", TaskPath="\\"),
    cmdlet("Get-PortalWinHttpProxy", "reset"),
    cmdlet("netsh.exe", "winhttp", "reset", "proxy"),
    cmdlet(r"C:\Windows\System32\netsh.exe", "winhttp", "show", "proxy"),
    cmdlet("Select-Object", Property="x"),
    cmdlet(r"Microsoft.PowerShell.Management\Get-Content", Path="x"),
    cmdlet("Invoke-Expression", Command="calc"),
]


@pytest.mark.parametrize("part", REFUSED)
def test_what_the_portal_never_sends_is_refused(part):
    assert not is_allowed(Entry("x", (part,), timedelta(1)), ALL)
