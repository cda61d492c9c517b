"""Readings of a snapshot that several rules share."""

from __future__ import annotations

import re

from troubleshooting.domain.evidence.snapshot import ReadState, Snapshot


def is_answered(snapshot: Snapshot, name: str) -> bool:
    """Tell whether a catalogue entry was answered, be it with "there is no such thing"."""
    return snapshot.reading(name).state in {ReadState.ANSWERED, ReadState.ABSENT}


def as_number(value: str | int | None) -> int | None:
    """Read a registry value as a number ("0x1" and "1" too); None where it is none."""
    if isinstance(value, str):
        text = value.strip()
        if re.fullmatch(r"0[xX][0-9a-fA-F]{1,8}", text):
            return int(text, 16)
        return int(text) if re.fullmatch(r"[0-9]{1,10}", text) else None
    return value


def version_numbers(text: str | None) -> tuple[int, ...] | None:
    """Read ``4.18.24090.11`` as integers, so that versions compare by number; None where it is no version."""
    if text is None or not re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9}){1,3}", text.strip()):
        return None
    return tuple(int(part) for part in text.strip().split("."))
