"""All checks in the order of the page. A check that is not whole stops the portal from starting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from types import ModuleType

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.checks import antivirus, cloud, defender, exclusions, network, windows
from troubleshooting.domain.checks.base import Check, no_rule
from troubleshooting.domain.checks.finding import CheckStatus
from troubleshooting.domain.checks.unread import UNREAD

MODULES = (windows, antivirus, defender, cloud, network, exclusions)

ID_FORMAT = r"^[a-z][a-z0-9_]{1,39}$"  # the database repeats it


class IncompleteCheck(Exception):
    """A check has a part missing, or two checks claim the same place; the sentences say which."""


def defined_in(modules: Iterable[ModuleType]) -> list[Check]:
    """Return every Check that the modules define."""
    return [value for module in modules for value in vars(module).values() if isinstance(value, Check)]


def registered(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return the checks in their order; raises IncompleteCheck."""
    in_order = sorted(checks, key=lambda check: (check.order, check.id))
    faults = [*(fault for check in in_order for fault in _faults(check)), *_clashes(in_order)]
    if faults:
        raise IncompleteCheck("\n".join(faults))
    return tuple(in_order)


def _faults(check: Check) -> Iterator[str]:
    parts: Mapping[str, object] = {
        "order": check.order,
        "title": check.title,
        "expected": check.expected,
        "depends_on": check.depends_on,
        "rule": check.rule is not no_rule,
        "outcomes": check.outcomes,
    }
    yield from (f'The check "{check.id}" has no {part}.' for part, value in parts.items() if not value)
    if not re.fullmatch(ID_FORMAT, check.id):
        yield f'The check "{check.id}" needs an id of small letters, digits and underscores, at most 40.'
    for name in sorted((check.tolerates | check.absent_is_an_answer) - set(check.depends_on)):
        yield f'The check "{check.id}" copes with "{name}", but depends_on does not name it.'
    for reason in check.outcomes:
        yield from _outcome_faults(check, reason)


def _outcome_faults(check: Check, reason: str) -> Iterator[str]:
    found = check.outcomes[reason]
    where = f'The outcome "{reason}" of the check "{check.id}"'
    if reason in UNREAD:
        yield f"{where} is one that every check has already."
    if not found.summary:
        yield f"{where} has no summary."
    if found.status is CheckStatus.FAIL:
        readers = {"the employee": found.employee, "IT": found.it}
        yield from (f"{where} fails and does not say what {who} can do." for who, text in readers.items() if not text)


def _clashes(in_order: list[Check]) -> Iterator[str]:
    for first, second in pairwise(in_order):
        if first.order == second.order:
            yield f'The checks "{first.id}" and "{second.id}" have the same order ({first.order}).'
    ids = [check.id for check in in_order]
    yield from (f'Two checks have the id "{name}".' for name in sorted({name for name in ids if ids.count(name) > 1}))


CHECKS: tuple[Check, ...] = registered(defined_in(MODULES))
BY_ID: Mapping[str, Check] = {check.id: check for check in CHECKS}
PREREQUISITES: tuple[Check, ...] = tuple(check for check in CHECKS if check.is_prerequisite)
PREREQUISITE_IDS = frozenset(check.id for check in PREREQUISITES)
ENTRIES_READ = frozenset(name for check in CHECKS for name in check.depends_on)


def in_page_order(ids: Iterable[str]) -> list[str]:
    """Return ids of stored findings in the page's order; those of checks that are gone come last."""
    places = {check.id: check.order for check in CHECKS}
    return sorted(ids, key=lambda name: (name not in places, places.get(name, 0), name))


def title_of(check_id: str) -> Text:
    """Return a check's title; the id itself for a check that is gone."""
    return say(BY_ID[check_id].title) if check_id in BY_ID else say("%(id)s", id=check_id)
