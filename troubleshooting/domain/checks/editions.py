"""Editions and builds of Windows, and which rules of version and switches apply.

Source: docs/reference/checks.md sections 2 and 3.
"""

from __future__ import annotations

from enum import StrEnum

from troubleshooting.domain.checks.edition_names import AZURE_STACK_HCI, EDITIONS, NANO_SERVERS, EditionClass
from troubleshooting.domain.evidence.snapshot import OperatingSystem


class MachineClass(StrEnum):
    """Which rules of version and switches apply."""

    CLIENT = "client"
    MULTI_SESSION = "multi_session"
    SERVER = "server"


WORKSTATION, DOMAIN_CONTROLLER, SERVER = 1, 2, 3  # Win32_OperatingSystem.ProductType; multi-session says 3 too

CLIENT_BUILD = 16299  # 1709
MULTI_SESSION_BUILD = 18363  # 1909
SERVER_BUILD = 17134  # 1803, and every later one
DOWN_LEVEL_BUILDS = frozenset({9600, 14393})  # Server 2012 R2, 2016
OLDEST_SERVER_BUILD = 9600
AZURE_STACK_HCI_BUILD = 25398  # 23H2
WINDOWS_11_BUILD = 22000


_SERVER_TYPES = frozenset({DOMAIN_CONTROLLER, SERVER})


def edition(system: OperatingSystem) -> tuple[str, EditionClass] | None:
    """Return an edition's name and how it counts: ProductType decides first; None where neither tells.

    Multi-session Windows reports itself as a server.
    """
    if system.sku is None:
        return ("", EditionClass.SERVER) if system.product_type == DOMAIN_CONTROLLER else None
    name, kind = EDITIONS.get(system.sku, (f"edition number {system.sku}", EditionClass.UNLISTED))
    if kind is EditionClass.MULTI_SESSION or system.sku in NANO_SERVERS:
        return name, kind
    if system.product_type in _SERVER_TYPES:
        return name, EditionClass.SERVER
    if system.product_type == WORKSTATION and kind is EditionClass.SERVER:
        return name, EditionClass.UNLISTED
    return name, kind


def machine_class(system: OperatingSystem) -> MachineClass | None:
    """Tell which rules apply; None where neither the SKU nor the product type tells."""
    found = edition(system)
    if found is None:
        return MachineClass.CLIENT if system.product_type == WORKSTATION else None
    if found[1] is EditionClass.MULTI_SESSION:
        return MachineClass.MULTI_SESSION
    if found[1] is EditionClass.SERVER or system.sku in NANO_SERVERS:
        return MachineClass.SERVER
    return MachineClass.CLIENT if system.product_type == WORKSTATION or system.sku in EDITIONS else None


def needs_newer_azure_stack(system: OperatingSystem) -> bool:
    """Tell whether this is an Azure Stack HCI older than the one that Microsoft lists."""
    return system.sku == AZURE_STACK_HCI and system.build is not None and system.build < AZURE_STACK_HCI_BUILD
