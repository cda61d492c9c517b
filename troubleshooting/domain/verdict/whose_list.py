"""Whose list a site is on, as far as the notification that the employee saw and the tenant's indicators tell.

Custom indicators decide before Microsoft's lists, an allow before a block. Web content filtering and Defender for Cloud
Apps are not read. Source: docs/reference/hunting.md section 3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.cases.hosts import covers
from troubleshooting.domain.cases.indicator_exact import Indicator
from troubleshooting.domain.verdict.base import Verdict, VerdictCode

FRESH = timedelta(days=1)  # indicators change rarely; the tenant is read more often than that
ON_A_LIST = frozenset({VerdictCode.BLOCKED_BY_NETWORK_PROTECTION, VerdictCode.WOULD_BE_BLOCKED})

_BY_THE_COMPANY = re.compile(r"(?i)\badministrator (?:caused|has blocked|blocked)|blocked by your it administrator")
BY_THE_COMPANY = _(
    "The employee says that the notification named the IT administrator. Defender words it that way for a custom "
    "indicator or web content filtering, so this is probably the company's own list, not Microsoft's (medium "
    "confidence: it rests on the employee's words). Look there first."
)
_LISTED = _(
    "The tenant has a custom indicator for this address: %(reference)s. Indicators decide before Microsoft's lists, so "
    "this is the company's own list (high confidence; indicators read less than %(hours)s h earlier, %(at)s)."
)
_LISTED_AND_SEEN = _(
    "The tenant has a custom indicator for this address: %(reference)s. The notification named the IT administrator, "
    "too, so this is the company's own list (high confidence; indicators read less than %(hours)s h earlier, %(at)s)."
)
_LISTED_LONG_AGO = _(
    "The tenant has a custom indicator for this address: %(reference)s. Indicators decide before Microsoft's lists, so "
    "this is probably the company's own list (medium confidence: the indicators were last read more than a day "
    "earlier, %(at)s)."
)
_LISTED_FOR_OTHERS = _(
    "The tenant has a custom indicator for this address, but as far as the portal knows not for this PC's device "
    "group: %(reference)s. Check the PC's group in Defender (low confidence; indicators read less than %(hours)s h "
    "earlier, %(at)s)."
)
_ALLOWED = _(
    "The tenant allows this address: %(reference)s. An allow indicator wins over every list, so it had probably not "
    "reached the PC when the site was blocked; that can take up to 48 hours (medium confidence; indicators read less "
    "than %(hours)s h earlier, %(at)s)."
)
_ONLY_SEEN = _(
    "The employee says that the notification named the IT administrator, but the tenant has no custom indicator for "
    "this address. Look at web content filtering and Defender for Cloud Apps, which the portal does not read (medium "
    "confidence; indicators read less than %(hours)s h earlier, %(at)s)."
)
_NOT_LISTED = _(
    "The tenant has no custom indicator for this address. That leaves Microsoft's list, web content filtering and "
    "Defender for Cloud Apps; of these the portal can read none (low confidence for each; indicators read less than "
    "%(hours)s h earlier, %(at)s)."
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A custom indicator of the tenant; ``reference`` is what people find it by."""

    indicator: Indicator
    is_allow: bool
    holds_here: bool  # for the PC's group
    reference: str


@dataclass(frozen=True, slots=True)
class TenantList:
    """The tenant's indicators about an address, as last read."""

    read_at: datetime
    indicators: tuple[Listed, ...] = ()


def with_whose_list(verdict: Verdict, report: Report, *, tenant: TenantList | None, now: datetime) -> Verdict:
    """Return the verdict of a block with what is known about the list; ``tenant`` is None where it was never read."""
    if verdict.code not in ON_A_LIST:
        return verdict
    is_block = verdict.code is VerdictCode.BLOCKED_BY_NETWORK_PROTECTION
    has_seen = is_block and _BY_THE_COMPANY.search(report.saw) is not None
    if tenant is not None:
        hint = _by_tenant(report, tenant, has_seen=has_seen, now=now)
    elif has_seen:
        hint = say(BY_THE_COMPANY)
    else:
        return verdict
    return replace(verdict, hints=(hint, *verdict.hints))


def _by_tenant(report: Report, tenant: TenantList, *, has_seen: bool, now: datetime) -> Text:
    covering = [one for one in tenant.indicators if _covers(one.indicator, report.indicator)]
    age = max(now - tenant.read_at, timedelta())
    values: dict[str, str | int] = {
        "hours": age // timedelta(hours=1) + 1,
        "at": f"{tenant.read_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
    }
    decides = min(covering, key=lambda one: (not one.holds_here, not one.is_allow), default=None)
    if decides is None:
        return say(_ONLY_SEEN if has_seen else _NOT_LISTED, **values)
    if not decides.holds_here:
        message = _LISTED_FOR_OTHERS
    elif decides.is_allow:
        message = _ALLOWED
    elif has_seen:
        message = _LISTED_AND_SEEN
    else:
        message = _LISTED if age <= FRESH else _LISTED_LONG_AGO
    return say(message, reference=decides.reference, **values)


def _covers(indicator: Indicator, reported: Indicator) -> bool:
    """Tell whether an indicator covers the reported address; one for a page only the pages that begin with it."""
    if not covers(indicator.host, reported.host):
        return False
    return indicator.path in {None, "/"} or (reported.path or "").startswith(indicator.path or "")
