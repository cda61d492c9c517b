"""What a visit to a PC needs besides the PC: limits, credentials, the clock, and the address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from troubleshooting.machines.base import Address, Auth, Credential, Limits
from troubleshooting.machines.errors import MachineError
from troubleshooting.models import Device


@dataclass(frozen=True, slots=True)
class VisitPlan:
    """What the door hands down: limits, the company's credentials, and the clock."""

    clock: Callable[[], datetime]
    credential: Callable[[str], Credential]  # by profile; raises MachineError where there is none
    ca_file: Path | None
    limits: Limits
    events_since: timedelta
    # how long an event may take to reach the log (docs/reference/events.md section 1)
    log_lag: timedelta = timedelta(seconds=2.5)


@dataclass(frozen=True, slots=True)
class Access:
    """Where a PC is visited, and as whom; a missing credential is told once the visit has its evidence."""

    address: Address
    profile: str
    known: Credential | None
    missing: MachineError | None = None

    @property
    def account(self) -> str:
        """Return the user name, as far as it is known."""
        return (self.known.username if self.known else None) or ""

    def credential(self) -> Credential:
        """Return what to sign in with; raises MachineError where there is none."""
        if self.known is None:
            assert self.missing is not None, "either is there"
            raise self.missing
        return self.known


def access_to(device: Device, plan: VisitPlan, *, changes: bool) -> Access:
    """Return how to visit a PC; its group is joined, or asked for."""
    address = address_of(device, ca_file=plan.ca_file, changes=changes)
    profile = device.group.credential_profile
    try:
        return Access(address, profile, plan.credential(profile))
    except MachineError as error:
        return Access(address, profile, None, error)


def address_of(device: Device, *, ca_file: Path | None, changes: bool) -> Address:
    """Return the device's endpoint from its own and its group's settings: the one for changing only where it is needed.

    ``changes``: the visit is for an approved change, a test window, or the undoing of either.
    """
    group = device.group
    changing = group.changing_configuration_name or group.configuration_name
    return Address(
        hostname=device.address or device.hostname,
        port=device.port or group.port,
        https=group.https,
        auth=Auth(group.auth),
        ca_file=ca_file,
        configuration_name=changing if changes else group.configuration_name,
    )
