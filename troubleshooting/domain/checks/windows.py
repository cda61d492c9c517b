"""Rules about Windows itself: edition, version, server switches, proxy.

Source: docs/reference/checks.md sections 1 to 3, section 5, C2 and C16.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.checks.base import SILENT, Judgement, shortened
from troubleshooting.domain.evidence.snapshot import OperatingSystem, Preferences, Snapshot, WinHttpProxy


class EditionClass(StrEnum):
    """How an edition counts for network protection (docs/reference/checks.md section 3)."""

    SUPPORTED = "supported"
    MULTI_SESSION = "multi_session"
    HOME = "home"
    UNLISTED = "unlisted"
    SERVER = "server"


class MachineClass(StrEnum):
    """Which rules of version and switches apply."""

    CLIENT = "client"
    MULTI_SESSION = "multi_session"
    SERVER = "server"


def _editions() -> dict[int, tuple[str, EditionClass]]:
    """Spread the rows of docs/reference/checks.md section 3 by OperatingSystemSKU."""
    rows: tuple[tuple[tuple[int, ...], str, EditionClass], ...] = (
        ((4, 27, 70, 72, 84), "Enterprise", EditionClass.SUPPORTED),
        ((125, 126, 129, 130), "Enterprise LTSC", EditionClass.SUPPORTED),
        ((175,), "Enterprise multi-session", EditionClass.MULTI_SESSION),
        ((48, 49), "Pro", EditionClass.SUPPORTED),
        ((161, 162), "Pro for Workstations", EditionClass.SUPPORTED),
        ((121, 122), "Education", EditionClass.UNLISTED),
        ((98, 99, 100, 101), "Home", EditionClass.HOME),
        ((7, 8, 10, 12, 13, 79, 80, 145, 146, 147, 148, 407), "Server", EditionClass.SERVER),
        ((143, 144), "Nano Server", EditionClass.UNLISTED),
    )
    return {sku: (name, kind) for skus, name, kind in rows for sku in skus}


EDITIONS: Mapping[int, tuple[str, EditionClass]] = _editions()
NANO_SERVER = frozenset({143, 144})

WORKSTATION, DOMAIN_CONTROLLER, SERVER = 1, 2, 3  # Win32_OperatingSystem.ProductType; multi-session says 3 too

CLIENT_BUILD = 16299  # 1709
MULTI_SESSION_BUILD = 18363  # 1909
SERVER_BUILD = 17134  # 1803, and every later one
DOWN_LEVEL_BUILDS = frozenset({9600, 14393})  # Server 2012 R2, 2016
OLDEST_SERVER_BUILD = 9600
WINDOWS_11_BUILD = 22000


def machine_class(system: OperatingSystem) -> MachineClass | None:
    """Tell which rules apply; None where neither the SKU nor the product type tells."""
    kind = EDITIONS.get(system.sku, ("", None))[1] if system.sku is not None else None
    if kind is EditionClass.MULTI_SESSION:
        return MachineClass.MULTI_SESSION
    if kind is EditionClass.SERVER or system.sku in NANO_SERVER or system.product_type == DOMAIN_CONTROLLER:
        return MachineClass.SERVER
    if kind is not None or system.product_type == WORKSTATION:
        return MachineClass.CLIENT
    unlisted_server = system.sku is not None and system.product_type == SERVER
    return MachineClass.SERVER if unlisted_server else None


def os_edition(snapshot: Snapshot, report: Report | None) -> Judgement:
    """P1: Pro or Enterprise; Home fails; Education and what is in no table is "not listed by Microsoft"."""
    system = snapshot.operating_system or OperatingSystem()
    if system.sku is None:
        return SILENT
    name, kind = EDITIONS.get(system.sku, (f"SKU {system.sku}", EditionClass.UNLISTED))
    shown = shortened(system.caption) if system.caption else name
    observed = say(_("%(caption)s (edition number %(sku)s)"), caption=shown, sku=system.sku)
    return Judgement(kind.value, observed, {"edition": name, "sku": system.sku})


def os_version(snapshot: Snapshot, report: Report | None) -> Judgement:
    """P1: 1709 or later; multi-session 1909; servers as docs/reference/checks.md section 2 lists them."""
    system = snapshot.operating_system or OperatingSystem()
    kind = machine_class(system)
    if system.build is None or kind is None:
        return SILENT
    observed = say(_("Build %(build)s"), build=system.build)
    if kind is MachineClass.SERVER:
        return Judgement(_server_reason(system.build), observed, {"build": system.build, "needed": "Server 2012 R2"})
    needed = MULTI_SESSION_BUILD if kind is MachineClass.MULTI_SESSION else CLIENT_BUILD
    reason = "supported" if system.build >= needed else "too_old"
    return Judgement(reason, observed, {"build": system.build, "needed": str(needed)})


def _server_reason(build: int) -> str:
    """Judge a server's build."""
    if build >= SERVER_BUILD:
        return "supported"
    if build in DOWN_LEVEL_BUILDS:
        return "down_level_server"
    return "unlisted" if build > OLDEST_SERVER_BUILD else "too_old"


def server_switches(snapshot: Snapshot, report: Report | None) -> Judgement:
    """C2: on servers and multi-session, the Allow switches without which the mode is ignored."""
    system = snapshot.operating_system or OperatingSystem()
    kind = machine_class(system)
    if kind is None:
        return SILENT
    if kind is MachineClass.CLIENT:
        return Judgement("client", say(_("Not a server")))
    preferences = snapshot.preferences or Preferences()
    switches = [("AllowNetworkProtectionOnWinServer", preferences.allow_network_protection_on_win_server)]
    if system.build in DOWN_LEVEL_BUILDS:
        switches.append(("AllowNetworkProtectionDownLevel", preferences.allow_network_protection_down_level))
    observed = say(_("Switches: %(states)s"), states=", ".join(_switch_state(name, on) for name, on in switches))
    states = [on for _name, on in switches]
    if False in states:
        return Judgement("off", observed)
    unread = None in states or (kind is MachineClass.SERVER and system.build is None)
    return SILENT if unread else Judgement("set", observed)


# The switches in words, since the observed value stands on the employee's page too.
_SWITCH_WORDS = {
    "AllowNetworkProtectionOnWinServer": "on servers",
    "AllowNetworkProtectionDownLevel": "on older systems",
}


def _switch_state(name: str, on: bool | None) -> str:
    """Write one switch for the reader."""
    return f"{_SWITCH_WORDS[name]} {'not said' if on is None else 'on' if on else 'off'}"


def proxy(snapshot: Snapshot, report: Report | None) -> Judgement:
    """C16: say which proxy Defender has; it informs and never fails alone.

    An empty ProxyServer and one that was not said look the same, so nothing is concluded from silence here.
    """
    preferences = snapshot.preferences or Preferences()
    own = preferences.proxy_server or preferences.proxy_pac_url
    if own:
        return Judgement("defender", say(_("Defender: %(proxy)s"), proxy=shortened(own)))
    windows = snapshot.winhttp_proxy or WinHttpProxy()
    if windows.server:
        return Judgement("windows_only", say(_("Defender: none; Windows: %(proxy)s"), proxy=shortened(windows.server)))
    if windows.direct:
        return Judgement("direct", say(_("Defender: none; Windows: none")))
    return Judgement("unclear", say(_("Defender: none; Windows: not known")))
