"""The submission to Microsoft: when, where, and with which values."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from itertools import product as pairs
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.builders import (
    NOW,
    SERVER_2019,
    SYSTEM,
    event,
    missed,
    report,
    snapshot,
    with_preferences,
    with_status,
    with_system,
)
from tests.domain.strategies import reports, snapshots
from troubleshooting.domain.cases.case import ProblemKind, Report
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.submissions.submission import (
    Company,
    SentCommand,
    SubmissionField,
    additional_information,
    fields,
    is_sensible,
    product,
    readable_evidence,
    why_not,
)
from troubleshooting.domain.submissions.submission_text import one_line
from troubleshooting.domain.verdict.verdict import Verdict, VerdictCode, conclude

BERLIN = ZoneInfo("Europe/Berlin")
DEVICE = snapshot(events=(event(),))
REPORT = report("https://shop.example.com/basket", saw="Connection blocked", reason="Our supplier's shop")
SENSIBLE = {
    (ProblemKind.SAFE_SITE_BLOCKED, VerdictCode.BLOCKED_BY_NETWORK_PROTECTION),
    (ProblemKind.SAFE_SITE_BLOCKED, VerdictCode.WOULD_BE_BLOCKED),
    (ProblemKind.DANGEROUS_SITE_MISSED, VerdictCode.NOT_REPRODUCED),
}


def verdict(about: Report, device: Snapshot) -> Verdict:
    """Judge and conclude."""
    return conclude(about, device, judge(device, report=about))


def sheet(about: Report = REPORT, device: Snapshot = DEVICE, **extra) -> dict[str, SubmissionField]:
    """Return the fields by code."""
    made = fields(
        about,
        device,
        verdict(about, device),
        company=extra.pop("company", Company(name="Example Ltd", said="S-1", support_case="C-2")),
        case_number="NP-2026-00001",
        findings=judge(device, report=about),
        **extra,
    )
    return {field.code: field for field in made}


@pytest.mark.parametrize(("kind", "code"), list(pairs(ProblemKind, VerdictCode)))
def test_a_submission_makes_sense_for_false_blocks_and_for_real_misses_only(kind: ProblemKind, code: VerdictCode):
    about = replace(REPORT, kind=kind)
    found = replace(verdict(REPORT, DEVICE), code=code)

    assert is_sensible(about, found) is ((kind, code) in SENSIBLE)
    assert (why_not(about, found) is None) is is_sensible(about, found)


def test_the_sheet_has_a_value_for_each_field_of_the_form():
    values = {code: field.value for code, field in sheet(contact="ivo@example.com").items()}

    assert values == {
        "persona": "Enterprise customer",
        "product": "Microsoft Defender Antivirus (Windows 11)",
        "company": "Example Ltd",
        "support_case": "Yes: C-2",
        "said": "S-1",
        "priority": "Normal",
        "file": "MpSupportFiles.cab",
        "removal": "No",
        "belief": "Incorrectly detected as malware/malicious",
        "detection_name": "Network protection block: category not known on the device",
        "definition_version": "1.421.1.0",
        "additional_information": values["additional_information"],
        "contact_email": "ivo@example.com",
    }


def test_the_fields_that_the_form_demands_are_marked_and_filled():
    required = {code for code, field in sheet().items() if field.required}

    assert required == {"product", "file", "belief", "detection_name", "additional_information"}
    assert all(sheet()[code].value for code in required)


def test_only_the_additional_information_has_a_limit():
    assert {code: field.limit for code, field in sheet().items() if field.limit} == {"additional_information": 1900}


def test_a_missed_site_and_a_company_without_numbers_have_their_own_values():
    values = sheet(missed(), snapshot(), company=Company())

    assert values["detection_name"].value == "None: not detected by network protection"
    assert values["belief"].value == "Malware/malicious"
    assert (values["company"].value, values["said"].value, values["support_case"].value) == ("", "", "No")


def test_a_known_category_goes_into_the_detection_name_and_the_text():
    values = sheet(response_category="Phishing")

    assert values["detection_name"].value == "Network protection block: Phishing"
    assert "response category Phishing" in values["additional_information"].value


@pytest.mark.parametrize(
    ("device", "name"),
    [
        (snapshot(), "Microsoft Defender Antivirus (Windows 11)"),
        (with_system(replace(SYSTEM, build=19045)), "Microsoft Defender Antivirus (Windows 10)"),
        (with_system(SERVER_2019), "Microsoft Defender Antivirus"),
        (with_system(replace(SYSTEM, build=None)), "Microsoft Defender Antivirus"),
        (with_system(replace(SYSTEM, sku=None, product_type=None)), "Microsoft Defender Antivirus"),
        (snapshot(operating_system=None), "Microsoft Defender Antivirus"),
    ],
)
def test_the_product_is_named_as_the_form_names_it(device: Snapshot, name: str):
    assert product(device) == name


def test_the_additional_information_stands_in_microsofts_order():
    text = additional_information(
        REPORT,
        DEVICE,
        verdict(REPORT, DEVICE),
        findings=judge(DEVICE, report=REPORT),
        case_number="NP-2026-00001",
        time_zone=BERLIN,
        steps_tried="Cleared the cache",
        alert_link="https://security.example/alert/1",
        contact="ivo@example.com",
    )

    assert text.splitlines() == [
        "Network protection blocks a safe site (false positive).",
        "Address: https://shop.example.com/basket (host shop.example.com)",
        "Time: 2026-11-24 09:50:00 UTC (2026-11-24 10:50 in Europe/Berlin)",
        "Device: Microsoft Windows 11 Enterprise, build 22631.4460",
        "Defender: platform 4.18.24090.11, engine 1.1.24090.11, signatures 1.421.1.0",
        "Network protection mode: Block (1), set by local setting",
        "Evidence: blocked_by_network_protection (confidence high); event 1126 at 2026-11-24 09:50:00 UTC, destination "
        "shop.example.com, program chrome.exe; response category not known (the local log carries none)",
        "Checks that failed: none",
        "Why the site is needed: Our supplier's shop",
        "What the employee saw: Connection blocked",
        "Other steps tried: Cleared the cache",
        "Alert: https://security.example/alert/1",
        "Contact: ivo@example.com",
        "Our case number: NP-2026-00001",
    ]


def test_the_additional_information_says_what_is_not_known():
    silent = Snapshot(collected_at=NOW)
    about = report("bücher.de:8443")

    lines = additional_information(about, silent, verdict(about, silent)).splitlines()

    assert lines[1] == "Address: xn--bcher-kva.de:8443 (host xn--bcher-kva.de (bücher.de), port 8443)"
    assert lines[3:6] == [
        "Device: not known, build not known",
        "Defender: platform not known, engine not known, signatures not known",
        "Network protection mode: not known, set by not known",
    ]
    assert "no matching event 1125 or 1126" in lines[6]


def test_a_mode_that_is_in_no_table_is_not_known():
    device = with_preferences(network_protection=9)

    assert "mode: not known, set by local setting" in additional_information(REPORT, device, verdict(REPORT, device))


def test_failed_checks_are_named_in_the_additional_information():
    device = with_status(real_time_protection=False)

    text = sheet(missed(), device)["additional_information"].value

    assert "Checks that failed: Real-time protection" in text


def test_whole_lines_are_dropped_from_the_bottom():
    found = verdict(REPORT, DEVICE)
    whole = additional_information(REPORT, DEVICE, found, contact="ivo@example.com").splitlines()

    shorter = additional_information(REPORT, DEVICE, found, contact="ivo@example.com", limit=300).splitlines()

    assert shorter == whole[: len(shorter)]
    assert len("\n".join(whole[: len(shorter) + 1])) > 300
    assert additional_information(REPORT, DEVICE, found, limit=0) == ""


@given(snapshots, reports, st.text(max_size=5000), st.integers(0, 3000))
def test_the_additional_information_is_never_longer_than_allowed(
    device: Snapshot, about: Report, typed: str, limit: int
):
    found = verdict(about, device)
    extra = {"steps_tried": typed, "alert_link": typed, "contact": typed, "response_category": typed}

    text = additional_information(about, device, found, findings=judge(device, report=about), **extra)
    short = additional_information(about, device, found, limit=limit, **extra)

    assert len(text) <= 1900
    assert len(short) <= limit
    assert text.startswith("Network protection")
    assert "\r" not in text


@given(st.text(max_size=500))
def test_one_line_has_no_control_characters_and_no_ends(text: str):
    line = one_line(text, 50)

    assert len(line) <= 50
    assert not re.search(r"[\x00-\x1f\x7f]", line)
    assert line == line.strip()


def evidence(about: Report = REPORT, visited: Snapshot = DEVICE, **extra) -> str:
    """Return the sheet."""
    return readable_evidence(about, visited, verdict(about, visited), findings=judge(visited, report=about), **extra)


def test_the_readable_evidence_has_everything_in_sections():
    command = SentCommand("clock", "Get-Date", NOW + timedelta(seconds=1), 0.25)

    text = evidence(commands=[command], case_number="NP-2026-00001", device="PC-EMMA", time_zone=BERLIN)

    assert re.findall(r"^(.+)\n-+$", text, re.MULTILINE) == [
        "Evidence NP-2026-00001",
        "Verdict",
        "Checks",
        "Events that concern the address",
        "Commands",
    ]
    assert "Device name: PC-EMMA" in text
    assert "[pass] Real-time protection: Real-time protection is on." in text
    assert "Rests on event 4711" in text
    assert "[strong] event 1126" in text
    assert "2026-11-24 10:00:01 UTC  0.25 s  clock: Get-Date" in text


def test_the_readable_evidence_says_when_the_log_was_not_read_and_what_is_possible():
    unread = evidence(visited=snapshot(events=None))
    possible = evidence(missed(), snapshot())

    assert "The log could not be read." in unread
    assert "Possible: The browser may have used QUIC" in possible


@given(snapshots, reports, st.text(max_size=100))
def test_the_readable_evidence_cannot_be_broken_by_what_a_device_says(device: Snapshot, about: Report, typed: str):
    text = evidence(about, device, commands=[("name", typed, NOW, 1.0)], case_number=typed, device=typed)

    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\x1b]", text)
