"""A report that is being written, in words, for a last look before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.cases.case import UnblockButton
from troubleshooting.models.choices import PROBLEM_LABELS, PROGRAM_LABELS, UNBLOCK_LABELS
from troubleshooting.queries.base.words import label_of


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One answer, and the step that asked for it."""

    label: Promise
    value: str | Promise
    step: int
    at: datetime | None = None  # instead of a value, to be shown in the person's zone
    typed: str = ""  # what the value was read from, where that is something else


def review_rows(cleaned: Mapping[str, Any], *, hostname: str, typed_address: str = "") -> list[ReviewRow]:
    """Return what was answered so far; an answer that is missing or wrong has no row.

    ``typed_address`` is what was typed, where the address was read from something else than itself.
    """
    program = cleaned.get("program_name") or label_of(PROGRAM_LABELS, cleaned.get("program"))
    indicator = cleaned.get("address")
    rows = [
        ReviewRow(_("Problem"), label_of(PROBLEM_LABELS, cleaned.get("kind")) or "", 1),
        ReviewRow(_("Program"), program or "", 1),
        ReviewRow(_("Address"), indicator.value if indicator else "", 2, typed=typed_address),
        ReviewRow(_("PC"), hostname, 3),
        ReviewRow(_("When"), "", 3, at=cleaned.get("happened_at")),
        ReviewRow(_("Button to open it anyway"), _answer(cleaned.get("unblock")), 4),
        ReviewRow(_("What you saw"), cleaned.get("saw", ""), 4),
        ReviewRow(_("Why it matters"), cleaned.get("reason", ""), 4),
    ]
    return [row for row in rows if row.value or row.at]


def _answer(unblock: str | None) -> str | Promise:
    """Return the answer about the button, "" where it says nothing."""
    return "" if unblock in (None, "", UnblockButton.UNKNOWN) else label_of(UNBLOCK_LABELS, unblock) or ""
