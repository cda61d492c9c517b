"""What rules are made of, and readings that several of them share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.evidence.snapshot import ReadState, Snapshot

ON = 1

POLICY_ROOT = r"\Policies\Microsoft\Windows Defender"
MDM_KEY = POLICY_ROOT + r"\Policy Manager"
GROUP_POLICY_MODE_KEY = POLICY_ROOT + r"\Windows Defender Exploit Guard\Network Protection"
MODE_VALUE = "EnableNetworkProtection"

GROUP_POLICY = "Group Policy"
MDM = "MDM (Intune)"
LOCAL = "local setting"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a rule found: the reason (a key of the remediation tables), the value seen, and values for the sentences."""

    reason: str
    observed: Text
    values: Mapping[str, str | int] = field(default_factory=dict)


RuleFunction = Callable[[Snapshot, Report | None], Judgement]


@dataclass(frozen=True, slots=True)
class Rule:
    """A check's rule.

    ``depends_on`` names the catalogue entries it waits for. Without an answer to one of them the finding is unknown,
    unless the name stands in ``tolerates`` (any failure) or ``absent_is_an_answer``; then the function copes with it.
    """

    depends_on: tuple[str, ...]
    function: RuleFunction
    tolerates: frozenset[str] = frozenset()
    absent_is_an_answer: frozenset[str] = frozenset()


SILENT = Judgement("silent", say(_("not said")))


def strange(value: str | int) -> Judgement:
    """Return the judgement on a value that is in no table; a blank one says nothing."""
    if not str(value).strip():
        return SILENT
    return Judgement("strange", say(_("%(value)s"), value=shortened(value)), {"value": shortened(value)})


def shortened(value: str | int, longest: int = 120) -> str | int:
    """Return a device's text in a length that a page can show; numbers as they are."""
    if isinstance(value, int) or len(value) <= longest:
        return value
    return value[: longest - 1] + "…"


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
