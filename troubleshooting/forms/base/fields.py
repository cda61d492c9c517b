"""Form fields that give domain values, with errors that name the reason and a right example."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.base.masking import mask_text
from troubleshooting.domain.cases.indicator import Indicator, InvalidIndicator, parse_indicator, read_address
from troubleshooting.queries.base.words import translated

CLOCK_TOLERANCE = timedelta(minutes=5)  # clocks of PCs and phones differ
# Of a link that wraps another address
WRAPPED = _("This is a link from %(service)s that leads to another address. Choose the one that your report is about.")
HIDDEN = _(
    "This is a link from %(service)s that leads to another address, which it does not show. Enter the address that the "
    "address bar or the message shows, for example https://www.example.com/page."
)
INPUT_FORM = "%Y-%m-%dT%H:%M"  # what datetime-local reads and sends


class CardSelect(forms.RadioSelect):
    """Radio buttons that are shown as cards; each option carries its hint and icon for the template."""

    def __init__(self, cards: Mapping[str, tuple[str, Any]] | None = None) -> None:
        """Take (icon, hint) for each value."""
        super().__init__()
        self.cards = cards or {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add hint and icon to what Django gives."""
        option = super().create_option(name, value, *args, **kwargs)
        icon, hint = self.cards.get(str(value), ("", ""))
        return {**option, "icon": icon, "hint": hint}


class AddressField(forms.CharField):
    """An address as people write it; cleaned to an Indicator."""

    widget = forms.TextInput(
        attrs={"inputmode": "url", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
    )

    def clean(self, value: Any) -> Indicator:
        """Return the Indicator, or the sentence that says what is wrong with the text."""
        text = "" if value is None else str(value)
        try:
            return parse_indicator(text)
        except InvalidIndicator as error:
            raise ValidationError(translated(error.text), code=error.code.value) from error


class TypedAddressField(AddressField):
    """An address as people paste it; cleaned to the Reading: what it was read as, what was mended, what it wraps."""

    def clean(self, value: Any) -> Any:
        """Return the Reading, or the sentence that says what is wrong with the text."""
        try:
            return read_address("" if value is None else str(value))
        except InvalidIndicator as error:
            raise ValidationError(translated(error.text), code=error.code.value) from error


class LongTextField(forms.CharField):
    """Free words of several lines; a line break counts as one character, as in the browser.

    Secrets in addresses among them are masked: what people write in such a field is stored.
    """

    def __init__(self, **kwargs: Any) -> None:
        """Show a text area that grows."""
        super().__init__(widget=forms.Textarea(attrs={"rows": 3}), **kwargs)

    def to_python(self, value: Any) -> str:
        """Return the text with plain line breaks."""
        text = super().to_python(value) or ""
        return mask_text(text.replace("\r\n", "\n").replace("\r", "\n").strip())


class MomentField(forms.Field):
    """A date and time in the person's zone; cleaned to an aware datetime that lies in the recent past."""

    default_error_messages = {
        "required": _("Enter when it happened, for example %(example)s."),
        "invalid": _("Enter a date and a time, for example %(example)s."),
        "future": _("This is in the future. Enter when it happened, for example %(example)s."),
        "too_old": _("This is more than %(days)d days ago. Enter a more recent time, for example %(example)s."),
    }

    def __init__(self, **kwargs: Any) -> None:
        """Show the browser's own picker; the form fills in clock and zone."""
        super().__init__(widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=INPUT_FORM), **kwargs)
        self.now: datetime | None = None
        self.zone: tzinfo = UTC
        self.longest_ago = timedelta(days=30)

    def prepare(self, *, now: datetime, zone: tzinfo) -> None:
        """Take the moment of the request and the person's zone."""
        self.now, self.zone = now, zone
        self.initial = now.astimezone(zone).replace(tzinfo=None)

    def clean(self, value: Any) -> datetime:
        """Return the moment; never later than now."""
        text = str(value or "").strip()
        if not text:
            raise self._refusal("required")
        moment = self._read(text)
        now = self._now()
        if moment > now + CLOCK_TOLERANCE:
            raise self._refusal("future")
        if moment < now - self.longest_ago:
            raise self._refusal("too_old")
        return min(moment, now)

    def _read(self, text: str) -> datetime:
        try:
            moment = datetime.fromisoformat(text)
            aware = moment if moment.tzinfo else moment.replace(tzinfo=self.zone)
            return aware.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self._refusal("invalid") from error

    def _now(self) -> datetime:
        if self.now is None:
            raise RuntimeError("MomentField needs prepare() before it cleans")
        return self.now

    def _refusal(self, code: str) -> ValidationError:
        example = self._now().astimezone(self.zone).strftime("%Y-%m-%d %H:%M")
        facts = {"example": example, "days": self.longest_ago.days}
        return ValidationError(self.error_messages[code], code=code, params=facts)
