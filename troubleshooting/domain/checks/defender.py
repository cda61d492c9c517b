"""Rules about Microsoft Defender Antivirus.

Source: docs/reference/checks.md section 1, P2 to P5, section 4, section 5, C3 to C5, C21.
"""

from __future__ import annotations

from collections.abc import Mapping

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.checks.base import SILENT, Judgement, shortened, strange
from troubleshooting.domain.checks.windows import DOWN_LEVEL_BUILDS, WORKSTATION, MachineClass, machine_class
from troubleshooting.domain.evidence.readings import version_numbers
from troubleshooting.domain.evidence.snapshot import (
    AntivirusProduct,
    ComputerStatus,
    OperatingSystem,
    Preferences,
    ReadState,
    Snapshot,
)

ACTIVE_MODE = "normal"
# Beginnings of AMRunningMode, lower-case; Microsoft changed the wording over time (docs/reference/defender-cmdlets.md
# section 2).
INACTIVE_MODES = ("passive", "sxs passive", "edr block", "not running", "disabled")

# SecurityCenter2 productState: community findings, so a hint only (docs/reference/checks.md section 4).
STATE_MASK, STATE_ON = 0xF000, 0x1000
OWNER_MASK, OWNER_WINDOWS = 0x0F00, 0x0100

OLDEST_PLATFORM = (4, 18, 1906)  # indicators need it
OLDEST_DOWN_LEVEL_PLATFORM = (4, 18, 2001)  # Server 2012 R2 and 2016

OLDEST_SIGNATURES_DAYS = 7  # the portal's own limit (C4)
NEVER = 4294967295

_ON = say(_("On"))
_OFF = say(_("Off"))

MAPS_LEVELS: Mapping[int, tuple[str, Text]] = {
    0: ("off", say(_("Off (0)"))),
    1: ("basic", say(_("Basic (1)"))),
    2: ("advanced", say(_("Advanced (2)"))),
}


def _status(snapshot: Snapshot) -> ComputerStatus:
    """Return what Defender says of itself; all silent where it said nothing."""
    return snapshot.computer_status or ComputerStatus()


def _switch(on: bool | None, *, when_on: str, when_off: str) -> Judgement:
    """Judge a plain on/off value."""
    if on is None:
        return SILENT
    return Judgement(when_on, _ON) if on else Judgement(when_off, _OFF)


def sole_antivirus(snapshot: Snapshot, report: Report | None) -> Judgement:
    """P2: AMRunningMode decides; another product that Windows reports as on is a hint and warns."""
    written = _status(snapshot).running_mode
    mode = (written or "").strip().casefold()
    if written is None or not mode:
        return SILENT
    observed = say(_("Running mode: %(mode)s"), mode=shortened(written))
    if mode.startswith(INACTIVE_MODES):
        return Judgement("not_active", observed, {"mode": shortened(written)})
    if not mode.startswith(ACTIVE_MODE):
        return strange(written)
    return _judge_others(snapshot, observed)


def _judge_others(snapshot: Snapshot, observed: Text) -> Judgement:
    """Judge the list of products beside an active Defender; a server keeps none."""
    if snapshot.reading("antivirus_products").state is ReadState.ABSENT:
        system = snapshot.operating_system or OperatingSystem()
        return SILENT if system.product_type == WORKSTATION else Judgement("active_server", observed)
    if snapshot.antivirus_products is None:
        return SILENT
    others = [product for product in snapshot.antivirus_products if not is_defender(product)]
    switched_on = [product.name for product in others if _is_on(product)]
    unclear = [product.name for product in others if product.product_state is None]
    if switched_on:
        return Judgement("another_on", _listed(observed, switched_on), {"products": _names(switched_on)})
    if unclear:
        return Judgement("another_unclear", _listed(observed, unclear), {"products": _names(unclear)})
    return Judgement("sole", observed)


def is_defender(product: AntivirusProduct) -> bool:
    """Tell whether a listed product is Microsoft's own: by the owner bits, or by name where there are none."""
    if product.product_state is None:
        return "defender" in product.name.casefold()
    return product.product_state & OWNER_MASK == OWNER_WINDOWS or "defender" in product.name.casefold()


def _is_on(product: AntivirusProduct) -> bool:
    """Tell whether the state bits say "on" (not snoozed, not expired)."""
    return product.product_state is not None and product.product_state & STATE_MASK == STATE_ON


def _names(names: list[str]) -> str | int:
    """Write product names in a row."""
    return shortened(", ".join(names))


def _listed(observed: Text, names: list[str]) -> Text:
    """Add product names to the running mode."""
    return say(_("Running mode: %(mode)s; also listed: %(products)s"), **dict(observed.values), products=_names(names))


def real_time_protection(snapshot: Snapshot, report: Report | None) -> Judgement:
    """P3: RealTimeProtectionEnabled; on-access scanning switched off beside it warns."""
    status = _status(snapshot)
    if status.real_time_protection and status.on_access_protection is False:
        return Judgement("partly_on", say(_("On; checking files on access: off")))
    return _switch(status.real_time_protection, when_on="on", when_off="off")


def behavior_monitoring(snapshot: Snapshot, report: Report | None) -> Judgement:
    """P4: BehaviorMonitorEnabled."""
    return _switch(_status(snapshot).behavior_monitor, when_on="on", when_off="off")


def cloud_protection(snapshot: Snapshot, report: Report | None) -> Judgement:
    """P5: MAPSReporting 1 or 2."""
    level = (snapshot.preferences or Preferences()).maps_reporting
    if level is None:
        return SILENT
    if level not in MAPS_LEVELS:
        return strange(level)
    reason, observed = MAPS_LEVELS[level]
    return Judgement(reason, observed)


def platform_version(snapshot: Snapshot, report: Report | None) -> Judgement:
    """C3: 4.18.1906 for everybody, 4.18.2001 on Server 2012 R2 and 2016; compared number by number."""
    written = _status(snapshot).product_version
    if written is None:
        return SILENT
    version = version_numbers(written)
    if version is None:
        return strange(written)
    system = snapshot.operating_system or OperatingSystem()
    is_down_level = machine_class(system) is MachineClass.SERVER and system.build in DOWN_LEVEL_BUILDS
    needed = OLDEST_DOWN_LEVEL_PLATFORM if is_down_level else OLDEST_PLATFORM
    reason = "new_enough" if version >= needed else "too_old"
    values = {"version": written, "needed": ".".join(str(part) for part in needed)}
    return Judgement(reason, say(_("Platform %(version)s"), version=written), values)


def signatures(snapshot: Snapshot, report: Report | None) -> Judgement:
    """C4: at most seven days old and not out of date; a platform that does not tell one of them stays unknown."""
    status = _status(snapshot)
    age, out_of_date = status.signature_age_days, status.signatures_out_of_date
    if age == NEVER:
        return Judgement("never", say(_("Never updated")))
    observed = _signature_facts(age, status.signature_version)
    if out_of_date or (age is not None and age > OLDEST_SIGNATURES_DAYS):
        return Judgement("old", observed)
    return SILENT if age is None or out_of_date is None else Judgement("fresh", observed)


def _signature_facts(age: int | None, version: str | None) -> Text:
    """Write age and version of the signatures."""
    if age is None:
        return say(_("Reported as out of date"))
    return say(_("%(days)s days old, version %(version)s"), days=age, version=shortened(version or "?"))


def network_inspection(snapshot: Snapshot, report: Report | None) -> Judgement:
    """C5: NISEnabled."""
    return _switch(_status(snapshot).network_inspection, when_on="running", when_off="stopped")


def tamper_protection(snapshot: Snapshot, report: Report | None) -> Judgement:
    """Say whether Windows refuses changes of its main protection settings.

    Source: docs/reference/defender-cmdlets.md section 7.
    """
    status = _status(snapshot)
    judged = _switch(status.tamper_protected, when_on="on", when_off="off")
    source = shortened(status.tamper_protection_source or "?")
    return Judgement(judged.reason, judged.observed, {"source": source})


def troubleshooting_mode(snapshot: Snapshot, report: Report | None) -> Judgement:
    """C21: while it is on, settings are temporary."""
    written = _status(snapshot).troubleshooting_mode
    states = {"disabled": False, "enabled": True}
    if written is None:
        return SILENT
    on = states.get(written.strip().casefold())
    return strange(written) if on is None else _switch(on, when_on="on", when_off="off")
