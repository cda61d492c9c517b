"""The request for an exclusion: text and choices become an ExclusionRequest, judged by the linter on the way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from troubleshooting.domain.advice.lint_base import Draft, LintFinding
from troubleshooting.domain.advice.lint_texts import LintCode
from troubleshooting.domain.advice.linter import lint
from troubleshooting.domain.cases.indicator import InvalidIndicator, read_address
from troubleshooting.domain.cases.masked import mask_indicator
from troubleshooting.domain.cases.repairs import REPAIR_TEXTS
from troubleshooting.domain.exclusions.exclusion import (
    EVERYONE,
    LOCAL_KINDS,
    USUAL_LIFETIME,
    ExclusionKind,
    Scope,
    ScopeKind,
)
from troubleshooting.domain.exclusions.request import ExclusionRequest
from troubleshooting.domain.exclusions.value_errors import GROUP_NOT_IN_TENANT, TENANT_NOT_SET_UP
from troubleshooting.domain.exclusions.values import read_value
from troubleshooting.forms.base.fields import CardSelect, LongTextField
from troubleshooting.models import Case
from troubleshooting.models.choices import EXCLUSION_REASON_LABELS, choices_of
from troubleshooting.queries.base.words import translated
from troubleshooting.queries.exclusions.request_page import AskPage, lint_context

KIND_CARDS: Mapping[str, tuple[str, Any]] = {
    ExclusionKind.ALLOW_INDICATOR.value: (
        "globe-alt",
        gettext_lazy("One site is allowed. Everything else is still checked. Takes up to two hours to take effect."),
    ),
    ExclusionKind.IP_ADDRESS.value: ("server", gettext_lazy("Traffic between the PC and one address is not checked.")),
    ExclusionKind.PROCESS.value: ("cube", gettext_lazy("One program is no longer checked. A last resort.")),
}
KINDS = (
    (ExclusionKind.ALLOW_INDICATOR.value, gettext_lazy("One site")),
    (ExclusionKind.IP_ADDRESS.value, gettext_lazy("One IP address")),
    (ExclusionKind.PROCESS.value, gettext_lazy("One program")),
)
LAST_MINUTE = time(23, 59)  # the end of the day that was chosen

# Beside which field a refusal stands; all others concern the value.
FIELD_OF: Mapping[LintCode, str] = {
    LintCode.SCOPE_NEEDS_GROUP: "scope",
    LintCode.WIDE_SCOPE: "scope",
    LintCode.INDICATOR_TAKEN: "scope",
    LintCode.LIFETIME_NONE: "ends_on",
    LintCode.LIFETIME_TOO_LONG: "ends_on",
    LintCode.LOCAL_LISTS_IGNORED: "kind",
    LintCode.TAMPER_PROTECTED: "kind",
    LintCode.LISTS_HIDDEN: "kind",
    LintCode.LISTS_UNREADABLE: "kind",
    LintCode.TROUBLESHOOTING_MODE: "kind",
}


class KindSelect(CardSelect):
    """The kinds as cards; what is not set up can be read, not chosen."""

    kinds: frozenset[ExclusionKind] = LOCAL_KINDS  # that the portal can set; the form says so

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Switch off the kinds that the portal cannot set, and say why."""
        option = super().create_option(name, value, *args, **kwargs)
        if str(value) not in set(self.kinds):
            option["attrs"]["disabled"] = True
            option["hint"] = translated(TENANT_NOT_SET_UP)
        return option


class EndField(forms.DateField):
    """The last day of an exclusion; cleaned to its last minute in the person's zone, never after the longest time."""

    default_error_messages = {
        "required": gettext_lazy("Choose the last day, for example %(example)s."),
        "invalid": gettext_lazy("Enter a day, for example %(example)s."),
        "past": gettext_lazy("The end date must be in the future, for example %(example)s."),
        "too_late": gettext_lazy("This is later than allowed. Choose %(example)s or an earlier date."),
    }

    def __init__(self, **kwargs: Any) -> None:
        """Show the browser's own picker."""
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)
        self.now, self.latest, self.zone = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), UTC

    def prepare(self, *, now: datetime, latest: datetime, zone: tzinfo) -> None:
        """Take the moment of the request, the latest end that is allowed, and the person's zone."""
        self.now, self.latest, self.zone = now, latest, zone  # type: ignore[assignment]
        self.widget.attrs |= {
            "min": now.astimezone(zone).date().isoformat(),
            "max": latest.astimezone(zone).date().isoformat(),
        }

    def clean(self, value: Any) -> Any:
        """Return the moment of the end, or None for an optional empty one."""
        if value in self.empty_values:
            if self.required:
                raise self._refusal("required")
            return None
        try:
            day: date = date.fromisoformat(str(value).strip())
        except ValueError as error:
            raise self._refusal("invalid") from error
        last = self.latest.astimezone(self.zone).date()
        if day > last:
            raise self._refusal("too_late")
        if day < self.now.astimezone(self.zone).date():
            raise self._refusal("past")
        return min(datetime.combine(day, LAST_MINUTE, self.zone).astimezone(UTC), self.latest)

    def _refusal(self, code: str) -> ValidationError:
        example = self.latest.astimezone(self.zone).date().isoformat()
        return ValidationError(self.error_messages[code], code=code, params={"example": example})


class ExclusionForm(forms.Form):
    """What is asked for. Warnings of the linter have to be confirmed; refusals stand beside their field."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What should not be checked?"),
        choices=KINDS,
        widget=KindSelect(KIND_CARDS),
        error_messages={
            "required": gettext_lazy("Choose one of the kinds, for example “One IP address”."),
            "invalid_choice": gettext_lazy("Choose one of the kinds, for example “One IP address”."),
        },
    )
    value = forms.CharField(
        label=gettext_lazy("Address or program"),
        help_text=gettext_lazy(
            "One site, for example shop.example.com, one IPv4 address, for example 203.0.113.7, or "
            "the full path of one program, for example C:\\Program Files\\App\\app.exe."
        ),
        max_length=1024,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={
            "required": gettext_lazy(r"Enter what it is for, for example 203.0.113.7 or C:\Program Files\App\app.exe."),
            "max_length": gettext_lazy("This is too long. A valid example: 203.0.113.7."),
            "null_characters_not_allowed": gettext_lazy("This contains control characters. Type it again."),
        },
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("For whom?"),
        initial=ScopeKind.DEVICE.value,
        error_messages={
            "required": gettext_lazy("Choose for whom, for example this PC."),
            "invalid_choice": gettext_lazy("Choose one of the three, for example this PC."),
        },
    )
    ends_on = EndField(label=gettext_lazy("Last day"))
    reason_code = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[("", gettext_lazy("Choose …")), *choices_of(EXCLUSION_REASON_LABELS)],
        error_messages={
            "required": gettext_lazy("Choose a reason, for example “Business need”."),
            "invalid_choice": gettext_lazy("Choose a reason from the list, for example “Business need”."),
        },
    )
    reason = LongTextField(
        label=gettext_lazy("What is it needed for?"),
        help_text=gettext_lazy(
            "The people who decide read this: what work is not possible without it, and who asked for it."
        ),
        max_length=2000,
        error_messages={
            "required": gettext_lazy("Write what it is needed for, for example “Invoices of our supplier Contoso”."),
            "max_length": gettext_lazy("Shorten this to 2,000 characters."),
            "null_characters_not_allowed": gettext_lazy("This contains control characters. Type it again."),
        },
    )
    confirmed = forms.Field(  # the codes of the warnings that were shown; anything else counts for nothing
        label=gettext_lazy("Reasons against it"), required=False
    )

    def __init__(
        self,
        *args: Any,
        case: Case,
        page: AskPage,
        now: datetime,
        zone: tzinfo,
        longest: timedelta,
        kinds: frozenset[ExclusionKind],
        **kwargs: Any,
    ) -> None:
        """Take the case with its evidence, the moment, the person's zone, the longest time, and the kinds there are."""
        super().__init__(*args, **kwargs)
        self.case, self.page, self.now, self.longest, self.kinds = case, page, now, longest, kinds
        self.findings: tuple[LintFinding, ...] = ()
        self.warnings: tuple[LintFinding, ...] = ()
        self.needs_confirmation = False
        self.read_as, self.repairs = "", ""  # the address, and what was mended in it, where it is not as typed
        self.fields["scope"].choices = self._scopes()  # type: ignore[attr-defined]
        cards, end = self.fields["kind"].widget, self.fields["ends_on"]
        assert isinstance(cards, KindSelect)
        assert isinstance(end, EndField)
        cards.kinds = kinds
        end.prepare(now=now, latest=now + longest, zone=zone)
        end.initial = (now + min(USUAL_LIFETIME, longest)).astimezone(zone).date()

    @property
    def confirmed_codes(self) -> str:
        """Return what the checkbox sends: the codes of the warnings beside it."""
        return ",".join(sorted({finding.code.value for finding in self.warnings}))

    def clean_kind(self) -> ExclusionKind:
        """Return the kind; one that is not set up cannot be asked for."""
        kind = ExclusionKind(self.cleaned_data["kind"])
        if kind not in self.kinds:
            raise ValidationError(translated(TENANT_NOT_SET_UP), code="not_set_up")
        return kind

    def clean_scope(self) -> Scope:
        """Return the scope around the case's PC."""
        kind = ScopeKind(self.cleaned_data["scope"])
        device = self.case.device
        targets = {ScopeKind.DEVICE: device.pk, ScopeKind.GROUP: device.group_id}
        return EVERYONE if kind is ScopeKind.EVERYONE else Scope(kind, targets[kind])

    def clean(self) -> dict[str, Any]:
        """Ask the linter; refusals become errors of their field, warnings have to be confirmed."""
        cleaned = super().clean() or {}
        if not {"kind", "value", "scope"} <= cleaned.keys():
            return cleaned
        if self._lacks_tenant_group(cleaned):
            self.add_error("scope", translated(GROUP_NOT_IN_TENANT))
            return cleaned
        value = cleaned["value"] = read_value(cleaned["kind"], self._as_meant(cleaned["kind"], cleaned["value"]))
        draft = Draft(cleaned["kind"], value, cleaned["scope"], self._lifetime(cleaned))
        context = lint_context(self.case.report, self.page.snapshot, draft, longest=self.longest)
        self.findings = lint(draft, context)
        for finding in self.findings:
            if finding.is_refusal:
                self._refuse(finding)
        self._ask_to_look()
        self.warnings = tuple(finding for finding in self.findings if not finding.is_refusal)
        self._ask_to_confirm(cleaned)
        return cleaned

    def request(self) -> ExclusionRequest:
        """Return what is asked for; belongs after is_valid()."""
        cleaned = self.cleaned_data
        return ExclusionRequest(
            value=cleaned["value"],
            scope=cleaned["scope"],
            expires_at=cleaned["ends_on"],
            reason_code=cleaned["reason_code"],
            reason=cleaned["reason"],
            findings=[finding.as_json() for finding in self.findings],
        )

    def _as_meant(self, kind: ExclusionKind, text: str) -> str:
        """Return the address in a text, mended as in a report; a text that is none, and a program, as they are."""
        if kind is ExclusionKind.PROCESS:
            return text
        try:
            reading = read_address(text)
        except InvalidIndicator:  # why it is no value of the kind is said by what reads values
            return text
        found, is_site = reading.indicator, kind is ExclusionKind.ALLOW_INDICATOR
        if not reading.repairs or not (is_site or found.address):
            return text
        self.read_as = mask_indicator(found).value if is_site else found.host
        self.repairs = " ".join(translated(REPAIR_TEXTS[repair]) for repair in reading.repairs)
        return found.value if is_site else found.host

    def _ask_to_look(self) -> None:
        """An exclusion opens something: what was mended in the address has to be seen first (``value_seen``)."""
        if self.read_as and "value" not in self.errors and self.data.get("value_seen") != self.read_as:
            question = _("We read this as %(address)s. If that is right, ask again.")
            self.add_error("value", question % {"address": self.read_as})

    def _lacks_tenant_group(self, cleaned: dict[str, Any]) -> bool:
        is_for_group = cleaned["scope"].kind is ScopeKind.GROUP and cleaned["kind"] not in LOCAL_KINDS
        return is_for_group and not self.case.device.group.tenant_name

    def _scopes(self) -> list[tuple[str, str]]:
        group = _("All PCs in the group %(group)s") % {"group": self.case.device.group.name}
        return [
            (ScopeKind.DEVICE.value, _("This PC only (%(pc)s)") % {"pc": self.case.device.hostname}),
            (ScopeKind.GROUP.value, f"{group} ({_pcs(self.page.group_size)})"),
            (ScopeKind.EVERYONE.value, f"{_('Everyone')} ({_pcs(self.page.everyone)})"),
        ]

    def _lifetime(self, cleaned: dict[str, Any]) -> timedelta:
        """Return how long it lasts; an end in error has its own sentence already."""
        end: datetime | None = cleaned.get("ends_on")
        return end - self.now if end else min(USUAL_LIFETIME, self.longest)

    def _refuse(self, finding: LintFinding) -> None:
        field = FIELD_OF.get(finding.code, "value") if isinstance(finding.code, LintCode) else "value"
        self.add_error(field, sentences(finding))

    def _ask_to_confirm(self, cleaned: dict[str, Any]) -> None:
        seen = set(str(cleaned.get("confirmed") or "").split(","))
        unseen = {finding.code.value for finding in self.warnings} - seen
        self.needs_confirmation = bool(unseen)
        if unseen:
            self.add_error("confirmed", _("Read the reasons against it, and confirm that it is still needed."))


def sentences(finding: LintFinding) -> str:
    """Return a finding with its narrower alternative, in the reader's language."""
    return " ".join(translated(text) for text in (finding.text, finding.narrower) if text)


def _pcs(number: int) -> str:
    return ngettext("%(n)d PC", "%(n)d PCs", number) % {"n": number}
