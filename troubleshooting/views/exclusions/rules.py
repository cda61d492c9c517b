"""What the doors of exclusions share: the company's rules, and foreseen errors as sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings
from django.db import IntegrityError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from troubleshooting.actions.exclusions.binding import GroupNotInTenant
from troubleshooting.actions.exclusions.requests import (
    AlreadyAsked,
    ExclusionRules,
    NothingToReach,
    ScopeNeedsGroup,
    TenantNotSetUp,
)
from troubleshooting.domain.base.transitions import InvalidTransition
from troubleshooting.domain.exclusions.approval import MayNotDecide, WiderThanAsked
from troubleshooting.domain.exclusions.exclusion import LOCAL_KINDS, ExclusionKind, InvalidLifetime, Scope
from troubleshooting.domain.exclusions.values import InvalidExclusionValue, canonical
from troubleshooting.forms.exclusions.request import GROUP_NOT_IN_TENANT, NOT_SET_UP
from troubleshooting.queries.base.words import translated
from troubleshooting.queries.exclusions.request_page import existing_exclusion
from troubleshooting.tenant.connection import settings_of

ONE_OPEN = frozenset(
    {
        "exclusion_one_open_per_value_and_scope",
        "exclusion_one_open_indicator_per_value",
        "exclusion_one_open_renewal",
    }
)
ONE_DECISION = "decision_one_per_person_and_round"
WITH_TEXT = (InvalidExclusionValue, InvalidLifetime, MayNotDecide, WiderThanAsked)

SENTENCES: Mapping[type[Exception], Promise] = {
    NothingToReach: gettext_lazy("No PC belongs to this scope. Choose another one, for example this PC."),
    TenantNotSetUp: NOT_SET_UP,
    AlreadyAsked: gettext_lazy("An exception for this value was renewed and is open. Look at the list of exceptions."),
    ScopeNeedsGroup: gettext_lazy("An allow indicator is for a device group or for everyone. Choose one of these two."),
    GroupNotInTenant: GROUP_NOT_IN_TENANT,
}
FORESEEN: tuple[type[Exception], ...] = (*WITH_TEXT, *SENTENCES, InvalidTransition, IntegrityError)


def exclusion_rules() -> ExclusionRules:
    """Return what the company allows, from the settings."""
    return ExclusionRules(
        policy=settings.EXCLUSION_APPROVALS,
        longest=settings.EXCLUSION_MAX_LIFETIME,
        has_tenant=settings_of(settings).is_set_up,
    )


def kinds_set_up() -> frozenset[ExclusionKind]:
    """Return the kinds that can be asked for: those on PCs always, allow indicators where the portal has a tenant."""
    return frozenset(ExclusionKind) if exclusion_rules().has_tenant else LOCAL_KINDS


def why_not_done(action: Callable[[], object], *, kind: ExclusionKind, value: str, scope: Scope) -> str:
    """Do one action; return the sentence that says why nothing happened, "" where it did.

    NotAllowed passes: it is answered as 403. Kind, value and scope are those that the exclusion would have.
    """
    try:
        action()
    except FORESEEN as error:
        return sentence_for(error, kind=kind, value=value, scope=scope)
    return ""


def sentence_for(error: Exception, *, kind: ExclusionKind, value: str, scope: Scope) -> str:
    """Return the sentence of a foreseen error; any other one is a fault of ours, and raised."""
    if isinstance(error, WITH_TEXT):
        return translated(error.text)
    if type(error) in SENTENCES:
        return str(SENTENCES[type(error)])
    if isinstance(error, InvalidTransition):
        return _("Nothing was changed: this went on meanwhile. The page shows where it stands.")
    if isinstance(error, IntegrityError):
        return _clash(error, kind=kind, value=value, scope=scope)
    raise error


def _clash(error: IntegrityError, *, kind: ExclusionKind, value: str, scope: Scope) -> str:
    """Say which constraint kept its promise; any other one is a fault of ours."""
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None)
    if name == ONE_DECISION:
        return _("You have decided about this already; the next decision is another person's.")
    if name not in ONE_OPEN:
        raise error
    found = existing_exclusion(kind, canonical(value), scope)
    if found is None:
        return _("Somebody asked for the same at this moment. Look at the list of exceptions and try again.")
    return _("Exception #%(number)s (case %(case)s) is open for the same value and scope already. See how it goes.") % {
        "number": found.pk,
        "case": found.case.number,
    }
