"""What the tables of remediation are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.checks.finding import CheckId, CheckStatus

YOU_NEED_NOT_ACT = _("You need not do anything. IT has to change this.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check comes to for one reason: its status, one sentence for everybody, and what each reader can do.

    The texts are messages whose places are filled with the values that the rule gives along with the reason.
    """

    status: CheckStatus
    summary: str
    employee: str | None = None
    it: str | None = None


Outcomes = Mapping[CheckId, Mapping[str, Outcome]]
