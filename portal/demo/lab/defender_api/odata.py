"""As much of OData's ``$filter``, ``$top`` and ``$skip`` as the documentation shows.

Source: docs/reference/apis.md sections 3 to 5.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from portal.demo.lab.defender_api.problem import Problem

MOST_ITEMS = 10_000

_CONDITION = re.compile(r"\s*(\w+)\s+(eq|ne|gt|ge|lt|le)\s+('(?:[^']|'')*'|[^\s']+)\s*")
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


def select(
    entities: Sequence[Mapping[str, Any]], query: Mapping[str, str], *, filters: frozenset[str]
) -> list[Mapping[str, Any]]:
    """Return the entities that a query asks for; raises Problem ODataError. ``filters`` are the fields it may name."""
    wanted = conditions(query.get("$filter", ""), filters=filters)
    found = [entity for entity in entities if all(_is_met(entity.get(name), how, what) for name, how, what in wanted)]
    skip, top = _count(query, "$skip", 0), _count(query, "$top", MOST_ITEMS)
    if top > MOST_ITEMS:
        raise Problem(400, "ODataError", f"The limit of {MOST_ITEMS} for Top query has been exceeded.")
    return found[skip : skip + top]


def conditions(text: str, *, filters: frozenset[str]) -> list[tuple[str, str, Any]]:
    """Return field, comparison and value of every condition; they are joined by ``and``."""
    position, found = 0, list[tuple[str, str, Any]]()
    while position < len(text):
        condition = _CONDITION.match(text, position)
        if condition is None or condition[1] not in filters:
            raise Problem(400, "ODataError", "The filter is not supported.")
        found.append((condition[1], condition[2], _literal(condition[3])))
        position = condition.end()
        if text.startswith("and ", position):
            position += len("and ")
        elif position < len(text):
            raise Problem(400, "ODataError", "The filter is not supported.")
    return found


def _is_met(present: Any, comparison: str, wanted: Any) -> bool:
    if isinstance(present, list):
        return wanted in present
    try:
        if isinstance(wanted, datetime):
            present = datetime.fromisoformat(present)
        return _OPERATORS[comparison](present, wanted)
    except (TypeError, ValueError):  # a text is not later than a date
        return False


def _literal(text: str) -> Any:
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    if text in {"true", "false"}:
        return text == "true"
    try:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError as error:
        raise Problem(400, "ODataError", "The filter is not supported.") from error


def _count(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal():
        raise Problem(400, "ODataError", f"{name} must be a number.")
    return int(text)
