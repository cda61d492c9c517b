"""Whose list a site is on, as far as the notification tells that the employee saw.

Source: docs/reference/hunting.md section 3.
"""

from __future__ import annotations

import re
from dataclasses import replace

from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.verdict.base import Verdict, VerdictCode

_BY_THE_COMPANY = re.compile(r"(?i)\badministrator (?:caused|has blocked|blocked)|blocked by your it administrator")
BY_THE_COMPANY = _(
    "The employee says that the notification named the IT administrator. Defender words it that way for a custom "
    "indicator or web content filtering, so this is probably the company's own list, not Microsoft's (medium "
    "confidence: it rests on the employee's words). Look there first."
)


def with_whose_list(verdict: Verdict, report: Report) -> Verdict:
    """Return the verdict of a block with what the notification says about the list."""
    is_block = verdict.code is VerdictCode.BLOCKED_BY_NETWORK_PROTECTION
    if not is_block or _BY_THE_COMPANY.search(report.saw) is None:
        return verdict
    return replace(verdict, hints=(say(BY_THE_COMPANY), *verdict.hints))
