"""The report form: every wrong input gets a sentence beside its field; a right one becomes a Report."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from troubleshooting.domain.cases.case import ProblemKind, Program, Report
from troubleshooting.domain.cases.indicator import parse_exact, parse_indicator
from troubleshooting.forms.cases.report import STEPS, ReportForm
from troubleshooting.models import Device
from troubleshooting.queries.cases.device_choices import ONLY_ONE, DeviceChoice

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
DEVICE = Device(pk=7, hostname="PC-0142", description="Notebook")
CHOICES = (DeviceChoice(DEVICE, ONLY_ONE), DeviceChoice(Device(pk=8, hostname="PC-0200")))
RIGHT = {
    "kind": "safe_site_blocked",
    "program": "chrome",
    "program_name": "",
    "address": "shop.example.com",
    "device": "7",
    "happened_at": "2026-11-24T10:45",
    "saw": "Connection blocked",
    "reason": "Invoices\r\nof a supplier",
}
FACTS = {"devices": CHOICES, "now": NOW, "zone": ZoneInfo("Europe/Berlin")}


def form(**changes: str) -> ReportForm:
    return ReportForm({**RIGHT, **changes}, **FACTS)


def errors(bound: ReportForm) -> dict[str, list[str]]:
    return {name: list(messages) for name, messages in bound.errors.items()}


def test_a_right_form_becomes_a_report():
    bound = form()

    assert errors(bound) == {}
    assert bound.chosen_device == DEVICE
    assert bound.typed_address == "shop.example.com"
    assert bound.to_report() == Report(
        kind=ProblemKind.SAFE_SITE_BLOCKED,
        indicator=parse_indicator("shop.example.com"),
        program=Program.CHROME,
        program_name="",
        happened_at=datetime(2026, 11, 24, 9, 45, tzinfo=UTC),
        saw="Connection blocked",
        reason="Invoices\nof a supplier",
    )


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("kind", "", "Choose what is going wrong, for example “A safe site is blocked”."),
        ("kind", "slow", "Choose one of the problems below, for example “A safe site is blocked”."),
        ("program", "", "Choose the program you used, for example “Google Chrome”."),
        ("program", "lynx", "Choose one of the programs below, for example “Google Chrome”."),
        ("program_name", "x" * 261, "This name is too long. Enter only the name of the program, for example Outlook."),
        (
            "address",
            "no address",
            "There is no address of a site in this text. Copy it from the address bar or from the message, for example "
            "https://www.example.com/page.",
        ),
        ("device", "", "Choose the PC it happened on."),
        ("device", "9", "9 is not one of your PCs. Choose one from the list below."),
        ("happened_at", "soon", "Enter a date and a time, for example 2026-11-24 11:00."),
        ("saw", "x" * 2001, "This text is longer than 2,000 characters. Shorten it to what matters most."),
        ("reason", "x" * 2001, "This text is longer than 2,000 characters. Shorten it to what matters most."),
        ("saw", "a\x00b", "Null characters are not allowed."),
    ],
)
def test_a_wrong_input_gets_a_sentence_beside_its_field(field, text, sentence):
    assert errors(form(**{field: text})) == {field: [sentence]}


def test_another_program_needs_its_name():
    sentence = "Enter the name of the program, for example Outlook or outlook.exe."

    assert errors(form(program="other")) == {"program_name": [sentence]}


def test_another_browser_may_stay_without_a_name():
    assert errors(form(program="other_browser")) == {}


def test_a_name_that_belongs_to_an_earlier_choice_is_left_out():
    bound = form(program="firefox", program_name="outlook.exe")

    assert bound.is_valid()
    assert bound.to_report().program_name == ""


def test_every_field_belongs_to_exactly_one_step():
    named = [name for step in STEPS for name in step.fields]

    assert sorted(named) == sorted(ReportForm.base_fields)


def test_a_step_is_judged_by_its_own_fields():
    bound = form(address="", device="")

    assert [bound.is_step_valid(step) for step in STEPS] == [True, False, False, True, True]
    assert bound.first_wrong_step() == STEPS[1]


def test_the_likely_pc_is_chosen_beforehand_and_says_why():
    field = ReportForm(**FACTS)["device"]

    assert field.initial == "7"
    assert [str(option.data["hint"]) for option in field] == ["Your only PC", ""]


# --- The address bar ---


def prefilled(**query: str) -> ReportForm:
    return ReportForm.prefilled(query, **FACTS)


def test_an_empty_address_bar_gives_an_empty_form():
    assert not prefilled().is_bound


def test_the_address_bar_fills_the_fields_and_leaves_the_others_in_peace():
    bound = prefilled(
        kind="dangerous_site_missed",
        url="hxxp://bad.example",
        program="chrome.exe",
        pc="pc-0200",
        when="2026-11-24T09:00:00Z",
        saw="nothing",
    )

    assert errors(bound) == {}
    assert {name: bound[name].value() for name in bound.fields} == {
        "kind": "dangerous_site_missed",
        "program": "chrome",
        "program_name": None,
        "address": "hxxp://bad.example",
        "device": "8",
        "happened_at": "2026-11-24T10:00",
        "saw": "nothing",
        "reason": None,
        "unblock": None,
    }


def test_what_the_address_bar_leaves_out_keeps_its_usual_start():
    bound = prefilled(kind="safe_site_blocked")

    assert bound["device"].value() == "7"
    assert bound["happened_at"].value() == "2026-11-24T11:00"
    assert errors(bound) == {}


def test_an_unknown_program_of_the_address_bar_is_another_program_with_that_name():
    bound = prefilled(program="teams.exe")

    assert (bound["program"].value(), bound["program_name"].value()) == ("other", "teams.exe")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"kind": "slow"}, "kind"),
        ({"url": "a b"}, "address"),
        ({"pc": "PC-9999"}, "device"),
        ({"when": "soon"}, "happened_at"),
        ({"saw": "x" * 2001}, "saw"),
    ],
)
def test_what_the_address_bar_says_is_judged_as_if_typed(query, field):
    assert list(prefilled(**query).errors) == [field]


def test_an_unknown_pc_of_the_address_bar_is_named():
    assert errors(prefilled(pc="PC-9999")) == {
        "device": [("PC-9999 is not one of your PCs. Choose one from the list below.")]
    }


SAFE_LINK = "https://nam06.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.example.org%2Fdoc&reserved=0"
INSIDE = "https://www.example.org/doc"


def test_a_link_that_wraps_another_address_is_asked_about_and_taken_as_the_person_says():
    asked = form(address=SAFE_LINK)
    inside = form(address=SAFE_LINK, address_choice=INSIDE)
    itself = form(address=SAFE_LINK, address_choice=parse_exact(SAFE_LINK).value)

    assert [message[:42] for message in errors(asked)["address"]] == ["This is a link from Microsoft Safe Links t"]
    assert asked.reading.link.inside.value == INSIDE
    assert errors(inside) == errors(itself) == {}
    assert inside.to_report().indicator == parse_indicator(INSIDE)
    assert itself.to_report().indicator.host == "nam06.safelinks.protection.outlook.com"


def test_an_answer_about_another_link_does_not_count():
    assert "address" in errors(form(address=SAFE_LINK, address_choice="https://other.example/"))
    assert errors(form(address="shop.example.com", address_choice=INSIDE)) == {}


def test_a_link_that_hides_its_address_asks_for_it():
    asked = form(address="https://bit.ly/3abc")

    assert "which it does not show" in errors(asked)["address"][0]
    assert asked.reading.link.inside is None
    assert errors(form(address="https://bit.ly/3abc", address_choice="https://bit.ly/3abc")) == {}


def test_what_was_mended_in_an_address_is_said():
    mended = form(address="https//shop.example.com/page,")

    assert errors(mended) == {}
    assert mended.read_as == "https://shop.example.com/page"
    assert mended.repairs == [
        "The beginning of the address was corrected.",
        "Punctuation after the address was removed.",
    ]
    assert form().read_as == ""


def test_an_address_taken_from_a_text_has_to_be_seen_before_the_report_is_sent():
    sentence = {"address": "I cannot open shop.example.com today"}

    first, again = form(**sentence), form(**sentence, address_seen="shop.example.com")

    assert first.ask_to_look()
    assert errors(first) == {"address": ["We took shop.example.com from your text. If it is right, go on."]}
    assert not again.ask_to_look()
    assert errors(again) == {}
    assert not form(address="shop.example.com,").ask_to_look()
