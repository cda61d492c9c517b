"""One answer to several requests: which ones, as they were read, and the words for all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from troubleshooting.actions.exclusions.bulk import MOST_IN_BULK, Seen
from troubleshooting.forms.base.fields import LongTextField
from troubleshooting.forms.exclusions.decision import NO_CONTROL, TOO_LONG

_REQUEST = re.compile(r"([0-9]{1,18})(?::([0-9a-f]{64}))?")


class Answer(StrEnum):
    """What is said to all of them."""

    APPROVE = "approve"
    REJECT = "reject"


class RequestsField(forms.Field):
    """Requests by number, each with the digest that was read where it was; cleaned to a tuple of Seen."""

    widget = forms.MultipleHiddenInput
    default_error_messages = {
        "required": _("Choose at least one request from the list of exclusions."),
        "invalid": _("Something other than a request was selected. Go back to the list and choose again."),
        "too_many": _("Choose at most %(most)d requests. You selected %(count)d. Decide the rest afterwards."),
    }

    def clean(self, value: Any) -> tuple[Seen, ...]:
        """Return each request once, in the order in which they came."""
        if not value:
            raise ValidationError(self.error_messages["required"], code="required")
        if not all(map(_REQUEST.fullmatch, value)):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        requests = readable(value)
        if len(requests) > MOST_IN_BULK:
            facts = {"most": MOST_IN_BULK, "count": len(requests)}
            raise ValidationError(self.error_messages["too_many"], code="too_many", params=facts)
        return requests


def readable(values: Iterable[str]) -> tuple[Seen, ...]:
    """Return the requests among what was sent, each once."""
    found = filter(None, map(_REQUEST.fullmatch, values))
    return tuple(Seen(pk, digest) for pk, digest in {int(match[1]): match[2] or "" for match in found}.items())


class PickForm(forms.Form):
    """Which requests."""

    pick = RequestsField(label=_("Requests"))

    @property
    def readable(self) -> tuple[Seen, ...]:
        """Return the requests that can be shown, also where there is an error: never more than can be decided."""
        sent = self["pick"].data
        return readable(sent or ())[:MOST_IN_BULK]


class BulkForm(PickForm):
    """The answer to them."""

    answer = forms.ChoiceField(
        label=_("Your decision"),
        choices=[(answer.value, answer.value) for answer in Answer],
        error_messages={
            "required": _("Choose one of the two: approve all, or reject all."),
            "invalid_choice": _("Choose one of the two: approve all, or reject all."),
        },
    )
    note = LongTextField(
        label=_("Note for all of them"),
        help_text=_(
            "If you reject: say why, and what would change the decision. The people who made the requests can read it."
        ),
        required=False,
        max_length=2000,
        error_messages={"max_length": TOO_LONG, "null_characters_not_allowed": NO_CONTROL},
    )

    def clean(self) -> dict[str, Any]:
        """Ask for words where the answer is no."""
        cleaned = super().clean() or {}
        if cleaned.get("answer") == Answer.REJECT and cleaned.get("note") == "":
            self.add_error(
                "note",
                _("Say why, and what would change the decision, for example “Ask for the group of the finance PCs”."),
            )
        return cleaned
