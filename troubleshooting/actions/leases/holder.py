"""Whoever stands on a lease, asked by what it is: an audit-mode test, a re-test without the exclusion, the next ones.

The lease's own worker gives the value back whatever its holder does or fails to do; a holder says what else is to be
done while the value is lent, and after. The holders are listed in ``runs/holders.py``.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Protocol, Self

from django.db.models import Q

from troubleshooting.actions.leases.lease_visit import LeaseVisit
from troubleshooting.models import SettingLease


class LeaseHolder(Protocol):
    """What a lease was taken for."""

    JOINED: ClassVar[str]  # what is read together with a lease, so that ``of`` asks nothing
    LEFT: ClassVar[Q]  # of active leases: those whose holder waits for a worker, which may have been lost
    UNTOLD: ClassVar[Q]  # of ended leases: those whose holder has not drawn its conclusion

    @classmethod
    def of(cls, lease: SettingLease) -> Self | None:
        """Return the holder of a lease that was read with ``JOINED``; None where it is another's."""
        ...

    @property
    def is_waited_for(self) -> bool:
        """Tell whether a person uses the lent value; after a fault of the portal it stays for them until its end."""
        ...

    def wants_visit(self, lease: SettingLease, *, now: datetime) -> bool:
        """Tell whether a visit would help, of a lease that is active or has ended."""
        ...

    def go_on(self, lease: SettingLease, visit: LeaseVisit) -> None:
        """Do over an open connection what is to be done next, as far as it goes."""
        ...

    def follow(self, lease: SettingLease, *, now: datetime) -> None:
        """Come to where a visit has left the lease."""
        ...

    def give_up(self, lease: SettingLease, *, now: datetime) -> None:
        """Conclude without a log: it could not be read for too long after the end."""
        ...
