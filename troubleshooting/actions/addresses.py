"""Changes of where a PC in use is visited, and how the portal signs in there: asked for by one, approved by another."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q

from troubleshooting.actions import activity_log
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say
from troubleshooting.models import AddressChange, Device, DeviceGroup, User
from troubleshooting.permissions import check_may_approve_address, check_may_change_address


class ChangeWaits(Refused):
    """Another change of the same PC or group was not decided yet."""

    text = say(_("Another change of this address is waiting to be decided. Decide that one first."))


class AddressMoved(Refused):
    """What the change was asked about is not as it was then, or the new values are not possible any more."""

    text = say(_("This has changed since it was requested. Reject it, and ask for the change again."))


def is_in_use(subject: Device | DeviceGroup) -> bool:
    """Tell whether the PC, or one of the group, was visited or has a case."""
    mine = Q(pk=subject.pk) if isinstance(subject, Device) else Q(group=subject)
    return Device.objects.filter(mine).filter(Q(last_visited_at__isnull=False) | Q(cases__isnull=False)).exists()


@transaction.atomic
def request_change(subject: Device | DeviceGroup, new: dict[str, Any], *, by: User, now: datetime) -> AddressChange:
    """Ask for new values of a PC or group as it is stored; nothing changes yet. Raises ChangeWaits."""
    check_may_change_address(by)
    values = {name: {"old": getattr(subject, name), "new": value} for name, value in new.items()}
    of = {"device": subject} if isinstance(subject, Device) else {"group": subject}
    try:
        with transaction.atomic():
            change = AddressChange.objects.create(**of, values=values, requested_by=by, requested_at=now)
    except IntegrityError as error:
        if "address_change_one_waiting" not in str(error):
            raise
        raise ChangeWaits from error
    activity_log.record(
        "address_change_requested", subject, case=None, actor=by, now=now, name=str(subject), values=values
    )
    return change


@transaction.atomic
def approve_change(change_id: int, *, by: User, now: datetime) -> AddressChange:
    """Carry a change out that another administrator asked for; raises AddressMoved."""
    change = _decide(change_id, is_approved=True, by=by, now=now)
    rows: models.QuerySet[Device] | models.QuerySet[DeviceGroup]
    rows = DeviceGroup.objects.all() if change.device_id is None else Device.objects.all()
    subject = rows.select_for_update(of=("self",), no_key=True).get(pk=change.subject.pk)
    for name, value in change.values.items():
        if getattr(subject, name) != value["old"]:
            raise AddressMoved
        setattr(subject, name, value["new"])
    try:
        subject.full_clean()
    except ValidationError as error:
        raise AddressMoved from error
    subject.save(update_fields=[name.removesuffix("_id") for name in change.values])
    asked = {"requested_by": change.requested_by.username}
    activity_log.record(
        "address_changed", subject, case=None, actor=by, now=now, name=str(subject), values=change.values, **asked
    )
    return change


@transaction.atomic
def reject_change(change_id: int, *, by: User, now: datetime) -> AddressChange:
    """Say no to a change, or take back one's own."""
    change = _decide(change_id, is_approved=False, by=by, now=now)
    said = {"name": str(change.subject), "values": change.values}
    activity_log.record("address_change_rejected", change.subject, case=None, actor=by, now=now, **said)
    return change


def _decide(change_id: int, *, is_approved: bool, by: User, now: datetime) -> AddressChange:
    change = AddressChange.objects.select_for_update(no_key=True).get(pk=change_id)
    check_may_change_address(by)
    if is_approved:
        check_may_approve_address(by, requester_id=change.requested_by_id)
    if change.is_approved is not None:
        raise Refused
    change.is_approved, change.decided_by, change.decided_at = is_approved, by, now
    change.save(update_fields=["is_approved", "decided_by", "decided_at"])
    return change
