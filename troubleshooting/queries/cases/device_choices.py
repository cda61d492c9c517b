"""The PCs a person can report on: the likely one first, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from troubleshooting.models import Case, Device, User

ONLY_ONE = _("Your only PC")
AT_ITS_CONSOLE = _("You were last seen signed in on it")
REPORTED_LAST = _("You reported a problem with it last time")


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    """One PC to choose."""

    device: Device
    reason: Promise | None = None  # why it is the likely one; None for the others

    @property
    def is_likely(self) -> bool:
        """Tell whether there is a reason to choose it."""
        return self.reason is not None


def device_choices(person: User) -> tuple[DeviceChoice, ...]:
    """Return the person's own PCs, the likely one first; two queries at most."""
    devices = list(Device.objects.owned_by(person).order_by("hostname"))
    likely, reason = _likely(person, devices)
    if likely is None:
        return tuple(DeviceChoice(device) for device in devices)
    others = (DeviceChoice(device) for device in devices if device != likely)
    return (DeviceChoice(likely, reason), *others)


def _likely(person: User, devices: Sequence[Device]) -> tuple[Device | None, Promise | None]:
    if len(devices) == 1:
        return devices[0], ONLY_ONE
    seen_at = [device for device in devices if is_at_console(person, device)]
    if len(seen_at) == 1:
        return seen_at[0], AT_ITS_CONSOLE
    return _reported_last(person, devices)


def _reported_last(person: User, devices: Sequence[Device]) -> tuple[Device | None, Promise | None]:
    if not devices:
        return None, None
    last = Case.objects.filter(reporter=person, device__in=devices).order_by("-opened_at").values_list("device_id")
    device_id = last.first()
    return (next(d for d in devices if d.pk == device_id[0]), REPORTED_LAST) if device_id else (None, None)


def is_at_console(person: User, device: Device) -> bool:
    r"""Tell whether the PC last named this person as the one at its console (``CONTOSO\\emma``, ``emma@contoso``)."""
    account = device.console_user.rpartition("\\")[2].partition("@")[0]
    return bool(account) and account.casefold() == person.username.partition("@")[0].casefold()
