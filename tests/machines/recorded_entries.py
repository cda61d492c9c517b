"""The entries behind the recorded pipelines, and what each of them has to be read as."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.machines import catalogue, changing
from troubleshooting.machines.pipeline import Entry, Shape, cmdlet, select

HOUR, SOON = timedelta(hours=1), timedelta(seconds=20)
ITEM, HASH = catalogue.file_facts(r"C:\Windows\example.txt")
ASKED_SINCE = {"policy_values:sense_cm"}  # what a visit did not ask yet when it was recorded
QUICK = tuple(entry for entry in catalogue.prerequisite_visit(HOUR) if entry.quick and entry.name not in ASKED_SINCE)


def lone(name: str, /, shape: Shape = Shape.OBJECTS, **parameters: str) -> Entry:
    """Return an entry that is not the catalogue's."""
    return Entry(name, (cmdlet(name, **parameters),), SOON, shape=shape, required=False)


ALONE: Mapping[str, Entry] = {
    "cloud_connectivity": catalogue.CLOUD_CONNECTIVITY,
    "protection_events": catalogue.protection_events(HOUR),
    "netlogon_events": catalogue.netlogon_events(HOUR),
    "secure_channel": catalogue.SECURE_CHANNEL,
    "resolve_name": catalogue.resolve_name("example.com"),
    "test_port": catalogue.test_port("example.com", port=443),
    "request_page": catalogue.request_page("http://127.0.0.1:9/"),
    "file_facts:item": ITEM,
    "file_facts:hash": HASH,
    "set_protection_mode": changing.set_protection_mode(changing.ProtectionMode.AUDIT),
    "set_protection_mode 2": changing.set_protection_mode(changing.ProtectionMode.ENABLED),
    "set_restore_task": changing.set_restore_task(
        7, back_to=changing.ProtectionMode.ENABLED, at=datetime(2026, 1, 1, tzinfo=UTC)
    ),
    "restore_task": changing.restore_task_state(7),
    "remove_restore_task": changing.remove_restore_task(7),
    "remove_restore_task 2": changing.remove_restore_task(7),
    "add_ip_exclusion": changing.add_exclusion(ExclusionKind.IP_ADDRESS, "192.0.2.1"),
    "remove_ip_exclusion": changing.remove_exclusion(ExclusionKind.IP_ADDRESS, "192.0.2.1"),
    "add_process_exclusion": changing.add_exclusion(ExclusionKind.PROCESS, r"C:\Example\app.exe"),
    "remove_process_exclusion": changing.remove_exclusion(ExclusionKind.PROCESS, r"C:\Example\app.exe"),
    "x_get_item": ITEM,
    "x_get_filehash": HASH,
    "x_get_content": lone("Get-Content", ReadCount="5"),
    "x_upload": lone("Invoke-RestMethod", Method="Put"),
    "x_unknown": lone("Get-NoSuchThing", Name="x"),
    "x_bad_parameter": lone("Get-Date", NoSuchParameter="x"),
    "x_native": lone("ls", Shape.LINES),
    "not-allowed-script": lone("Get-Process; 1+1"),
}

CLOCK = catalogue.CLOCK
COMPUTER = Entry(
    "computer",
    (cmdlet("Get-CimInstance", ClassName="Win32_ComputerSystem"), select("Name", "Domain")),
    SOON,
    quick=True,
    properties=("Name", "Domain"),
)
NO_SUCH = lone("Get-NoSuchThing")
BAD_DATE = lone("Get-Date", NoSuchParameter="x")
BAD_HASH = lone("Get-FileHash", LiteralPath=r"Q:\no\file", Algorithm="SHA256")
NO_KEY = Entry("no_key", (cmdlet("Get-ItemProperty", Path=r"HKLM:\no"),), SOON, required=False, key=r"HKLM:\no")
SET_NONSENSE = lone("Set-MpPreference", EnableNetworkProtection="Nonsense")
LS = lone("ls", Shape.LINES)
SLEEP = lone("Start-Sleep", Seconds="2")


def again(entry: Entry) -> Entry:
    """Return the same command under another name."""
    return Entry(f"{entry.name} again", entry.pipeline, SOON, entry.shape, True, entry.required, entry.properties)


FIVE = (CLOCK, COMPUTER, again(CLOCK), again(COMPUTER))
# What was sent together; the portal itself sends one statement more, the clock.
BATCHES: Mapping[str, tuple[Entry, ...]] = {
    "unknown-first": (NO_SUCH, CLOCK, COMPUTER),
    "unknown-middle": (CLOCK, NO_SUCH, COMPUTER),
    "unknown-last": (CLOCK, COMPUTER, NO_SUCH),
    "binding-middle": (CLOCK, BAD_DATE, COMPUTER),
    "throw-middle": (CLOCK, BAD_HASH, COMPUTER),
    "terminating-then-nonterminating": (CLOCK, BAD_HASH, NO_KEY, COMPUTER),
    "two-terminating": (CLOCK, NO_SUCH, COMPUTER, BAD_DATE, again(CLOCK)),
    "native-middle": (CLOCK, LS, COMPUTER),
    "validation-middle": (CLOCK, SET_NONSENSE, COMPUTER),
    "select-missing-property": (CLOCK, Entry("item", ITEM.pipeline, SOON, properties=("Nope", "Length"))),
    "first-unknown-of-five": (NO_SUCH, *FIVE),
    "first-binding-of-five": (BAD_DATE, *FIVE),
    "first-throw-of-five": (BAD_HASH, *FIVE),
    "first-two-of-five": (NO_SUCH, again(NO_SUCH), COMPUTER, CLOCK, again(COMPUTER)),
    "third-of-five": (CLOCK, COMPUTER, NO_SUCH, again(CLOCK), again(COMPUTER)),
    "slow-of-three": (CLOCK, SLEEP, COMPUTER),
    "stop-second-of-three": (CLOCK, SLEEP, COMPUTER),
    "stop-first-of-three": (SLEEP, CLOCK, COMPUTER),
    "after-stop-first": (CLOCK, COMPUTER),
}
