"""Where a setting of Defender can be set by policy, in Microsoft's order of precedence, and which place decides.

Source: docs/reference/defender-cmdlets.md section 6. Two registry places hold policies, and each has several writers. A
value does not tell which of them wrote it, so all are named but those that the PC's enrolment rules out. Where the
places differ, what is in force decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from troubleshooting.domain.evidence.readings import as_number, is_answered
from troubleshooting.domain.evidence.snapshot import Preferences, Snapshot

ON = 1
MODE_VALUE = "EnableNetworkProtection"

POLICY_ROOT = r"\Policies\Microsoft\Windows Defender"
MDM_KEY = POLICY_ROOT + r"\Policy Manager"
MODE_KEY = POLICY_ROOT + r"\Windows Defender Exploit Guard\Network Protection"
EXCLUSIONS_KEY = POLICY_ROOT + r"\Exclusions"
SENSE_CM_KEY = r"\Microsoft\SenseCM"

GROUP_POLICY = "Group Policy, Configuration Manager or Defender for Endpoint security settings management"
# By SenseCM's EnrollmentStatus: who of these manages the PC, and so who cannot have written the policy key.
GROUP_POLICY_BY_ENROLMENT: Mapping[int, str] = {
    1: "Defender for Endpoint security settings management, in which the PC is enrolled, or Group Policy",
    2: "Group Policy or Configuration Manager; the PC was never enrolled in security settings management",
    3: "Group Policy or Configuration Manager; Intune manages the PC, not security settings management",
    4: "Configuration Manager, which manages the PC, or Group Policy",
}
MDM = "Intune or another MDM tool, or Configuration Manager with tenant attach or an Exploit Guard policy"
LOCAL = "local setting"

Reads = Callable[[str | int | None], int | None]


def _reversed(value: str | int | None) -> int | None:
    """Read a value that says what is off: 1 for on, 0 for off."""
    read = as_number(value)
    return None if read is None else int(read == 0)


def _is_on(value: str | int | None) -> int | None:
    """Read a level: 1 for any that is on, 0 for off."""
    read = as_number(value)
    return None if read is None else int(read > 0)


@dataclass(frozen=True, slots=True)
class Setting:
    """The policy values of one setting: (key, name) of the policy key's places, and its name under Policy Manager."""

    policy: tuple[tuple[str, str], ...]
    mdm: str
    reads_policy: Reads = as_number
    reads_mdm: Reads = as_number


# Names under Policy Manager: those of the Policy CSP (docs/reference/defender-cmdlets.md section 6).
MODE = Setting(((MODE_KEY, MODE_VALUE),), MODE_VALUE)
REAL_TIME = Setting(
    ((POLICY_ROOT + r"\Real-Time Protection", "DisableRealtimeMonitoring"),), "AllowRealtimeMonitoring", _reversed
)
BEHAVIOR = Setting(
    ((POLICY_ROOT + r"\Real-Time Protection", "DisableBehaviorMonitoring"),), "AllowBehaviorMonitoring", _reversed
)
CLOUD = Setting(((POLICY_ROOT + r"\Spynet", "SpynetReporting"),), "AllowCloudProtection", _is_on, _is_on)
SERVER_SWITCH = Setting(((MODE_KEY, "AllowNetworkProtectionOnWinServer"),), "AllowNetworkProtectionOnWinServer")
LOCAL_LISTS_IGNORED = Setting(((POLICY_ROOT, "DisableLocalAdminMerge"),), "DisableLocalAdminMerge")
EXCLUSIONS_HIDDEN = Setting(
    ((POLICY_ROOT, "HideExclusionsFromLocalAdmins"), (EXCLUSIONS_KEY, "HideExclusionsFromLocalAdmins")),
    "HideExclusionsFromLocalAdmins",
)


@dataclass(frozen=True, slots=True)
class Held:
    """One policy value: who may have written it, where it stands, as written and as understood."""

    writers: str
    key: str
    name: str
    written: str | int
    value: int

    @property
    def where(self) -> str:
        """Return the key and the tools that write there."""
        return f"{self.key} ({self.writers})"


def held(snapshot: Snapshot, setting: Setting) -> tuple[Held, ...]:
    """Return what policies say about a setting, in Microsoft's order: the policy key, then Policy Manager."""
    writers = _writers_of_policy(snapshot)
    places = [(writers, key, name, setting.reads_policy) for key, name in setting.policy]
    places.append((MDM, MDM_KEY, setting.mdm, setting.reads_mdm))
    return tuple(found for place in places if (found := _held(snapshot, *place)) is not None)


def _writers_of_policy(snapshot: Snapshot) -> str:
    enrolment = as_number(snapshot.policy(SENSE_CM_KEY, "EnrollmentStatus"))
    return GROUP_POLICY_BY_ENROLMENT.get(enrolment or 0, GROUP_POLICY)


def _held(snapshot: Snapshot, writers: str, key_end: str, name: str, reads: Reads) -> Held | None:
    written = snapshot.policy(key_end, name)
    value = reads(written)
    if written is None or value is None:
        return None
    return Held(writers, "HKLM\\SOFTWARE" + key_end, name, written, value)


def deciding(found: tuple[Held, ...], in_force: int | None) -> Held | None:
    """Return the policy that decides: the first that agrees with what is in force; the first where that is unknown.

    None where no policy agrees: not applied yet, or another tool decides whose values do not stand in the registry.
    """
    if in_force is None:
        return found[0] if found else None
    return next((one for one in found if one.value == in_force), None)


def beside(found: tuple[Held, ...], decides: Held) -> str:
    """Say what the other places hold, for a remedy that names the one that decides."""
    said = [_beside(one, decides) for one in found if one is not decides]
    return " ".join(said) or "No other policy that the portal can read sets it."


def _beside(other: Held, decides: Held) -> str:
    if other.value == decides.value:
        return f"{other.name} says the same under {other.where}: change it there, too."
    return f"{other.name} is {other.written} under {other.where}, which has no effect here."


def is_on(snapshot: Snapshot, setting: Setting) -> bool:
    """Tell whether any policy place switches a setting on."""
    return any(one.value == ON for one in held(snapshot, setting))


def excluded_by_policy(snapshot: Snapshot, *, lists: str, mdm: str) -> str | None:
    """Return the name of the policy value that holds exclusions of a kind: Group Policy's switch, or MDM's list."""
    if as_number(snapshot.policy(EXCLUSIONS_KEY, lists)) == ON:
        return lists
    written = snapshot.policy(MDM_KEY, mdm)
    return mdm if isinstance(written, str) and re.search(r"[^\s|]", written) else None


@dataclass(frozen=True, slots=True)
class ModePolicy:
    """What policies say about the mode, what is in force, and which policy decides (None: none of those that are held).

    ``origin`` is who sets the mode: the writers of the place that decides, ``LOCAL``, or None where it is not known.
    """

    origin: str | None
    held: tuple[Held, ...] = ()
    in_force: int | None = None

    @property
    def decides(self) -> Held | None:
        """Return the policy that decides."""
        return deciding(self.held, self.in_force)

    @property
    def is_in_conflict(self) -> bool:
        """Tell whether the places say different things."""
        return len({one.value for one in self.held}) > 1


def mode_policy(snapshot: Snapshot) -> ModePolicy:
    """Tell who sets the mode."""
    in_force = (snapshot.preferences or Preferences()).network_protection
    found = held(snapshot, MODE)
    origin = next(_origins(snapshot, found, in_force), None)
    return ModePolicy(origin, found, in_force)


def _origins(snapshot: Snapshot, found: tuple[Held, ...], in_force: int | None) -> Iterator[str]:
    """Yield the writers of the deciding place first; a policy that is not in force comes back and counts, too."""
    decides = deciding(found, in_force)
    if decides is not None:
        yield decides.writers
    yield from (one.writers for one in found)
    if is_answered(snapshot, "policy_values"):
        yield LOCAL
