"""Readings of a snapshot that several rules share."""

from __future__ import annotations

import re
from dataclasses import dataclass

from troubleshooting.domain.evidence.snapshot import ReadState, Snapshot

ON = 1

POLICY_ROOT = r"\Policies\Microsoft\Windows Defender"
MDM_KEY = POLICY_ROOT + r"\Policy Manager"
GROUP_POLICY_MODE_KEY = POLICY_ROOT + r"\Windows Defender Exploit Guard\Network Protection"
MODE_VALUE = "EnableNetworkProtection"

GROUP_POLICY = "Group Policy"
MDM = "MDM (Intune)"
LOCAL = "local setting"


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


@dataclass(frozen=True, slots=True)
class ModePolicy:
    """What policies say about the mode (None = nothing), and who therefore sets it (None = could not be read)."""

    origin: str | None
    mdm: int | None = None
    group_policy: int | None = None

    @property
    def value(self) -> int | None:
        """Return the value of the policy that counts."""
        return self.mdm if self.mdm is not None else self.group_policy


def mode_policy(snapshot: Snapshot) -> ModePolicy:
    """Tell who sets the mode: Policy Manager key → MDM, Group Policy key → Group Policy, else local.

    Source: docs/reference/defender-cmdlets.md section 6, "How to decide managed by".
    """
    mdm = as_number(snapshot.policy(MDM_KEY, MODE_VALUE))
    group_policy = as_number(snapshot.policy(GROUP_POLICY_MODE_KEY, MODE_VALUE))
    if mdm is not None:
        return ModePolicy(MDM, mdm, group_policy)
    if group_policy is not None:
        return ModePolicy(GROUP_POLICY, mdm, group_policy)
    return ModePolicy(LOCAL if is_answered(snapshot, "policy_values") else None)


def version_numbers(text: str | None) -> tuple[int, ...] | None:
    """Read ``4.18.24090.11`` as integers, so that versions compare by number; None where it is no version."""
    if text is None or not re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9}){1,3}", text.strip()):
        return None
    return tuple(int(part) for part in text.strip().split("."))
