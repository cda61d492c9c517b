"""Which lines of a PC's support files a finding rests on: those without which it would be another one.

Nothing has to be listed for a check: each fact that has a place is taken away in turn, and the check judged again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.checks.checklist import judge_check
from troubleshooting.domain.checks.finding import Finding
from troubleshooting.domain.checks.registry import BY_ID
from troubleshooting.domain.evidence.places import Fact, Place, Places
from troubleshooting.domain.evidence.snapshot import ListValue, Reading, ReadState, Snapshot

MOST_PLACES = 20
_UNSAID = Reading(ReadState.FAILED)
_PARTS = {"policy_values": "policy_keys", "protection_events": "events"}  # catalogue name -> part of the snapshot


def grounds(finding: Finding, snapshot: Snapshot, report: Report | None, places: Places) -> tuple[Place, ...]:
    """Return the places that a finding rests on, in the order of the facts.

    That a file is there counts where the finding rests on nothing else in it: that no policy is set, for example.
    """
    check = BY_ID[finding.check]
    changing = [fact for fact in places if judge_check(check, without(snapshot, fact), report) != finding]
    parts = {fact[0] for fact in changing}
    telling = (fact for fact in changing if fact[0] != "readings" or _PARTS.get(fact[1], fact[1]) not in parts)
    return tuple(dict.fromkeys(places[fact] for fact in telling))[:MOST_PLACES]


def without(snapshot: Snapshot, fact: Fact) -> Snapshot:
    """Return a snapshot that does not know a fact."""
    part = fact[0]
    if part == "readings":
        return _without_reading(snapshot, fact[1])
    take_out = _TAKE_OUT.get(part, _field)
    return replace(snapshot, **{part: take_out(getattr(snapshot, part), fact[1:])})


def _field(value: Any, rest: Fact) -> Any:
    """Return a dataclass without one of its fields, or nothing of it."""
    if not rest or value is None:
        return None
    name, *entry = rest
    held = getattr(value, name)
    if entry and isinstance(held, ListValue):
        return replace(value, **{name: replace(held, entries=tuple(one for one in held.entries if one != entry[0]))})
    return replace(value, **{name: None})


def _without_reading(snapshot: Snapshot, name: str) -> Snapshot:
    """Return a snapshot without a whole answer."""
    readings = tuple((other, _UNSAID if other == name else reading) for other, reading in snapshot.readings)
    part = "events" if name == "protection_events" else name
    nothing: dict[str, Any] = {part: None} if hasattr(snapshot, part) else {}
    return replace(snapshot, readings=readings, **nothing)


def _policy_keys(value: Any, rest: Fact) -> Any:
    path, name = rest
    return tuple(
        replace(key, values=tuple(pair for pair in key.values or () if pair[0] != name)) if key.path == path else key
        for key in value
    )


def _products(value: Any, rest: Fact) -> Any:
    """Return the list without one product, by its name."""
    return tuple(product for product in value or () if product.name != rest[0]) if rest else None


_TAKE_OUT: Mapping[str, Callable[[Any, Fact], Any]] = {
    "policy_keys": _policy_keys,
    "antivirus_products": _products,
}
