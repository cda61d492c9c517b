"""What a PC may say about exclusions, check by check, and what each comes to."""

from __future__ import annotations

from dataclasses import replace

from tests.domain.builders import (
    POLICIES,
    answered,
    missed,
    policy,
    report,
    snapshot,
    status,
    with_preferences,
)
from tests.domain.checks.cases import (
    FAIL,
    INFO,
    PASS,
    UNKNOWN,
    WARN,
    Cases,
    Needed,
    each_case,
    each_needed,
    without,
)
from troubleshooting.domain.cases.case import Program, Report
from troubleshooting.domain.checks.exclusions import EXCLUSIONS_IN_FORCE
from troubleshooting.domain.evidence.snapshot import (
    ListValue,
    ReadState,
    Snapshot,
)


def excluding(*, addresses: tuple[str, ...] = (), programs: tuple[str, ...] = ()) -> Snapshot:
    """Return a PC with exclusions."""
    return with_preferences(exclusion_ip_address=ListValue(addresses), exclusion_process=ListValue(programs))


def called(name: str) -> Report:
    """Return the report of a missed site in a program of that name."""
    return missed(program=Program.OTHER, program_name=name)


CASES: Cases = {
    EXCLUSIONS_IN_FORCE: [
        ("none at all", snapshot(), report(), PASS),
        ("none at all, no report", snapshot(), None, PASS),
        ("some, no report", excluding(programs=("a.exe",)), None, INFO),
        ("program by name, missed", excluding(programs=("CHROME.EXE",)), missed(), FAIL),
        ("program by path, missed", excluding(programs=(r"%ProgramFiles%\Google\*\chrome.exe",)), missed(), FAIL),
        ("program by wildcard, missed", excluding(programs=(r"C:\x\chr*.exe",)), missed(), FAIL),
        ("program, blocked site", excluding(programs=("chrome.exe",)), report(), WARN),
        ("another program", excluding(programs=("firefox.exe",)), missed(), PASS),
        ("brackets are no wildcard", excluding(programs=("[c]hrome.exe",)), missed(), PASS),
        ("all programs of a folder", excluding(programs=(r"C:\Program Files\Google\*",)), missed(), UNKNOWN),
        ("a name that may mean the excluded file", excluding(programs=("OUTLOOK.EXE",)), called("MS Outlook"), UNKNOWN),
        ("a name that means the excluded file", excluding(programs=("Chrome.exe",)), called("Google Chrome"), FAIL),
        ("a name that says nothing", excluding(programs=("x.exe",)), called("Payroll"), UNKNOWN),
        ("program not known", excluding(programs=("firefox.exe",)), missed(program=Program.UNKNOWN), UNKNOWN),
        ("address, missed", excluding(addresses=("203.0.113.7",)), missed("203.0.113.7"), FAIL),
        ("network, missed", excluding(addresses=("203.0.113.0/24",)), missed("http://203.0.113.7/x"), FAIL),
        ("another address", excluding(addresses=("203.0.113.8",)), missed("203.0.113.7"), PASS),
        ("other family", excluding(addresses=("2001:db8::/32",)), missed("203.0.113.7"), PASS),
        ("no address", excluding(addresses=("any",)), missed("203.0.113.7"), UNKNOWN),
        ("a name may lead to an excluded address", excluding(addresses=("203.0.113.8",)), missed(), UNKNOWN),
        ("list not readable", with_preferences(exclusion_process=ListValue((), readable=False)), missed(), UNKNOWN),
        (
            "lists hidden by policy",
            snapshot(policy_keys=policy(POLICIES, HideExclusionsFromLocalAdmins=1)),
            missed(),
            UNKNOWN,
        ),
        ("empty, policy not readable", snapshot(readings=answered(policy_values=ReadState.FAILED)), missed(), UNKNOWN),
        (
            "entries are seen, policy not readable",
            replace(excluding(programs=("x.exe",)), readings=answered(policy_values=ReadState.FAILED)),
            missed(),
            PASS,
        ),
        (
            "a covering entry counts although the other list is not readable",
            with_preferences(
                exclusion_process=ListValue(("chrome.exe",)), exclusion_ip_address=ListValue((), readable=False)
            ),
            missed(),
            FAIL,
        ),
        ("not reported", with_preferences(exclusion_process=None), missed(), UNKNOWN),
        ("nothing said", snapshot(preferences=None), missed(), UNKNOWN),
    ],
}

# What each check cannot do without.
NEEDED: Needed = {
    EXCLUSIONS_IN_FORCE: [("preferences", "exclusion_ip_address"), ("preferences", "exclusion_process")],
}


@each_case(CASES)
def test_each_check_judges_as_its_table_says(check, device, about, expected):
    assert status(check, device, about) is expected


@each_needed(NEEDED)
def test_silence_about_what_a_check_needs_is_unknown(check, part, name):
    assert status(check, without(part, name), report()) is UNKNOWN
