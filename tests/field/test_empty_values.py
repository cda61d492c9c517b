"""Properties that come back empty or not at all, and remedies that the same snapshot must not contradict."""

from __future__ import annotations

import itertools
import re
from dataclasses import fields, replace

import pytest

from tests.domain.builders import (
    PREFERENCES,
    SERVER_2016,
    STATUS,
    SYSTEM,
    answered,
    finding,
    report,
    snapshot,
)
from tests.field.rows import Row, each
from troubleshooting.domain.checks.antivirus import REAL_TIME_PROTECTION, SOLE_ANTIVIRUS
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.checks.defender import SIGNATURES, TAMPER_PROTECTION, TROUBLESHOOTING_MODE
from troubleshooting.domain.checks.windows import OS_EDITION
from troubleshooting.domain.evidence.readings import version_numbers
from troubleshooting.domain.evidence.snapshot import ComputerStatus, ListValue, ReadState, Source
from troubleshooting.machines.field_tables import COMPUTER_STATUS
from troubleshooting.machines.readers import read_fields

SERVER_SAMPLE = "public page 'PowerShell Defender Module', a whole Get-MpComputerStatus of a server"
MODULE_SAMPLE = "MicrosoftDocs/windows-powershell-docs, sample of Get-MpComputerStatus"
NEEDS = "docs/reference/defender-cmdlets.md section 7, troubleshooting mode needs 4.18.2203"

# fed: what TroubleShootingMode is, and the platform; right: the status of the check
MODES = (
    Row(("", "4.18.24030.9"), "pass", "C17; " + SERVER_SAMPLE),
    Row((None, "4.18.24030.9"), "pass", "C17; " + MODULE_SAMPLE, "null and missing look the same; the platform tells"),
    Row(("  ", "4.18.24030.9"), "pass", "C17"),
    Row(("", "4.18.2001.10"), "pass", "C17", "there and empty is an answer on any platform"),
    Row(("", None), "pass", "C17"),
    Row((None, "4.18.2203.5"), "pass", NEEDS),
    Row((None, "4.18.2202.4"), "unknown", NEEDS, "the platform does not have it yet"),
    Row((None, "4.18.1907.4"), "unknown", NEEDS),
    Row((None, None), "unknown", "F9", "nothing tells whether the PC has the property"),
    Row((None, "unreadable"), "unknown", "F9"),
    Row(("Disabled", "4.18.24030.9"), "pass", MODULE_SAMPLE),
    Row(("Enabled", "4.18.24030.9"), "warn", NEEDS),
    Row(("enabled ", "4.18.24030.9"), "warn", NEEDS),
    Row(("Maybe", "4.18.24030.9"), "unknown", "F9"),
)


def answered_with(mode, platform):
    return {"TroubleShootingMode": mode, "AMProductVersion": platform}


@each(MODES)
def test_troubleshooting_mode_that_is_empty_was_never_used(row: Row):
    status = read_fields(ComputerStatus, COMPUTER_STATUS, answered_with(*row.fed))

    assert finding(TROUBLESHOOTING_MODE, snapshot(computer_status=status)).status == row.right


def test_support_files_that_do_not_say_it_leave_it_unknown():
    device = snapshot(computer_status=replace(STATUS, troubleshooting_mode=None), source=Source.FILE)

    assert finding(TROUBLESHOOTING_MODE, device).status == "unknown"


# fed: the check, the field that is empty, and the platform; right: whether updating the platform is a remedy
SILENT = (
    Row((REAL_TIME_PROTECTION, "real_time_protection", "4.18.24090.11"), "no update", "F9"),
    Row((REAL_TIME_PROTECTION, "real_time_protection", "4.18.1905.1"), "update", "docs/reference/checks.md C3"),
    Row((REAL_TIME_PROTECTION, "real_time_protection", None), "perhaps", "F9"),
    Row((SOLE_ANTIVIRUS, "running_mode", "4.18.24090.11"), "no update", "F9"),
    Row((SOLE_ANTIVIRUS, "running_mode", "4.12.17007.1"), "update", "F9"),
    Row((TAMPER_PROTECTION, "tamper_protected", "4.18.26010.5"), "no update", "F9"),
    Row((SIGNATURES, "signatures_out_of_date", "4.18.1807.2"), "update", "F9"),
    Row((SIGNATURES, "signature_age_days", "4.18.2001.1"), "no update", "F9"),
)


@each(SILENT)
def test_an_old_platform_is_the_reason_only_where_the_platform_is_old(row: Row):
    check, field, platform = row.fed
    device = snapshot(computer_status=replace(STATUS, **{field: None, "product_version": platform}))
    found = finding(check, device)
    remedy = words(found.remedy.it)

    assert found.status == "unknown"
    said = "update" if "Update the platform" in remedy else "perhaps" if "if it is below" in remedy else "no update"
    assert said == row.right
    assert said == "no update" or "Older versions" in words(found.summary)


def test_what_windows_leaves_empty_is_not_blamed_on_defender():
    found = finding(OS_EDITION, snapshot(operating_system=replace(SYSTEM, sku=None)))

    assert "Defender" not in f"{words(found.summary)} {words(found.remedy.it)}"


def words(text):
    if text is None:
        return ""
    values = dict(text.values)
    return text.message % values if values else text.message


PLATFORMS = (
    "4.18.1905.4",
    "4.18.1906.1",
    "4.18.2001.7",
    "4.18.2203.5",
    "4.18.24090.11",
    "4.18.25110.6",
    "4.18.26010.5",
)
VERSION = re.compile(r"\b4\.18\.[0-9]+(?:\.[0-9]+)*")
ASKS_FOR_MORE = re.compile(r"[Uu]pdate the platform|[Uu]pdate it|too old|is older than|or later is needed")


def devices(platform):
    """Return PCs of that platform on which each value in turn is empty or off, on a client and on an old server."""
    for system in (SYSTEM, SERVER_2016):
        status = replace(STATUS, product_version=platform)
        base = snapshot(operating_system=system, computer_status=status)
        yield base
        for field in fields(STATUS):
            empty = "" if isinstance(getattr(STATUS, field.name), str) else False
            for value in (None, empty):
                if field.name != "product_version":
                    yield replace(base, computer_status=replace(status, **{field.name: value}))
        for field in fields(PREFERENCES):
            of_lists = isinstance(getattr(PREFERENCES, field.name), ListValue)
            for value in (None, ListValue(readable=False) if of_lists else 0):
                yield replace(base, preferences=replace(PREFERENCES, **{field.name: value}))
        yield replace(base, readings=answered(policy_values=ReadState.REFUSED))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_remedy_asks_for_a_version_that_the_snapshot_already_has(platform):
    has = version_numbers(platform)
    asked = 0
    for device in devices(platform):
        for found in judge(device, report=report()):
            text = f"{words(found.summary)} {words(found.remedy.it)}"
            if not ASKS_FOR_MORE.search(text):
                continue
            asked += 1
            named = [version_numbers(version) for version in VERSION.findall(text) if version != platform]
            assert named
            assert all(wanted > has for wanted in named), text

    assert bool(asked) == (has < (4, 18, 2001))


BUILDS = (9200, 9600, 14393, 16299, 17763, 22631)


@pytest.mark.parametrize(("build", "product_type"), tuple(itertools.product(BUILDS, (1, 3))))
def test_no_remedy_asks_for_a_build_that_the_snapshot_already_has(build, product_type):
    device = snapshot(
        operating_system=replace(SYSTEM, sku=48 if product_type == 1 else 7, build=build, product_type=product_type)
    )

    for found in judge(device, report=report()):
        needed = re.search(r"below (\d+)\.", words(found.remedy.it))
        assert needed is None or int(needed[1]) > build
