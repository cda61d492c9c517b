"""Renewing an exclusion: a new request with its own evidence and its own decision, for the same value and scope."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from troubleshooting.actions import activity_log
from troubleshooting.actions.exclusions.clashes import refusing_clashes
from troubleshooting.actions.exclusions.locking import lock
from troubleshooting.actions.exclusions.requests import ExclusionRules, new_request
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.exclusions.request import ExclusionRequest
from troubleshooting.domain.exclusions.values import parse_value
from troubleshooting.models import Case, Exclusion, User
from troubleshooting.permissions import check_may_renew_exclusion


class CannotRenew(Refused):
    """Only an exclusion in force is renewed."""

    text = say(_("Only an exclusion in force can be renewed. Ask for a new one from the case."))


class RenewalOpen(Refused):
    """A renewal was asked for already."""

    text = say(_("A renewal has already been requested."))

    def __init__(self, renewal_id: int) -> None:
        super().__init__(say(_("A renewal has already been requested: exclusion #%(number)s."), number=renewal_id))
        self.renewal_id = renewal_id


@refusing_clashes
def request_renewal(
    exclusion_id: int,
    *,
    expires_at: datetime,
    reason_code: str,
    reason: str,
    findings: Sequence[dict[str, Any]],
    by: User,
    rules: ExclusionRules,
    now: datetime,
) -> Exclusion:
    """Ask to renew an exclusion; raises CannotRenew, RenewalOpen, and what a request raises.

    The new evidence is the case's last verdict and the last re-tests. The exclusion itself stays as it is, and ends by
    handing over once the renewal was read back, or at its own end.
    """
    case_id = Exclusion.objects.values_list("case_id", flat=True).get(pk=exclusion_id)
    case = Case.objects.locked().select_related("device").get(pk=case_id)
    renewed = lock(exclusion_id)
    check_may_renew_exclusion(by, renewed)
    if not renewed.is_in_force(now=now):
        raise CannotRenew
    open_one = renewed.renewals.open().first()
    if open_one is not None:
        raise RenewalOpen(open_one.pk)
    request = ExclusionRequest(
        value=parse_value(ExclusionKind(renewed.kind), renewed.value),
        scope=renewed.scope,
        expires_at=expires_at,
        reason_code=reason_code,
        reason=reason,
        findings=findings,
    )
    evidence = {"renews": renewed.pk, "retests": _last_retests(renewed)}
    renewal = new_request(case, request, by=by, rules=rules, now=now, renews=renewed, further_evidence=evidence)
    said = {"renews": renewed.pk, "value": renewal.value}
    activity_log.record("exclusion_renewal_requested", renewal, case=case, actor=by, now=now, **said)
    return renewal


def _last_retests(renewed: Exclusion) -> dict[str, dict[str, Any]]:
    """Return the last re-test of each purpose that is over, as the approval will bind it."""
    over = renewed.retests.exclude(ended_at=None).order_by("ended_at", "pk")
    return {
        retest.purpose: {
            "id": retest.pk,
            "status": retest.status,
            "outcome": retest.outcome,
            "ended_at": retest.ended_at.isoformat() if retest.ended_at else None,
        }
        for retest in over
    }
