"""What the words for a device error are made of, and the sentences that several of them share."""

from __future__ import annotations

from dataclasses import dataclass

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _


@dataclass(frozen=True, slots=True)
class DeviceErrorText:
    """The words for one device error: a short title, the human cause, and who can do what."""

    title: Text
    cause: Text
    employee: Text
    it: Text


NOTHING_TO_DO = _("You don't need to do anything. IT can see the reason and has to act.")
TRY_AGAIN = _("You don't need to do anything. The portal tries again by itself.")
PC_ON = _("Please check that your PC is turned on and connected to the company network. The portal tries again.")


def error_words(title: str, cause: str, employee: str, it: str) -> DeviceErrorText:
    """Put four sentences together."""
    return DeviceErrorText(say(title), say(cause), say(employee), say(it))
