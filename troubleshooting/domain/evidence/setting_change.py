r"""What events 5007 and 5013 tell of a setting: its name, what it was and what it is.

Source: docs/reference/events.md section 3.

Their texts are ``<registry path>\<value> = <data>``; a list of exclusions has the excluded value as the value's name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from troubleshooting.domain.evidence.events import CHANGE_REFUSED, SETTING_CHANGED
from troubleshooting.domain.evidence.snapshot import ProtectionEvent

_DATA = re.compile(r"\A(?P<path>.+?)\s*=\s*(?P<data>[^=\\]*)\Z", re.DOTALL)
_IN_LIST = re.compile(r"\\Exclusions\\(?P<list>[^\\]+)\\(?P<value>.+)\Z", re.IGNORECASE)
_NUMBER = re.compile(r"0x[0-9a-fA-F]{1,16}")


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One setting; ``old`` and ``new`` are None where the event has none: the value was made, or removed."""

    setting: str  # "EnableNetworkProtection", "Exclusions, Processes: C:\\a.exe"
    path: str  # where it stands in the registry, as logged
    old: str | None
    new: str | None
    is_in_list: bool  # an entry of a list is there or not; its data says nothing
    is_refused: bool


def setting_change(event: ProtectionEvent) -> SettingChange | None:
    """Read one event; None where it is about something else, or names no setting."""
    if event.event_id == CHANGE_REFUSED:
        old, new = None, event.value
    elif event.event_id == SETTING_CHANGED:
        old, new = event.old_value, event.new_value
    else:
        return None
    parts = [_split(text) for text in (old, new)]
    path = parts[1][0] or parts[0][0]
    if not path:
        return None
    in_list = _IN_LIST.search(path)
    return SettingChange(
        setting=f"Exclusions, {in_list['list']}: {in_list['value']}" if in_list else path.rpartition("\\")[2],
        path=path,
        old=parts[0][1],
        new=parts[1][1],
        is_in_list=in_list is not None,
        is_refused=event.event_id == CHANGE_REFUSED,
    )


def _split(text: str | None) -> tuple[str, str | None]:
    """Return path and data; ("", None) for nothing."""
    plain = (text or "").strip()
    if not plain:
        return "", None
    found = _DATA.match(plain)
    return (found["path"], _plain(found["data"].strip())) if found else (plain, "")


def _plain(data: str) -> str:
    """Return a small number as people write it; anything else as it stands."""
    return str(int(data, 16)) if _NUMBER.fullmatch(data) else data
