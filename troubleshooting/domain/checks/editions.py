"""Editions and builds of Windows, and which rules of version and switches apply.

Source: docs/reference/checks.md sections 2 and 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from troubleshooting.domain.evidence.snapshot import OperatingSystem


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
