"""Stored codes and sentences, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext

from troubleshooting.domain.base.text import Text
from troubleshooting.models.choices import Labels


def translated(text: Text) -> str:
    """Return the sentence in the language of the request, its places filled."""
    message = gettext(text.message)
    return message % dict(text.values) if text.values else message


def stored_text(stored: Mapping[str, Any] | None) -> Text | None:
    """Read a stored sentence; None where there is none."""
    return Text.from_json(stored) if stored else None


def words_of(labels: Labels) -> dict[str, str]:
    """Return the labels by their codes, in the reader's language: for many rows at once."""
    return {code.value: str(label) for code, label in labels.items()}


def label_of(labels: Labels, code: object) -> Promise | None:
    """Return the label of a stored code, or None where the code is empty or unknown."""
    return next((label for known, label in labels.items() if known.value == code), None)
