"""What two people ran into at the same moment: the constraint that kept its promise, as a sentence."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.db import IntegrityError, transaction

from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say
from troubleshooting.domain.exclusions.approval import DecidedAlready
from troubleshooting.domain.exclusions.exclusion import ExclusionKind, Scope
from troubleshooting.models import Exclusion
from troubleshooting.queries.exclusions.request_page import existing_exclusion

ONE_OPEN = frozenset(
    {
        "exclusion_one_open_per_value_and_scope",
        "exclusion_one_open_indicator_per_value",
        "exclusion_one_open_renewal",
    }
)
ONE_DECISION = "decision_one_per_person_and_round"

P = ParamSpec("P")
T = TypeVar("T")


class AlreadyAsked(Refused):
    """The value has an open request for the same scope; a tenant has one indicator for each value."""

    text = say(_("Someone has just asked for the same. Look at the list of exclusions and try again."))


def clash_of(error: IntegrityError, *, kind: ExclusionKind, value_key: str, scope: Scope) -> Refused:
    """Return the refusal for a broken constraint, once its transaction was rolled back; raises any other error again.

    Kind, value and scope are those that the exclusion would have.
    """
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None)
    if name == ONE_DECISION:
        return DecidedAlready()
    if name not in ONE_OPEN:
        raise error
    found = existing_exclusion(kind, value_key, scope)
    if found is None:
        return AlreadyAsked()
    sentence = _("Exclusion #%(number)s (case %(case)s) is already open for the same value and scope.")
    return AlreadyAsked(say(sentence, number=found.pk, case=found.case.number))


def refusing_clashes(action: Callable[Concatenate[int, P], T]) -> Callable[Concatenate[int, P], T]:
    """Do an action on one exclusion in a transaction; what a colleague did at the same moment becomes a refusal."""

    @wraps(action)
    def refusing(exclusion_id: int, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with transaction.atomic():
                return action(exclusion_id, *args, **kwargs)
        except IntegrityError as error:
            found = Exclusion.objects.get(pk=exclusion_id)
            wanted = kwargs.get("scope")
            scope = wanted if isinstance(wanted, Scope) else found.scope
            raise clash_of(error, kind=ExclusionKind(found.kind), value_key=found.value_key, scope=scope) from error

    return refusing  # type: ignore[return-value]  # the first argument goes by position or by name
