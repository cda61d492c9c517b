"""The version of Defender's platform: which one a PC needs, and what silence means beside it.

Source: docs/reference/checks.md section 5, C3.
"""

from __future__ import annotations

from collections.abc import Mapping

from troubleshooting.domain.checks.base import SILENT, Check, Judgement, computer_status
from troubleshooting.domain.checks.editions import DOWN_LEVEL_BUILDS, MachineClass, machine_class
from troubleshooting.domain.evidence.readings import version_numbers
from troubleshooting.domain.evidence.snapshot import OperatingSystem, Snapshot

OLDEST_PLATFORM = (4, 18, 1906)  # indicators need it
OLDEST_DOWN_LEVEL_PLATFORM = (4, 18, 2001)  # Server 2012 R2 and 2016

_DEFENDERS = frozenset({"computer_status", "preferences"})


def needed_platform(snapshot: Snapshot) -> tuple[int, ...]:
    """Return the oldest platform that does on this Windows."""
    system = snapshot.operating_system or OperatingSystem()
    is_down_level = machine_class(system) is MachineClass.SERVER and system.build in DOWN_LEVEL_BUILDS
    return OLDEST_DOWN_LEVEL_PLATFORM if is_down_level else OLDEST_PLATFORM


def platform(snapshot: Snapshot) -> tuple[int, ...] | None:
    """Return the platform's version; None where it was not said."""
    return version_numbers(computer_status(snapshot).product_version)


def silence(check: Check, snapshot: Snapshot) -> Judgement:
    """Return why a rule had nothing to judge: the platform's age is a reason only where the snapshot says so."""
    if not _DEFENDERS & set(check.depends_on):
        return SILENT
    version, needed = platform(snapshot), needed_platform(snapshot)
    values: Mapping[str, str] = {
        "version": computer_status(snapshot).product_version or "?",
        "needed": ".".join(map(str, needed)),
    }
    kind = "unknown" if version is None else "old" if version < needed else "new"
    return Judgement(f"silent_platform_{kind}", SILENT.observed, values)
