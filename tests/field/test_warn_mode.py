"""Warned or blocked: what the employee saw and what the PC's setting says, and what follows from both.

``fed`` is (the button, the message, the program, EnableConvertWarnToBlock), ``right`` whether it was a warning.
"""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from portal.demo.lab.pcs import healthy_windows_11
from tests.domain.builders import event, missed, report, snapshot, with_preferences
from tests.field.rows import Row, each
from tests.support.check_world import QUICK, visited
from tests.support.world import EMMA, IVO, device_at, person, plan
from troubleshooting.actions.runs.check import run_checks
from troubleshooting.domain.base.text import Text
from troubleshooting.domain.cases.case import Program, Report, UnblockButton
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.verdict.base import Confidence, Verdict, VerdictCode
from troubleshooting.domain.verdict.verdict import conclude
from troubleshooting.domain.verdict.warned import Warned, how_to_open, instead_of_exclusion, warned
from troubleshooting.models import Case

YES, NO, UNKNOWN = UnblockButton.OFFERED, UnblockButton.NOT_OFFERED, UnblockButton.UNKNOWN
CHROME, FIREFOX, EDGE, OTHER = Program.CHROME, Program.FIREFOX, Program.EDGE, Program.OTHER
NP = "Microsoft: network protection, warn experience"
BLOCK = "Microsoft: network protection, block experience (OK and Feedback only)"
CSP = "Microsoft: Defender CSP, EnableConvertWarnToBlock"
EDGE_POLICY = "Microsoft: Edge policy PreventSmartScreenPromptOverride"
PLEA = "generic: what people write to IT"
TOAST = "Connection blocked. Your IT administrator caused Windows Security to block this network connection."

ROWS = (
    Row((YES, "", CHROME, False), Warned.YES, NP),
    Row((YES, "", FIREFOX, False), Warned.YES, NP),
    Row((YES, "", OTHER, False), Warned.YES, NP, "programs get the same notification"),
    Row((YES, TOAST, CHROME, False), Warned.YES, NP, "a Warn indicator says the administrator, and has the button"),
    Row((YES, "", CHROME, None), Warned.YES, CSP, "a setting that nobody read takes no button away"),
    Row((YES, "", CHROME, True), Warned.CONVERTED, CSP, "the setting is newer than the report"),
    Row((YES, "", EDGE, False), Warned.PAGE, EDGE_POLICY, "Edge shows a page"),
    Row((YES, "", EDGE, True), Warned.PAGE, EDGE_POLICY, "the setting is not about Edge"),
    Row((YES, "", EDGE, None), Warned.PAGE, EDGE_POLICY),
    Row((NO, "", CHROME, False), Warned.NO, BLOCK),
    Row((NO, "", CHROME, None), Warned.NO, BLOCK),
    Row((NO, "", CHROME, True), Warned.NO, CSP),
    Row((NO, "", EDGE, False), Warned.NO, EDGE_POLICY),
    Row((NO, "Please unblock", CHROME, False), Warned.NO, PLEA, "the answer counts, not the plea"),
    Row((UNKNOWN, "", CHROME, False), Warned.UNKNOWN, NP, "nobody said"),
    Row((UNKNOWN, TOAST, CHROME, None), Warned.UNKNOWN, NP),
    Row((UNKNOWN, "", CHROME, True), Warned.NO, CSP, "there are no warnings on this PC"),
    Row((UNKNOWN, "", EDGE, False), Warned.UNKNOWN, EDGE_POLICY),
    Row((UNKNOWN, "OK, Unblock, Feedback", CHROME, False), Warned.YES, NP, "the buttons were copied"),
    Row((UNKNOWN, "There was an “Unblock” button.", FIREFOX, False), Warned.YES, NP),
    Row((UNKNOWN, "UNBLOCK", OTHER, None), Warned.YES, NP),
    Row((UNKNOWN, "Unblock", CHROME, True), Warned.CONVERTED, CSP),
    Row((UNKNOWN, "Please unblock it for me", CHROME, False), Warned.UNKNOWN, PLEA),
    Row((UNKNOWN, "can you unblock this site", CHROME, False), Warned.UNKNOWN, PLEA),
    Row((UNKNOWN, "It was unblocked last week", CHROME, False), Warned.UNKNOWN, PLEA),
)


def fed(row: Row) -> tuple[Report, Snapshot]:
    button, saw, program, converts = row.fed
    name = "outlook.exe" if program is OTHER else ""
    about = report(unblock=button, saw=saw, program=program, program_name=name)
    return about, with_preferences(enable_convert_warn_to_block=converts)


@each(ROWS)
def test_whether_it_was_a_warning(row: Row):
    assert warned(*fed(row)) is row.right


@each(ROWS)
def test_only_a_warning_is_said_to_open_without_anybody(row: Row):
    opens = row.right in {Warned.YES, Warned.PAGE}

    assert (how_to_open(*fed(row)) is not None) is opens
    assert (instead_of_exclusion(*fed(row)) is not None) is opens


def test_there_are_enough_rows():
    assert len(ROWS) >= 20


def test_a_missed_site_was_never_warned_about():
    assert warned(missed(unblock=YES, saw="Unblock"), snapshot()) is Warned.NO


def verdict_on(converts: bool | None = False, *, events: bool = True, **parts: object) -> Verdict:
    about = report(**parts)
    logged = (event(),) if events else ()
    device = with_preferences(enable_convert_warn_to_block=converts)
    device = type(device)(**{**_parts(device), "events": logged})
    return conclude(about, device, judge(device, report=about))


def _parts(device: Snapshot) -> dict[str, object]:
    return {name: getattr(device, name) for name in device.__dataclass_fields__}


def all_of(verdict: Verdict) -> str:
    return " ".join(map(str, (verdict.employee, verdict.it, *verdict.hints)))


def test_a_warning_is_told_as_one_to_both_readers():
    warning, block = verdict_on(unblock=YES), verdict_on(unblock=NO)

    assert warning.code is block.code is VerdictCode.BLOCKED_BY_NETWORK_PROTECTION
    assert warning.confidence is block.confidence
    assert warning.evidence == block.evidence
    assert "only warned about shop.example.com. You can open it yourself" in str(warning.employee)
    assert "it was a warning, not a block" in str(warning.it)
    assert "EnableConvertWarnToBlock is off on this PC" in all_of(warning)
    assert "Unblock" not in all_of(block)


@pytest.mark.parametrize(
    ("converts", "button", "words"),
    [
        (None, YES, "could not be read"),
        (True, YES, "now turns warnings into blocks"),
        (False, UNKNOWN, "not known whether this was a warning or a block"),
    ],
)
def test_it_reads_what_is_not_sure_about_the_button(converts: bool | None, button: UnblockButton, words: str):
    assert words in all_of(verdict_on(converts, unblock=button))


def test_a_button_without_an_event_makes_no_record_less_sure():
    verdict = verdict_on(events=False, unblock=YES)

    assert verdict.code is VerdictCode.NOT_REPRODUCED
    assert verdict.confidence is not Confidence.HIGH
    assert "Only a warning of network protection has one" in all_of(verdict)


def test_edge_shows_a_warning_as_a_page():
    verdict = verdict_on(events=False, unblock=YES, program=Program.EDGE)

    assert verdict.code is VerdictCode.NOT_COVERED
    assert "continue on the warning page" in str(verdict.employee)
    assert "PreventSmartScreenPromptOverride" in str(verdict.it)


def test_the_words_survive_storage():
    verdict = verdict_on(unblock=YES)

    assert Verdict.from_json(verdict.as_json()) == verdict
    assert isinstance(how_to_open(report(unblock=YES), None), Text)


@pytest.mark.django_db(transaction=True)
def test_the_report_says_first_that_the_site_can_be_opened_and_the_case_does_too(lab_server, client: Client):
    pc = healthy_windows_11()
    device = device_at(lab_server(pc), owner=person(EMMA))
    client.force_login(person(EMMA))
    form = {
        "kind": "safe_site_blocked",
        "program": "chrome",
        "address": "https://invoices.contoso-partner.example/portal",
        "device": str(device.pk),
        "happened_at": timezone.now().isoformat(),
        "unblock": "offered",
    }

    shown = client.post("/report/steps/4/", form).content.decode()
    client.post("/report/", form)
    case = Case.objects.get()
    before = client.get(f"/cases/{case.number}/").content.decode()
    run_checks(case.check_runs.get().pk, plan=plan(**QUICK))
    after = client.get(f"/cases/{case.number}/").content.decode()
    asking = client.get(f"/cases/{case.number}/exclusion/").content.decode()
    client.force_login(person(IVO))
    for_it = client.get(f"/cases/{case.number}/").content.decode()

    assert "You can open this site yourself" in shown
    assert case.unblock == "offered"
    assert before.index("You can open it yourself") < before.index("stage-line")
    assert "You can open it yourself" in after
    assert "This can be opened without an exclusion" in asking
    assert "it was a warning, not a block" in for_it


@pytest.mark.django_db(transaction=True)
def test_a_pc_that_turns_warnings_into_blocks_promises_nothing(lab_server, client: Client):
    pc = healthy_windows_11()
    pc.set_preferences({"EnableConvertWarnToBlock": True})

    case = visited(lab_server(pc), unblock=YES)
    client.force_login(person(EMMA))

    page = client.get(f"/cases/{case.number}/").content.decode()
    assert "open it yourself" not in page
    assert "IT will find out whose list it is on" in page
