"""Who may stand on a lease."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.db.models import Q

from troubleshooting.actions.leases.holder import LeaseHolder
from troubleshooting.actions.runs.audit_mode_test import TestOnLease
from troubleshooting.actions.runs.retest_without import RetestOnLease
from troubleshooting.models import SettingLease

HOLDERS: tuple[type[LeaseHolder], ...] = (TestOnLease, RetestOnLease)
JOINED = tuple(kind.JOINED for kind in HOLDERS)
LEFT: Q = reduce(or_, (kind.LEFT for kind in HOLDERS))
UNTOLD: Q = reduce(or_, (kind.UNTOLD for kind in HOLDERS))


def holder_of(lease: SettingLease) -> LeaseHolder | None:
    """Return who stands on a lease that was read with ``JOINED``."""
    return next((holder for kind in HOLDERS if (holder := kind.of(lease)) is not None), None)
