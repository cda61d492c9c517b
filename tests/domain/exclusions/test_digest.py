"""What an approval binds: any change shows, the order of keys does not."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.domain.advice.situations import DEVICE
from tests.domain.builders import NOW
from troubleshooting.domain.exclusions.digest import (
    PARTS,
    ApprovedChange,
    ChangedSinceApproval,
    canonical_json,
    check_unchanged,
    digest,
)
from troubleshooting.domain.exclusions.exclusion import EVERYONE, ExclusionKind, Scope, ScopeKind

CHANGE = ApprovedChange(
    kind=ExclusionKind.IP_ADDRESS,
    value="203.0.113.7",
    steps=({"command": "Add-MpPreference", "parameters": {"ExclusionIpAddress": "203.0.113.7"}},),
    scope=DEVICE,
    expires_at=NOW,
    evidence={"snapshot": "a" * 64, "verdict": "blocked_by_network_protection"},
    reason="Payroll needs it until the new server is there.",
)

atoms = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4)
values = st.recursive(
    atoms, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
objects = st.dictionaries(st.text(max_size=3), values, max_size=3)
scopes = st.just(EVERYONE) | st.builds(Scope, st.sampled_from([ScopeKind.DEVICE, ScopeKind.GROUP]), st.integers(1, 3))
moments = st.timedeltas(timedelta(0), timedelta(days=30)).map(lambda later: NOW + later)
BY_FIELD: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.sampled_from(ExclusionKind),
    "value": st.text(max_size=8),
    "steps": st.lists(objects, max_size=3).map(tuple),
    "scope": scopes,
    "expires_at": moments,
    "evidence": objects,
    "reason": st.text(max_size=8),
}
changes = st.builds(ApprovedChange, **BY_FIELD)


def turned(value: Any) -> Any:
    """Return the same value with the keys of every dict in the opposite order."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(list(value))}
    return [turned(part) for part in value] if isinstance(value, list | tuple) else value


def test_the_strategies_name_every_field():
    assert set(BY_FIELD) == {field.name for field in fields(ApprovedChange)}
    assert set(PARTS) == {*BY_FIELD, "version", "digest", "approvals"}


def test_a_digest_stays_what_it_is():
    assert digest(CHANGE) == "77d2907860b58b1400b5be6603f24b5fb1c9dc76e273b84f14644971304009b9"


@given(change=changes, name=st.sampled_from(sorted(BY_FIELD)), data=st.data())
def test_any_changed_field_changes_the_digest_and_stops_the_execution(change, name, data):
    other = data.draw(BY_FIELD[name])
    assume(canonical_json(replace(change, **{name: other}).as_json()) != canonical_json(change.as_json()))
    changed = replace(change, **{name: other})

    assert digest(changed) != digest(change)
    with pytest.raises(ChangedSinceApproval) as caught:
        check_unchanged(changed, approved=change.as_json(), approved_digest=digest(change))
    assert caught.value.parts == (name,)
    assert PARTS[name] in str(caught.value.text)


@given(change=changes)
def test_different_fields_are_never_taken_for_the_same(change):
    for name, part in ((field.name, getattr(change, field.name)) for field in fields(change)):
        for other in (CHANGE, replace(CHANGE, expires_at=NOW + timedelta(microseconds=1))):
            if getattr(other, name) != part:
                assert digest(replace(change, **{name: getattr(other, name)})) != digest(change)


@given(change=changes)
def test_the_order_of_keys_does_not_matter(change):
    same = replace(change, steps=turned(change.steps), evidence=turned(change.evidence))

    assert digest(same) == digest(change)
    check_unchanged(same, approved=turned(change.as_json()), approved_digest=digest(change))


@given(change=changes, hours=st.integers(-12, 12))
def test_a_moment_is_the_same_in_every_zone(change, hours):
    elsewhere = change.expires_at.astimezone(timezone(timedelta(hours=hours)))

    assert digest(replace(change, expires_at=elsewhere)) == digest(change)


def test_the_order_of_steps_matters():
    steps = ({"command": "a"}, {"command": "b"})

    assert digest(replace(CHANGE, steps=steps)) != digest(replace(CHANGE, steps=steps[::-1]))


def test_a_changed_digest_is_told_as_such():
    with pytest.raises(ChangedSinceApproval) as caught:
        check_unchanged(CHANGE, approved=CHANGE.as_json(), approved_digest="0" * 64)

    assert caught.value.parts == ("digest",)


def test_a_part_that_was_not_stored_differs():
    stored = {name: part for name, part in CHANGE.as_json().items() if name != "scope"}

    with pytest.raises(ChangedSinceApproval) as caught:
        check_unchanged(CHANGE, approved=stored, approved_digest="0" * 64)

    assert caught.value.parts == ("scope",)


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        digest(replace(CHANGE, expires_at=datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)))


@pytest.mark.parametrize("evidence", [{1: "a"}, {"a": [{2: "b"}]}, {"a": object()}])
def test_what_has_no_one_form_is_refused(evidence):
    with pytest.raises(TypeError):
        digest(replace(CHANGE, evidence=evidence))


def test_what_is_no_number_is_refused():
    with pytest.raises(ValueError, match="Out of range"):
        digest(replace(CHANGE, evidence={"a": float("nan")}))
