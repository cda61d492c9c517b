"""When what a person gives of a PC counts: from that PC, for that case, fresh, and once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say

LONGEST_NETBIOS_NAME = 15  # characters; Windows cuts a longer name off where it tells it


@dataclass(frozen=True, slots=True)
class CollectionRules:
    """How long a token works and a file counts, and how many a case may have in a day."""

    token_lifetime: timedelta = timedelta(days=1)
    oldest: timedelta = timedelta(days=1)
    clock_ahead: timedelta = timedelta(days=1)
    most_a_day: int = 20
    most_tries: int = 5


class NotTaken(Refused):
    """What was given does not count; nothing of it was stored."""


class TokenOver(NotTaken):
    """The token was right once."""

    text = say(_("This script was used already, or is too old. Download it again from the case."))


class GivenAlready(NotTaken):
    text = say(_("This file was given already. Run the script again and take the new file."))


class TooManyGiven(NotTaken):
    text = say(_("This case was given too many files today. Try again tomorrow, or ask IT."))


class BeingVisited(NotTaken):
    text = say(_("The portal is checking this PC right now. Wait for the result; the file can still be uploaded then."))


def check_device(computer: str, *, hostname: str) -> None:
    """Raise NotTaken where a file is from another PC than the one of the case."""
    if _short(computer) != _short(hostname):
        raise NotTaken(
            say(
                _("This file is from the PC %(computer)s. The case is about %(pc)s."),
                computer=computer or "?",
                pc=hostname,
            )
        )


def check_age(made_at: datetime, *, now: datetime, rules: CollectionRules) -> None:
    """Raise NotTaken where a file is too old, or from the future; its time is by the PC's own clock."""
    if made_at < now - rules.oldest:
        raise NotTaken(
            say(_("This file is from %(when)s, which is too long ago. Run the script again."), when=_at(made_at))
        )
    if made_at > now + rules.clock_ahead:
        raise NotTaken(
            say(
                _(
                    "By the PC's clock this file is from %(when)s, which is yet to come. Set the clock and run the "
                    "script again."
                ),
                when=_at(made_at),
            )
        )


def _short(name: str) -> str:
    return name.partition(".")[0].casefold()[:LONGEST_NETBIOS_NAME]


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M %Z}"
