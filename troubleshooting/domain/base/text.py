"""Sentences that can be stored, compared and translated without importing Django.

A rule says *what* it has to say as a :class:`Text`: an English message with named places and the values
for them. The page translates the message and fills the places; the database keeps both apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


def gettext_noop(message: str) -> str:
    """Mark a message for ``makemessages`` and give it back unchanged."""
    return message


@dataclass(frozen=True, slots=True)
class Text:
    """An English message in ``%(name)s`` form and the values for its places."""

    message: str
    values: tuple[tuple[str, str | int], ...] = ()

    def __str__(self) -> str:
        """Return the English sentence."""
        return self.message % dict(self.values) if self.values else self.message

    def as_json(self) -> dict[str, Any]:
        """Return the form that is stored: ``{"message": …, "values": {…}}``."""
        return {"message": self.message, "values": dict(self.values)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Text:
        """Read back what :meth:`as_json` gave."""
        return say(stored["message"], **stored["values"])


def say(message: str, **values: str | int) -> Text:
    """Make a Text; mark the message with ``gettext_noop`` (as ``_``) where it is written.

    The values stand in the order of their names, so that a Text equals itself after a stay in a jsonb column, which
    keeps no order.
    """
    return Text(message, tuple(sorted(values.items())))
