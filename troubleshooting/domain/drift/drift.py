r"""Where a PC, or the tenant, differs from the register of exclusions.

One place is compared at a time. Silence is never a difference: a list that could not be read says nothing, and what is
on its way (being put, being removed, just settled, just over) is not judged. ``Standing`` sums up what the register
says of a value in that place; what entries cover beyond their own text stands in ``drift_covers``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from troubleshooting.domain.drift.covers import covers_more, is_for_more, own_name, wider_names
from troubleshooting.domain.evidence.policies import EXCLUSIONS_HIDDEN, is_on
from troubleshooting.domain.evidence.readings import is_answered
from troubleshooting.domain.evidence.snapshot import ListValue, Snapshot
from troubleshooting.domain.exclusions.events import ExclusionChange, exclusion_change
from troubleshooting.domain.exclusions.exclusion import LOCAL_KINDS, ExclusionKind
from troubleshooting.domain.exclusions.placement import PlacementOutcome, PlacementStatus
from troubleshooting.domain.exclusions.values import canonical

BY_POLICY = "policy"  # who changed it, where event 5007 names the lists that policy sets; it names no account
NO_LAG = timedelta(0)
LISTING_LAG = timedelta(minutes=5)  # how long the tenant's list may lag behind a write (own choice)
LONGEST_KEY = 500  # characters; an index of PostgreSQL holds 2,704 bytes


class DriftCode(StrEnum):
    """How a place differs from the register. Codes never change; they are stored."""

    NOT_APPROVED = "not_approved"  # nobody approved it, and the portal did not put it there
    ENDED_BUT_PRESENT = "ended_but_present"  # the portal took it off, and it is there again
    APPROVED_BUT_MISSING = "approved_but_missing"  # the portal put it there, and it is gone
    BROADER_THAN_APPROVED = "broader_than_approved"  # covers what was approved, and more


@dataclass(frozen=True, slots=True)
class Terms:
    """For whom an indicator holds, and until when: no groups are all PCs, no end is for ever."""

    groups: frozenset[str] = frozenset()
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry as it stands in a place; ``terms`` and ``is_ours`` are the tenant's, None and True on a PC."""

    kind: ExclusionKind
    value: str
    terms: Terms | None = None
    is_ours: bool = True
    changed_at: datetime | None = None
    changed_by: str = ""

    @property
    def key(self) -> str:
        """Return the value for comparison."""
        return canonical(self.value)


class Standing(StrEnum):
    """What the register says of a value in a place."""

    EXPECTED = "expected"
    ON_ITS_WAY = "on_its_way"
    TAKEN_OFF = "taken_off"  # by the portal
    LEFT = "left"  # never the portal's there: found before it came, refused, or not sent


_STANDINGS: Mapping[PlacementStatus, Standing] = {
    PlacementStatus.WAITING: Standing.ON_ITS_WAY,
    PlacementStatus.APPLYING: Standing.ON_ITS_WAY,
    PlacementStatus.VERIFIED: Standing.EXPECTED,
    PlacementStatus.REJECTED: Standing.LEFT,
    PlacementStatus.REMOVING: Standing.ON_ITS_WAY,
    PlacementStatus.REMOVED: Standing.TAKEN_OFF,
    PlacementStatus.NOT_APPLIED: Standing.LEFT,
}


@dataclass(frozen=True, slots=True)
class Registered:
    """One exclusion in the place that is compared, as the register has it."""

    exclusion_id: int
    kind: ExclusionKind
    value: str
    status: PlacementStatus
    expires_at: datetime
    settled_at: datetime  # when it was last read back there, or read to be gone; else when it was approved
    terms: Terms | None = None  # as approved; None on a PC
    outcome: str = ""
    was_there_before: bool = False

    @property
    def key(self) -> str:
        """Return the value for comparison."""
        return canonical(self.value)

    def standing(self, *, now: datetime, lag: timedelta) -> Standing:
        """Sum up what the register says; what has just settled, or is just over, is still on its way."""
        usual = _STANDINGS[self.status]
        is_fresh = lag > NO_LAG and self.settled_at > now - lag
        if is_fresh or (usual is Standing.EXPECTED and self.expires_at <= now):
            return Standing.ON_ITS_WAY
        if usual is Standing.TAKEN_OFF and self.was_there_before:
            return Standing.LEFT
        return usual


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference; ``changed_at`` and ``changed_by`` as event 5007 or the tenant tells, if it does."""

    code: DriftCode
    kind: ExclusionKind
    value: str
    exclusion_id: int | None = None
    changed_at: datetime | None = None
    changed_by: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """What one place says of its lists; None = that list could not be read. What is missing was not asked for."""

    lists: Mapping[ExclusionKind, tuple[Listed, ...] | None]
    changes: tuple[ExclusionChange, ...] = ()
    lag: timedelta = NO_LAG  # how far its list may lag behind a write

    @property
    def read(self) -> frozenset[ExclusionKind]:
        """Return the kinds that something can be said about."""
        return frozenset(kind for kind, entries in self.lists.items() if entries is not None)

    @property
    def is_whole(self) -> bool:
        """Tell whether every list that was asked for could be read."""
        return len(self.read) == len(self.lists)


def compare(place: Place, register: Iterable[Registered], *, now: datetime) -> tuple[Drift, ...]:
    """Return every difference of a place from the register, each once; nothing about lists that could not be read."""
    known = tuple(register)
    found: dict[tuple[DriftCode, ExclusionKind, str, int | None], Drift] = {}
    for kind in ExclusionKind:
        entries = place.lists.get(kind)
        if entries is None:
            continue
        of_kind = [registered for registered in known if registered.kind is kind]
        for drift in (*_of_entries(place, entries, of_kind, now=now), *_missing(place, entries, of_kind, now=now)):
            found.setdefault((drift.code, drift.kind, canonical(drift.value), drift.exclusion_id), drift)
    return tuple(found.values())


def place_of(snapshot: Snapshot) -> Place:
    """Return what a visit to a PC says: its two lists, and what its log tells of their changes.

    Where the policy that hides the lists was not answered, an empty list says nothing either.
    """
    is_hidden = is_on(snapshot, EXCLUSIONS_HIDDEN) or not is_answered(snapshot, "policy_values")
    preferences = snapshot.preferences
    lists = {
        ExclusionKind.IP_ADDRESS: preferences.exclusion_ip_address if preferences else None,
        ExclusionKind.PROCESS: preferences.exclusion_process if preferences else None,
    }
    read = {kind: _entries(kind, None if is_hidden else listed) for kind, listed in lists.items()}
    changes = (exclusion_change(event) for event in snapshot.events or ())
    return Place(read, tuple(change for change in changes if change is not None))


def stored_key(value: str) -> str:
    """Return the form for comparison as it is stored: what is too long for an index ends in its digest."""
    key = canonical(value)
    if len(key) <= LONGEST_KEY:
        return key
    return f"{key[:LONGEST_KEY]}…{hashlib.sha256(key.encode(errors='replace')).hexdigest()}"


def _entries(kind: ExclusionKind, listed: ListValue | None) -> tuple[Listed, ...] | None:
    if listed is None or not listed.readable:
        return None
    return tuple(Listed(kind, entry.strip()) for entry in listed.entries if entry.strip())


def _of_entries(
    place: Place, entries: Sequence[Listed], register: Sequence[Registered], *, now: datetime
) -> Iterator[Drift]:
    by_key: dict[str, list[Registered]] = {}
    for registered in register:
        by_key.setdefault(registered.key, []).append(registered)
    approved: dict[str, list[Registered]] = {}
    for one in (one for one in register if one.status in _APPROVED):
        for name in wider_names(one.kind, one.value):
            approved.setdefault(name, []).append(one)
    for entry in entries:
        coverable = approved.get(own_name(entry.kind, entry.value), [])
        judged = _judge(entry, by_key.get(entry.key, []), coverable, now=now, lag=place.lag)
        if judged is not None:
            code, exclusion_id = judged
            changed_at, changed_by = _told(place, entry.kind, entry.key, is_there=True, entry=entry)
            yield Drift(code, entry.kind, entry.value, exclusion_id, changed_at, changed_by)


_APPROVED = frozenset({PlacementStatus.WAITING, PlacementStatus.APPLYING, PlacementStatus.VERIFIED})


def _judge(
    entry: Listed, same: Sequence[Registered], coverable: Sequence[Registered], *, now: datetime, lag: timedelta
) -> tuple[DriftCode, int | None] | None:
    """Judge one entry by the exclusions of the same value, else by what it covers; None = as it should be."""
    standings = {one.standing(now=now, lag=lag) for one in same}
    if Standing.ON_ITS_WAY in standings:
        return None
    expected = [one for one in same if one.standing(now=now, lag=lag) is Standing.EXPECTED]
    if expected:
        return _judge_expected(entry, expected)
    last = _last_to_answer(same)
    if last is not None and entry.is_ours and last.standing(now=now, lag=lag) is Standing.TAKEN_OFF:
        return DriftCode.ENDED_BUT_PRESENT, last.exclusion_id
    covered = next((one for one in coverable if covers_more(entry.kind, entry.value, one.value)), None)
    if covered is not None:
        return DriftCode.BROADER_THAN_APPROVED, covered.exclusion_id
    return DriftCode.NOT_APPROVED, last.exclusion_id if last else None


def _judge_expected(entry: Listed, expected: Sequence[Registered]) -> tuple[DriftCode, int | None] | None:
    """Judge an entry whose value is approved: in the tenant it may be for more PCs, for longer, or somebody else's."""
    first = expected[0]
    if all(_is_wider(entry, one) for one in expected):
        return DriftCode.BROADER_THAN_APPROVED, first.exclusion_id
    return None if entry.is_ours else (DriftCode.NOT_APPROVED, first.exclusion_id)


def _is_wider(entry: Listed, approved: Registered) -> bool:
    if entry.terms is None or approved.terms is None:
        return False
    if is_for_more(entry.terms.groups, approved.terms.groups):
        return True
    ends, should_end = entry.terms.expires_at, approved.terms.expires_at
    return should_end is not None and (ends is None or ends > should_end)


def _last_to_answer(same: Sequence[Registered]) -> Registered | None:
    """Return the exclusion that had the entry last; one that handed it over left the answer to another."""
    had = [
        one
        for one in same
        if one.status is PlacementStatus.REMOVED and one.outcome != PlacementOutcome.NEEDED_BY_ANOTHER
    ]
    return max(had, key=lambda one: (one.settled_at, one.exclusion_id), default=same[-1] if same else None)


def _missing(
    place: Place, entries: Sequence[Listed], register: Sequence[Registered], *, now: datetime
) -> Iterator[Drift]:
    present = {entry.key for entry in entries}
    for one in register:
        if one.key not in present and one.standing(now=now, lag=place.lag) is Standing.EXPECTED:
            changed_at, changed_by = _told(place, one.kind, one.key, is_there=False)
            yield Drift(DriftCode.APPROVED_BUT_MISSING, one.kind, one.value, one.exclusion_id, changed_at, changed_by)


def _told(
    place: Place, kind: ExclusionKind, key: str, *, is_there: bool, entry: Listed | None = None
) -> tuple[datetime | None, str]:
    """Return when, and by whom, an entry was put or taken off, as far as the place tells."""
    if kind not in LOCAL_KINDS:
        return (entry.changed_at, entry.changed_by) if entry else (None, "")
    about = [change for change in place.changes if change.kind is kind and change.value_key == key]
    last = max(about, key=lambda change: change.at, default=None)
    if last is None or last.is_added is not is_there:
        return None, ""  # the log says nothing of how it came to be so
    return last.at, BY_POLICY if last.by_policy else ""
