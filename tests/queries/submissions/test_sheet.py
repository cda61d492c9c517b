from __future__ import annotations

import json
from datetime import UTC

import pytest
from django.utils import timezone

from tests.factories import CaseFactory, CheckRunFactory, DeviceFactory, ExclusionFactory
from tests.queries import made
from tests.views.leases.test_audit_mode_tests import done_case
from troubleshooting.actions import submissions
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.checks.registry import CHECKS
from troubleshooting.domain.submissions.submission import ADDITIONAL_INFORMATION_LIMIT, Company
from troubleshooting.models import Case, DeviceSnapshot, Placement
from troubleshooting.queries.checks.evidence import evidence_json, evidence_text, findings_of, read_snapshot
from troubleshooting.queries.submissions.sheet import SubmissionSheet, judged_run, read_sheet

pytestmark = pytest.mark.django_db

FORM = [  # docs/reference/submission.md, section 2, in the form's order
    "Who are you",
    "Security product used to scan the file",
    "Company name",
    "Microsoft support case number?",
    "SAID (Support Access ID)",
    "Priority",
    "File",
    "Remove file from database at a date?",
    "What do you believe this file is?",
    "Detection name",
    "Definition version",
    "Additional information",
    "Contact e-mail",
]


def sheet_of(case: Case, **arguments: str) -> SubmissionSheet:
    found = Case.objects.select_related("device", "reporter").get(pk=case.pk)
    company = Company(name="Contoso")
    return read_sheet(found, company=company, contact="ivo@contoso.example", time_zone=UTC, **arguments)


def test_a_wrong_block_has_one_value_for_each_field_of_the_form():
    sheet = sheet_of(made.blocked_case())

    assert sheet.why_not is None
    assert [str(entry.field.label) for entry in sheet.fields] == FORM
    values = {entry.field.code: entry.field.value for entry in sheet.fields}
    assert values["company"] == "Contoso"
    assert values["product"] == "Microsoft Defender Antivirus (Windows 11)"
    assert values["contact_email"] == "ivo@contoso.example"
    assert all(values[code] for code in values if code not in ("said", "definition_version"))


def test_the_additional_information_is_counted_and_never_too_long():
    case = made.blocked_case(reason="Because " * 500, saw="Blocked " * 500)

    entry = next(entry for entry in sheet_of(case).fields if entry.field.code == "additional_information")

    assert entry.length == len(entry.field.value) <= ADDITIONAL_INFORMATION_LIMIT == 1900


def test_the_forms_are_microsofts_over_https():
    links = sheet_of(made.blocked_case()).links

    assert links
    assert all(link.url.startswith("https://www.microsoft.com/wdsi/") for link in links)


def test_a_case_without_a_verdict_says_that_a_check_comes_first():
    sheet = sheet_of(CheckRunFactory(running=True).case)

    assert "No check" in str(sheet.why_not)
    assert "checked" in str(sheet.instead)
    assert (sheet.fields, sheet.has_evidence) == ((), False)


def test_where_a_submission_makes_no_sense_the_sheet_says_why_and_what_to_do():
    case = CaseFactory(checked=True, kind=ProblemKind.DANGEROUS_SITE_MISSED)
    made.finished_run(case, snapshot=made.RTP_OFF)

    sheet = sheet_of(case)

    assert "Fix the failed checks" in str(sheet.why_not)
    assert str(sheet.instead)
    assert (sheet.fields, sheet.has_evidence) == ((), True)


def test_a_category_found_in_the_portal_goes_into_the_sheet():
    sheet = sheet_of(made.blocked_case(), category="Malicious")

    values = {entry.field.code: entry.field.value for entry in sheet.fields}
    assert "Malicious" in values["detection_name"]
    assert sheet.links[0].code == "smart_screen_form"


def test_the_companys_own_list_has_no_sheet_and_says_who_can_change_it():
    sheet = sheet_of(made.blocked_case(), category="CustomBlockList")

    assert "Microsoft cannot help" in str(sheet.why_not)
    assert "manages indicators" in str(sheet.instead)
    assert (sheet.fields, sheet.links, sheet.is_not_microsofts) == ((), (), True)


def test_what_was_recorded_is_shown():
    case, ivo, now = made.blocked_case(), made.reviewer(), timezone.now()
    submissions.prepare_submission(case.pk, by=ivo, now=now)
    submissions.record_sent(case.pk, by=ivo, reference="abc-1", now=now)

    record = sheet_of(case).record

    assert record is not None
    assert (record.reference, record.sent_by, record.is_sent, record.is_closed) == ("abc-1", str(ivo), True, False)


@pytest.mark.parametrize("events", [1, 3])
def test_a_sheet_costs_six_queries(events, django_assert_num_queries):
    case = CaseFactory(checked=True)
    made.finished_run(case, snapshot=made.seen_block(case), events=events)
    found = Case.objects.select_related("device", "reporter").get(pk=case.pk)

    with django_assert_num_queries(6):
        read_sheet(found, company=Company(), contact="", time_zone=UTC)


def test_a_verdict_of_an_audit_mode_test_is_what_the_sheet_rests_on():
    case = CaseFactory(checked=True)
    made.finished_run(case, events=0)
    assert sheet_of(case).why_not is not None
    done_case(case)

    sheet = sheet_of(case)

    assert sheet.why_not is None
    information = next(entry.field.value for entry in sheet.fields if entry.field.code == "additional_information")
    assert "1125" in information


def test_the_newest_verdict_counts():
    case = CaseFactory(checked=True)
    made.finished_run(case)
    newer = made.finished_run(case, requested_at=made.later(case.opened_at, minutes=5))

    assert judged_run(case) == newer


def test_the_snapshot_is_read_again_from_the_stored_answers():
    case = made.blocked_case()

    snapshot = read_snapshot(case.check_runs.get())

    assert snapshot is not None
    assert snapshot.operating_system is not None
    assert snapshot.operating_system.build == 26100
    assert [event.event_id for event in snapshot.events or ()] == [1126]


def test_a_run_without_a_visit_has_no_snapshot():
    assert read_snapshot(CheckRunFactory()) is None


def test_stored_findings_are_read_back_as_they_were_judged():
    case = CaseFactory(checked=True)
    run = made.finished_run(case, snapshot=made.RTP_OFF)

    assert findings_of(run) == made.judge(made.RTP_OFF, report=case.report)


def test_the_evidence_as_json_has_report_verdict_findings_and_every_answer():
    case = made.blocked_case()

    evidence = json.loads(json.dumps(evidence_json(case, case.check_runs.get())))

    assert evidence["case"]["number"] == case.number
    assert evidence["report"]["indicator"]["host"] == "shop.example.com"
    assert evidence["verdict"]["code"] == "blocked_by_network_protection"
    assert len(evidence["findings"]) == len(CHECKS)
    assert [command["name"] for command in evidence["visit"]["commands"]][-1] == "protection_events"
    assert "<Event" in evidence["visit"]["commands"][-1]["content"][0]


def test_the_evidence_as_text_names_case_pc_verdict_and_commands():
    case = made.blocked_case()

    text = evidence_text(case, case.check_runs.get(), time_zone=UTC)

    for words in (case.number, case.device.hostname, "blocked_by_network_protection", "Get-protection_events"):
        assert words in text


def test_the_evidence_holds_every_visit_of_the_case_and_none_of_another_pc():
    case = done_case()
    lease = case.audit_mode_tests.get().lease
    exclusion = ExclusionFactory(case=case)
    for device in (case.device, DeviceFactory()):
        place = Placement.objects.create(exclusion=exclusion, device=device)
        DeviceSnapshot.objects.create(
            placement=place, attempt=1, credential_profile="lab", endpoint="https://pc", started_at=timezone.now()
        )
    mine = exclusion.placements.get(device=case.device)

    found = evidence_json(case, case.check_runs.get())
    text = evidence_text(case, case.check_runs.get(), time_zone=UTC)

    made_for = [f"check_run {case.check_runs.get().pk}", f"lease {lease.pk}", f"placement {mine.pk}"]
    assert sorted(visit["made_for"] for visit in found["visits"]) == sorted(made_for)
    assert any("9001" in str(visit["commands"]) for visit in found["visits"])
    for name in made_for:
        assert f"Visit: {name}, attempt 1" in text


def test_a_run_without_verdict_and_visit_still_has_evidence():
    run = CheckRunFactory()

    assert evidence_json(run.case, run)["verdict"] is None
    assert "cannot_tell" in evidence_text(run.case, run, time_zone=UTC)
