r"""What event 5007 tells of a change of a PC's own lists of exclusions (docs/reference/events.md section 3).

Its texts are ``<registry path>\<value> = <data>``; a changed exclusion stands below ``\Windows Defender\Exclusions\``,
in a key for each list, with the excluded value as the value's name. The event names no account.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from troubleshooting.domain.evidence.events import SETTING_CHANGED
from troubleshooting.domain.evidence.snapshot import ProtectionEvent
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.exclusions.values import canonical

_KINDS: Mapping[str, ExclusionKind] = {
    "ipaddresses": ExclusionKind.IP_ADDRESS,
    "processes": ExclusionKind.PROCESS,
}
_TEXT = re.compile(
    r"\\Windows Defender\\Exclusions\\(?P<list>[^\\]+)\\(?P<value>.+?)(?:\s*=\s*[^=\\]*)?\s*\Z", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ExclusionChange:
    """One entry that was added to a list or taken off it; ``by_policy``: on the lists that policy sets."""

    kind: ExclusionKind
    value: str
    is_added: bool
    at: datetime  # the PC's own clock
    by_policy: bool = False

    @property
    def value_key(self) -> str:
        """Return the value for comparison."""
        return canonical(self.value)


def exclusion_change(event: ProtectionEvent) -> ExclusionChange | None:
    """Read one event; None where it is about something else."""
    if event.event_id != SETTING_CHANGED:
        return None
    text = event.new_value or event.old_value or ""
    found = _TEXT.search(text)
    kind = _KINDS.get(found["list"].lower()) if found else None
    if found is None or kind is None:
        return None
    return ExclusionChange(
        kind=kind,
        value=found["value"].strip(),
        is_added=bool((event.new_value or "").strip()),
        at=event.recorded_at,
        by_policy="\\policies\\" in text.lower(),
    )


def policy_exclusions(events: Iterable[ProtectionEvent]) -> tuple[ExclusionChange, ...]:
    """Return the entries that a policy sets, as far as the log tells: those whose last change there was an addition."""
    last: dict[tuple[ExclusionKind, str], ExclusionChange] = {}
    changes = (change for event in events if (change := exclusion_change(event)) is not None)
    for change in sorted(changes, key=lambda change: change.at):
        if change.by_policy:
            last[change.kind, change.value_key] = change
    return tuple(change for change in last.values() if change.is_added)
