"""The report of a problem: text to domain values, in five short steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.base.masking import mask_text
from troubleshooting.domain.cases.case import ProblemKind, Program, Report, UnblockButton
from troubleshooting.domain.cases.indicator import Indicator, Reading, WrappedLink
from troubleshooting.domain.cases.masked import mask_indicator
from troubleshooting.domain.cases.repairs import REPAIR_TEXTS, TO_BE_SEEN
from troubleshooting.forms.base.fields import HIDDEN, WRAPPED, CardSelect, LongTextField, MomentField, TypedAddressField
from troubleshooting.models import Device
from troubleshooting.models.choices import PROBLEM_LABELS, PROGRAM_LABELS, UNBLOCK_LABELS, choices_of
from troubleshooting.queries.base.words import translated
from troubleshooting.queries.cases.device_choices import DeviceChoice

LONGEST_TEXT = 2000
LONGEST_PROGRAM_NAME = 260

KIND_CARDS: Mapping[str, tuple[str, Any]] = {
    ProblemKind.SAFE_SITE_BLOCKED: ("no-symbol", _("You cannot open a site or a service that you trust.")),
    ProblemKind.DANGEROUS_SITE_MISSED: (
        "shield-exclamation",
        _("A site opened that looks fraudulent or tried to harm you."),
    ),
}

PROGRAM_CARDS: Mapping[str, tuple[str, Any]] = {
    Program.OTHER_BROWSER: ("", _("For example Brave, Opera or Vivaldi")),
    Program.OTHER: ("", _("For example Outlook, Teams or an app your department uses")),
}

UNBLOCK_CARDS: Mapping[str, tuple[str, Any]] = {
    UnblockButton.OFFERED: ("", _("“Unblock” in the notification, or in Edge a way to continue")),
    UnblockButton.NOT_OFFERED: ("", _("Only “OK”, or no message at all")),
}

# Windows names a program by its file; a link of a Windows Security toast may too.
PROGRAM_FILES: Mapping[str, Program] = {
    "msedge.exe": Program.EDGE,
    "chrome.exe": Program.CHROME,
    "firefox.exe": Program.FIREFOX,
}
NAMED_PROGRAMS = frozenset({Program.OTHER_BROWSER, Program.OTHER})

# Name in the address bar -> field.
QUERY_FIELDS: Mapping[str, str] = {
    "kind": "kind",
    "url": "address",
    "program": "program",
    "pc": "device",
    "when": "happened_at",
    "saw": "saw",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One short step of the report."""

    number: int
    key: str  # names its template: report/_step_<key>.html
    title: Promise
    fields: tuple[str, ...]


STEPS: tuple[Step, ...] = (
    Step(1, "problem", _("What is going wrong?"), ("kind", "program", "program_name")),
    Step(2, "address", _("What is the address?"), ("address",)),
    Step(3, "place", _("Which PC was it on, and when did it happen?"), ("device", "happened_at")),
    Step(4, "words", _("What did you see?"), ("unblock", "saw", "reason")),
    Step(5, "review", _("Check your report and send it"), ()),
)


class ReportForm(forms.Form):
    """What the employee reports; ``to_report()`` gives it as the rules need it."""

    kind = forms.ChoiceField(
        label=_("What is going wrong?"),
        choices=choices_of(PROBLEM_LABELS),
        widget=CardSelect(KIND_CARDS),
        error_messages={
            "required": _("Choose what is going wrong, for example “A safe site is blocked”."),
            "invalid_choice": _("Choose one of the problems below, for example “A safe site is blocked”."),
        },
    )
    program = forms.ChoiceField(
        label=_("Which program did you use?"),
        help_text=_("Different parts of Windows protect different programs, so this changes what we check."),
        choices=choices_of(PROGRAM_LABELS),
        widget=CardSelect(PROGRAM_CARDS),
        error_messages={
            "required": _("Choose the program you used, for example “Google Chrome”."),
            "invalid_choice": _("Choose one of the programs below, for example “Google Chrome”."),
        },
    )
    program_name = forms.CharField(
        label=_("Name of the program"),
        required=False,
        max_length=LONGEST_PROGRAM_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "list": "known-programs"}),
        help_text=_("Choose it from the list or type its name. A name ending in .exe is the surest."),
        error_messages={
            "max_length": _("This name is too long. Enter only the name of the program, for example Outlook.")
        },
    )
    address = TypedAddressField(
        label=_("Address of the site"),
        help_text=_("Copy it from the address bar or from the message you saw. A host name or an IP address will do."),
    )
    device = forms.ChoiceField(
        label=_("Which PC was it on?"),
        widget=CardSelect(),
        error_messages={
            "required": _("Choose the PC it happened on."),
            "invalid_choice": _("%(value)s is not one of your PCs. Choose one from the list below."),
        },
    )
    happened_at = MomentField(
        label=_("When did it happen?"),
        help_text=_("The current time is filled in. Change it if it happened earlier."),
    )
    unblock = forms.ChoiceField(
        label=_("Did the message have a button to open the site anyway?"),
        required=False,
        choices=choices_of(UNBLOCK_LABELS),
        widget=CardSelect(UNBLOCK_CARDS),
        error_messages={"invalid_choice": _("Choose one of the answers below, for example “I don't know”.")},
    )
    saw = LongTextField(
        label=_("What did the message say?"),
        required=False,
        max_length=LONGEST_TEXT,
        help_text=_("The text of the notification or page, as well as you remember it."),
        error_messages={"max_length": _("This text is longer than 2,000 characters. Shorten it to what matters most.")},
    )
    reason = LongTextField(
        label=_("Why does it matter?"),
        required=False,
        max_length=LONGEST_TEXT,
        error_messages={"max_length": _("This text is longer than 2,000 characters. Shorten it to what matters most.")},
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        devices: Sequence[DeviceChoice],
        now: datetime,
        zone: tzinfo,
    ) -> None:
        """Take the person's PCs, the moment of the request and the person's time zone."""
        super().__init__(data)
        self.reading: Reading | None = None
        self._meant: Indicator | None = None
        self._devices = {str(choice.device.pk): choice.device for choice in devices}
        field = self.fields["device"]
        assert isinstance(field, forms.ChoiceField)  # narrows the type
        field.choices = [(key, device.hostname) for key, device in self._devices.items()]
        field.widget = CardSelect(_device_cards(devices))
        field.widget.choices = field.choices
        likely = next((str(choice.device.pk) for choice in devices if choice.is_likely), None)
        field.initial = likely
        moment = self.fields["happened_at"]
        assert isinstance(moment, MomentField)  # narrows the type
        moment.prepare(now=now, zone=zone)

    @classmethod
    def prefilled(
        cls, query: Mapping[str, str], *, devices: Sequence[DeviceChoice], now: datetime, zone: tzinfo
    ) -> ReportForm:
        """Return a form filled from the address bar: judged as if typed, silent about what was not given."""
        given = _read_query(query, devices=devices, zone=zone)
        form = cls(devices=devices, now=now, zone=zone)
        if not given:
            return form
        blank = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
        blank["happened_at"] = _input_text(blank["happened_at"])
        form = cls(
            {name: value for name, value in {**blank, **given}.items() if value is not None},
            devices=devices,
            now=now,
            zone=zone,
        )
        for name in set(form.errors) - set(given):
            del form.errors[name]
        return form

    def clean_address(self) -> Indicator:
        """Return the address that is meant; of a link that wraps another, the one that the person chose.

        The choice (``address_choice`` in the data) is an address itself, so that it does not outlive a changed text.
        """
        reading: Reading = self.cleaned_data["address"]
        inside = reading.link.inside if reading.link else None
        choice = self.address_choice
        self.reading = reading
        if reading.link is None or choice == reading.indicator.value:
            self._meant = reading.indicator
        elif inside is not None and choice == inside.value:
            self._meant = inside
        else:
            words = HIDDEN if inside is None else WRAPPED
            raise forms.ValidationError(words, code="wrapped_link", params={"service": reading.link.service})
        return self._meant

    def ask_to_look(self) -> bool:
        """Tell whether the person has to see first which address was taken from the text; the error says so."""
        if self.errors.get("address") or self.reading is None or not TO_BE_SEEN & {*self.reading.repairs}:
            return False
        shown = self.read_as
        if self.data.get("address_seen") == shown:
            return False
        self.add_error(
            "address", str(_("We took %(address)s from your text. If it is right, go on.")) % {"address": shown}
        )
        return True

    @property
    def read_as(self) -> str:
        """Return the address as it was read, where something was mended or taken out of a link; "" elsewhere."""
        if self.reading is None or self._meant is None:
            return ""
        is_as_typed = not self.reading.repairs and self._meant == self.reading.indicator
        return "" if is_as_typed else mask_indicator(self._meant).value

    @property
    def link(self) -> WrappedLink | None:
        """Return what the typed link wraps; None for an address of its own."""
        return self.reading.link if self.reading else None

    @property
    def address_choice(self) -> str:
        """Return which of the two addresses of a wrapped link was chosen, "" while none is."""
        return str(self.data.get("address_choice", ""))

    @property
    def repairs(self) -> list[str]:
        """Return what was mended in the address, in sentences."""
        return [translated(REPAIR_TEXTS[repair]) for repair in self.reading.repairs] if self.reading else []

    def clean(self) -> dict[str, Any]:
        """A program that is none of the known ones needs its name; the others need none. Secrets are masked."""
        cleaned = super().clean() or self.cleaned_data
        if "address" in cleaned:
            cleaned["address"] = mask_indicator(cleaned["address"])
        program = cleaned.get("program")
        if program == Program.OTHER and not cleaned.get("program_name") and "program_name" not in self.errors:
            self.add_error("program_name", str(_("Enter the name of the program, for example Outlook or outlook.exe.")))
        if cleaned.get("kind") == ProblemKind.DANGEROUS_SITE_MISSED:
            cleaned["unblock"] = ""
        if program and Program(program) not in NAMED_PROGRAMS:
            cleaned["program_name"] = ""
        return cleaned

    @property
    def chosen_device(self) -> Device:
        """Return the chosen PC of a valid form."""
        return self._devices[self.cleaned_data["device"]]

    @property
    def hostname(self) -> str:
        """Return the chosen PC's name, or nothing while none is chosen."""
        device = self._devices.get(self.cleaned_data.get("device", ""))
        return device.hostname if device else ""

    @property
    def typed_address(self) -> str:
        """Return the address as typed, for the record, its secrets masked."""
        return mask_text(str(self.data.get("address", "")).strip())

    def to_report(self) -> Report:
        """Return the report of a valid form."""
        cleaned = self.cleaned_data
        return Report(
            kind=ProblemKind(cleaned["kind"]),
            indicator=cleaned["address"],
            program=Program(cleaned["program"]),
            program_name=cleaned["program_name"],
            happened_at=cleaned["happened_at"],
            saw=cleaned["saw"],
            reason=cleaned["reason"],
            unblock=UnblockButton(cleaned["unblock"] or UnblockButton.UNKNOWN),
        )

    def fields_of(self, step: Step) -> list[forms.BoundField]:
        """Return the fields of a step, bound."""
        return [self[name] for name in step.fields]

    def is_step_valid(self, step: Step) -> bool:
        """Tell whether nothing is wrong with the fields of a step."""
        return not any(name in self.errors for name in step.fields)

    def first_wrong_step(self) -> Step | None:
        """Return the first step with an error, or None."""
        return next((step for step in STEPS if not self.is_step_valid(step)), None)


def _device_cards(devices: Iterable[DeviceChoice]) -> dict[str, tuple[str, Any]]:
    return {str(c.device.pk): ("computer-desktop", c.reason or c.device.description) for c in devices}


def _read_query(query: Mapping[str, str], *, devices: Sequence[DeviceChoice], zone: tzinfo) -> dict[str, str]:
    """Return the values of the fields that the address bar names."""
    given = {field: query[name] for name, field in QUERY_FIELDS.items() if query.get(name)}
    if "device" in given:
        given["device"] = _device_key(given["device"], devices)
    if "happened_at" in given:
        given["happened_at"] = _local(given["happened_at"], zone)
    return {**given, **_read_program(given["program"])} if "program" in given else given


def _read_program(text: str) -> dict[str, str]:
    """Read a code, or the file name of a program."""
    known = PROGRAM_FILES.get(text.casefold())
    if known:
        return {"program": known.value}
    if text in list(Program):
        return {"program": text}
    return {"program": Program.OTHER.value, "program_name": text}


def _device_key(name: str, devices: Sequence[DeviceChoice]) -> str:
    """Return the value of the PC with this name, or the name itself, which the field then refuses."""
    return next((str(c.device.pk) for c in devices if c.device.hostname.casefold() == name.casefold()), name)


def _local(text: str, zone: tzinfo) -> str:
    """Return a moment with an offset as the person's local time, which the browser's picker needs."""
    try:
        moment = datetime.fromisoformat(text)
        return _input_text(moment.astimezone(zone)) if moment.tzinfo else text
    except (ValueError, OverflowError):
        return text


def _input_text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M")
