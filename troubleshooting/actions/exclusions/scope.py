"""PCs that join the scope of an exclusion after its approval, and PCs that leave it.

An approval binds the scope ("all PCs of this group"), not the names of the PCs that belonged to it on that day: the
digest is made of the group's id (``Scope.as_json``). A PC that joins later is what was approved, so nobody approves
anew; it is put there as everywhere else, and the page says that it joined later. A PC that leaves loses it.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from troubleshooting.actions import activity_log
from troubleshooting.actions.exclusions.lifecycle import follow_placements, reopen
from troubleshooting.actions.exclusions.placements import CANARIES, devices_in, move_placement
from troubleshooting.domain.exclusions.exclusion import LOCAL_KINDS, ExclusionStatus, ScopeKind
from troubleshooting.domain.exclusions.placement import TO_PUT, PlacementStatus
from troubleshooting.models import Device, Exclusion, Placement
from troubleshooting.models.exclusion import APPROVED_OR_IN_FORCE_CODES, ExclusionQuerySet

PATIENCE = 3  # tries after which a PC among the first few that does not answer gives its place to another one
FIRST_FEW = (ExclusionStatus.APPROVED, ExclusionStatus.APPLYING)  # while all other PCs wait for these
OFF = (PlacementStatus.REMOVED, PlacementStatus.NOT_APPLIED)  # in an exclusion that is not over: its PC had left
LEAVES_AS = {
    PlacementStatus.WAITING: PlacementStatus.NOT_APPLIED,
    PlacementStatus.APPLYING: PlacementStatus.REMOVING,
    PlacementStatus.VERIFIED: PlacementStatus.REMOVING,
    PlacementStatus.REJECTED: PlacementStatus.NOT_APPLIED,  # nothing is there; asked again when the PC is back
}


def out_of_step() -> list[int]:
    """Return the approved exclusions whose PCs are not those of their scope, or wait for one that does not answer.

    Four queries, however many there are. PCs are counted in place of looked for, since each is placed once at most.
    """
    on_pcs = _approved().exclude(scope_kind=ScopeKind.DEVICE).order_by("pk")
    scopes = list(on_pcs.values_list("pk", "scope_kind", "scope_group"))
    if not scopes:
        return []
    of_group: dict[int | None, int] = dict(Device.objects.order_by().values_list("group").annotate(Count("pk")))
    carried = Placement.objects.filter(exclusion__in=on_pcs.order_by(), device__isnull=False).exclude(status__in=OFF)
    inside = carried.filter(Q(exclusion__scope_kind=ScopeKind.EVERYONE) | Q(device__group=F("exclusion__scope_group")))
    placed = dict(inside.order_by().values_list("exclusion").annotate(Count("pk")))
    everyone = sum(of_group.values())
    wanted = {pk: everyone if kind == ScopeKind.EVERYONE else of_group.get(group, 0) for pk, kind, group in scopes}
    here = Placement.objects.filter(exclusion=OuterRef("pk"))
    left = Q(
        Exists(here.filter(~Q(device__group=OuterRef("scope_group")), status__in=LEAVES_AS)), scope_kind=ScopeKind.GROUP
    )
    stuck = Q(Exists(_silent(here)), Exists(_stand_ins(here)), status__in=FIRST_FEW)
    others = set(on_pcs.filter(left | stuck).values_list("pk", flat=True))
    return [pk for pk in wanted if placed.get(pk, 0) < wanted[pk] or pk in others]


@transaction.atomic
def follow_scope(exclusion_id: int, *, now: datetime) -> None:
    """Bring an approved exclusion to the PCs that joined its scope, and take it off those that left.

    The approvals stay: they are for the scope, whoever belongs to it. The sweep, which asks for it, tells the workers.
    """
    exclusion = _approved().locked().select_related("case").filter(pk=exclusion_id).first()
    if exclusion is None or exclusion.scope_kind == ScopeKind.DEVICE:
        return
    wanted = dict.fromkeys(devices_in(exclusion.scope).values_list("pk", flat=True))  # in the order of their names
    placed = {placement.device_id: placement for placement in _locked(exclusion)}
    for placement in placed.values():
        if placement.device_id not in wanted:
            _leave(placement, exclusion, now=now)
    joined = [_join(placed.get(pk), pk, exclusion, now=now) for pk in wanted if pk not in placed or _is_off(placed[pk])]
    if joined:
        reopen(exclusion, now=now)
    _name_first_few(exclusion)
    follow_placements(exclusion, now=now)


def _approved() -> ExclusionQuerySet:
    return Exclusion.objects.filter(status__in=APPROVED_OR_IN_FORCE_CODES, kind__in=LOCAL_KINDS)


def _locked(exclusion: Exclusion) -> QuerySet[Placement]:
    return Placement.objects.locked().filter(exclusion=exclusion).select_related("device").order_by("pk")


def _is_off(placement: Placement) -> bool:
    return placement.status in OFF


def _leave(placement: Placement, exclusion: Exclusion, *, now: datetime) -> None:
    """Take a PC out; what was never sent is dropped, everything else is taken off and read back."""
    to = LEAVES_AS.get(PlacementStatus(placement.status))
    if to is None:
        return
    placement.is_canary = False
    placement.attempts, placement.next_attempt_at = 0, None
    move_placement(placement, to=to, now=now)
    _record("placement_out_of_scope", placement, exclusion, now=now)


def _join(placement: Placement | None, device_id: int, exclusion: Exclusion, *, now: datetime) -> Placement:
    """Return a PC its place; one that had left begins anew, with nothing known about what is on it."""
    if placement is None:
        placement = Placement.objects.create(exclusion=exclusion, device_id=device_id)
    else:
        placement.was_there_before = None
        placement.put_at = placement.verified_at = placement.event_at = placement.next_attempt_at = None
        placement.outcome = placement.error_code = placement.error_detail = ""
        placement.attempts = 0
        move_placement(placement, to=PlacementStatus.WAITING, now=now)
    _record("placement_joined", placement, exclusion, now=now)
    return placement


def _record(action: str, placement: Placement, exclusion: Exclusion, *, now: datetime) -> None:
    assert placement.device is not None, "a scope is made of PCs"
    said = {"device": placement.device.hostname, "exclusion": exclusion.pk}
    activity_log.record(action, placement, case=exclusion.case, actor=None, now=now, **said)


def _name_first_few(exclusion: Exclusion) -> None:
    """Name others where none of the first few PCs is left, or some do not answer while all the rest waits for them."""
    here = Placement.objects.filter(exclusion=exclusion)
    silent = list(_silent(here).values_list("pk", flat=True))
    present = here.filter(is_canary=True).exclude(pk__in=silent).count()
    if exclusion.status not in FIRST_FEW or (present and not silent):
        return
    stand_ins = list(_stand_ins(here).order_by("device__hostname").values_list("pk", flat=True)[: CANARIES - present])
    if not stand_ins:
        return
    here.filter(pk__in=silent).update(is_canary=False)
    here.filter(pk__in=stand_ins).update(is_canary=True)


def _silent(here: QuerySet[Placement]) -> QuerySet[Placement]:
    return here.filter(is_canary=True, status__in=TO_PUT, attempts__gte=PATIENCE)


def _stand_ins(here: QuerySet[Placement]) -> QuerySet[Placement]:
    return here.filter(is_canary=False, status=PlacementStatus.WAITING, attempts=0)
