"""What has to hold whatever happens: the register of exclusions, PCs and tenant never contradict each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hypothesis.stateful import RuleBasedStateMachine, invariant

from tests.actions.exclusions.exclusion_lab import LIVE, FormRead, Lab, entry_of
from troubleshooting.domain.exclusions.exclusion import (
    ENDED,
    ENDING,
    IN_FORCE,
    TRANSITIONS,
    ExclusionKind,
    ExclusionStatus,
    ScopeKind,
)
from troubleshooting.domain.exclusions.placement import OPEN, PlacementStatus
from troubleshooting.models import Exclusion, Placement


@dataclass(frozen=True, slots=True)
class Grant:
    """What enough people allowed, as this test saw it when they did."""

    places: frozenset[int]  # PCs by their ids
    form: FormRead


class Register(RuleBasedStateMachine):
    """What this test knows of the outside and of what people allowed, held against the portal's own tables."""

    def __init__(self, lab: Lab) -> None:
        super().__init__()
        self.lab = lab
        self.granted: dict[int, Grant] = {}
        self.tampered: dict[int, datetime] = {}
        self.statuses: dict[int, ExclusionStatus] = {}
        self.ended: dict[int, str] = {}

    def note_grant(self, exclusion: Exclusion) -> None:
        if exclusion.status == ExclusionStatus.APPROVED and exclusion.pk not in self.granted:
            devices = [pc.case.device for pc in self.lab.pcs]
            group = exclusion.scope_group
            ends = exclusion.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")
            self.granted[exclusion.pk] = Grant(
                frozenset(device.pk for device in devices if self._is_meant(device.pk, exclusion)),
                (ends, (group.tenant_name,) if group else ()),
            )

    def _is_meant(self, device_id: int, exclusion: Exclusion) -> bool:
        in_group = device_id != self.lab.pcs[-1].case.device_id
        meant = {
            ScopeKind.DEVICE: device_id == exclusion.scope_device_id,
            ScopeKind.GROUP: in_group,
            ScopeKind.EVERYONE: True,
        }
        return meant[ScopeKind(exclusion.scope_kind)]

    def check_what_was_said(self, placement: Placement, begun: datetime) -> None:
        """Hold what was just said to have been read against what is there: nobody else did anything meanwhile."""
        if placement.device_id is None and self.lab.is_lagging:
            return
        is_there = self._stands(placement)
        if placement.verified_at is not None and placement.verified_at > begun:
            assert is_there, f"said to be there: {placement}"
        if placement.status == PlacementStatus.REMOVED and placement.ended_at > begun and placement.outcome == "":
            assert not is_there, f"said to be gone: {placement}"

    def _stands(self, placement: Placement) -> bool:
        exclusion = placement.exclusion
        if placement.device_id is None:
            return self.granted[exclusion.pk].form in self.lab.allows()
        lab_pc = next(pc for pc in self.lab.pcs if pc.case.device_id == placement.device_id)
        return entry_of(ExclusionKind(exclusion.kind), exclusion.value_key) in lab_pc.entries()

    # --- what holds at every moment -----------------------------------------------------------------------------------

    @invariant()
    def nothing_stands_on_a_pc_that_was_not_approved(self) -> None:
        for lab_pc in self.lab.pcs:
            lab_pc.doubtful &= lab_pc.entries()
            for entry in lab_pc.entries() - lab_pc.by_hand - lab_pc.doubtful:
                live = lab_pc.placements(entry).filter(status__in=LIVE, was_there_before=False)
                assert any(self._is_granted(placement) for placement in live), f"{entry} on {lab_pc.case.device}"

    @invariant()
    def what_somebody_put_stays(self) -> None:
        for lab_pc in self.lab.pcs:
            assert lab_pc.by_hand <= lab_pc.entries()
        assert self.lab.blocks() == self.lab.is_blocked

    @invariant()
    def nothing_stands_in_the_tenant_that_was_not_approved(self) -> None:
        found = list(Placement.objects.filter(device=None, status__in=LIVE))
        forms = {self.granted[p.exclusion_id].form for p in found if self._is_granted(p)}
        if any(p.status == PlacementStatus.APPLYING for p in found):  # a renewal ended: its form is being replaced
            forms |= {
                self.granted[p.exclusion_id].form
                for p in Placement.objects.filter(device=None)
                if p.exclusion_id in self.granted
            }
        assert set(self.lab.allows()) <= forms

    @invariant()
    def what_is_called_there_is_there(self) -> None:
        """Unless somebody took it off by hand; that is drift, and found by another look."""
        for lab_pc in self.lab.pcs:
            lab_pc.taken_off -= lab_pc.entries()
            there = Placement.objects.filter(device=lab_pc.case.device_id, status=PlacementStatus.VERIFIED)
            kinds_and_keys = there.values_list("exclusion__kind", "exclusion__value_key")
            called = {entry_of(ExclusionKind(kind), key) for kind, key in kinds_and_keys}
            assert called <= lab_pc.entries() | lab_pc.taken_off
        in_tenant = Placement.objects.filter(device=None, status=PlacementStatus.VERIFIED)
        if in_tenant.filter(verified_at__gt=self.lab.changed_by_hand_at).exists():
            assert self.lab.allows()

    def _is_granted(self, placement: Placement) -> bool:
        """Tell whether enough people allowed it there, and it was first put before anybody changed the approval."""
        grant = self.granted.get(placement.exclusion_id)
        if grant is None or placement.put_at is None:
            return False
        is_meant = placement.device_id is None or placement.device_id in grant.places
        return is_meant and placement.put_at <= self.tampered.get(placement.exclusion_id, placement.put_at)

    @invariant()
    def statuses_move_as_the_tables_say(self) -> None:
        for pk, code in Exclusion.objects.values_list("pk", "status"):
            status = ExclusionStatus(code)
            assert status in _reachable(self.statuses.get(pk, ExclusionStatus.REQUESTED))
            self.statuses[pk] = status
        for pk, code in Placement.objects.exclude(status__in=OPEN).values_list("pk", "status"):
            assert self.ended.setdefault(pk, code) == code

    @invariant()
    def an_exclusion_says_what_its_places_say(self) -> None:
        for exclusion in Exclusion.objects.prefetch_related("placements"):
            status, places = ExclusionStatus(exclusion.status), {p.status for p in exclusion.placements.all()}
            if status in IN_FORCE:
                assert not places & {PlacementStatus.REMOVING, PlacementStatus.REMOVED}
            elif status in ENDING:
                assert PlacementStatus.REMOVING in places
                assert not places & {PlacementStatus.WAITING, PlacementStatus.APPLYING, PlacementStatus.VERIFIED}
            elif status in ENDED:
                assert places.isdisjoint(OPEN)
            else:
                assert places == ({PlacementStatus.WAITING} if status == ExclusionStatus.APPROVED else set())
            if status == ExclusionStatus.VERIFIED:
                assert PlacementStatus.WAITING not in places
                assert all(p.verified_at for p in exclusion.placements.all() if p.status != PlacementStatus.REJECTED)

    def check_everything(self) -> None:
        self.nothing_stands_on_a_pc_that_was_not_approved()
        self.what_somebody_put_stays()
        self.what_is_called_there_is_there()
        self.nothing_stands_in_the_tenant_that_was_not_approved()
        self.statuses_move_as_the_tables_say()
        self.an_exclusion_says_what_its_places_say()

    def check_register(self) -> None:
        """Compare with what is still in force; what somebody took off by hand is drift, and not put back by itself."""
        there = Placement.objects.filter(status=PlacementStatus.VERIFIED).select_related("exclusion")
        forms = {self.granted[p.exclusion_id].form for p in there if p.device_id is None}
        assert set(self.lab.allows()) <= forms
        for lab_pc in self.lab.pcs:
            approved = {
                entry_of(ExclusionKind(p.exclusion.kind), p.exclusion.value_key)
                for p in there
                if p.device_id == lab_pc.case.device_id
            }
            assert lab_pc.entries() <= approved | lab_pc.by_hand | lab_pc.doubtful


def _reachable(status: ExclusionStatus) -> set[ExclusionStatus]:
    """Return what may follow, over any number of steps."""
    found, fresh = {status}, {status}
    while fresh:
        fresh = {after for one in fresh for after in TRANSITIONS[one]} - found
        found |= fresh
    return found
