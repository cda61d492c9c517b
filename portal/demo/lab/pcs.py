"""The PCs of the demo, one function each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from portal.demo.lab import events, registry
from portal.demo.lab.faults import Fault
from portal.demo.lab.pc import MapsFailure, SimulatedPC
from portal.demo.lab.sites import Site

FIRST_PORT = 15985
WRONGLY_BLOCKED = "https://invoices.contoso-partner.example"
RIGHTLY_BLOCKED = "https://login.parcel-tracking.example"
MISSED = "https://secure.bank-verify.example"
HARMLESS = "https://www.contoso.example"
TEST_SITE = "https://smartscreentestratings2.net"
PROXY = "http://proxy.lab.example:8080"

OTHER_ANTIVIRUS = {
    "displayName": "Contoso Endpoint Security",
    "instanceGuid": "{4B1C3C35-6F4D-4C3D-9B53-6B6C53A5A0E1}",
    "pathToSignedProductExe": r"C:\Program Files\Contoso\Endpoint\ces.exe",
    "pathToSignedReportingExe": r"C:\Program Files\Contoso\Endpoint\cesreport.exe",
    "productState": 266240,
}


@dataclass(frozen=True)
class DemoPC:
    """A PC of the demo: who has it, how it is made, and its port on loopback."""

    hostname: str
    label: str
    owner_username: str
    make: Callable[[], SimulatedPC]
    port: int


def internet() -> dict[str, Site]:
    """Return the sites that the demo's PCs can visit."""
    return {
        "invoices.contoso-partner.example": Site("203.0.113.25", is_blocked=True),
        "login.parcel-tracking.example": Site("203.0.113.66", is_blocked=True),
        "smartscreentestratings2.net": Site("203.0.113.80", is_blocked=True),
        "secure.bank-verify.example": Site("203.0.113.99"),
        "www.contoso.example": Site("203.0.113.10"),
        "portal.contoso.example": Site("203.0.113.11", redirects=True),
        "wdcp.microsoft.com": Site("203.0.113.120"),
        "dc1.lab.example": Site("192.0.2.10", open_ports=frozenset({53, 88, 135, 389, 445})),
    }


def _registry() -> registry.Registry:
    return {
        registry.ATP_STATUS: {"OnboardingState": 1, "OrgId": "8a7c1f0e-35a1-4c0a-9f7f-1c9d1c0f2b11"},
        registry.CHROME: {"QuicAllowed": 0, "EncryptedClientHelloEnabled": 0},
        registry.EDGE: {"SmartScreenEnabled": 1},
    }


def healthy_windows_11(**further: Any) -> SimulatedPC:
    """Make a PC on which all is well, and a site that Microsoft wrongly blocks was just visited."""
    pc = _windows_11(**further)
    _visit_earlier(pc, WRONGLY_BLOCKED)
    return pc


def _windows_11(**further: Any) -> SimulatedPC:
    return SimulatedPC(**{"registry": _registry(), "sites": internet(), **further})


def _visit_earlier(pc: SimulatedPC, url: str, *, minutes: int = 4) -> None:
    pc.visit(url, at=pc.now() - timedelta(minutes=minutes))


def other_antivirus(**further: Any) -> SimulatedPC:
    """Make a PC on which another antivirus works and Defender is passive."""
    pc = _windows_11(**{"hostname": "PC-0207", "console_user": "LAB\\erik", **further})
    pc.status |= {
        "AMRunningMode": "Passive Mode",
        "RealTimeProtectionEnabled": False,
        "OnAccessProtectionEnabled": False,
        "BehaviorMonitorEnabled": False,
        "IoavProtectionEnabled": False,
        "NISEnabled": False,
    }
    pc.antivirus_products = [{**(pc.antivirus_products or [{}])[0], "productState": 393472}, OTHER_ANTIVIRUS]
    return pc


def stuck_in_audit(**further: Any) -> SimulatedPC:
    """Make a PC that a forgotten Group Policy keeps in audit mode."""
    pc = _windows_11(**{"hostname": "PC-0143", **further})
    pc.registry[registry.POLICY_NP] = {"EnableNetworkProtection": 2}
    path = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\Network Protection"
    changed = events.change_event(
        at=pc.now() - timedelta(days=3),
        version=pc.platform,
        old=rf"{path}\EnableNetworkProtection = 0x1",
        new=rf"{path}\EnableNetworkProtection = 0x2",
    )
    pc.log.add(changed)
    _visit_earlier(pc, WRONGLY_BLOCKED, minutes=6)
    return pc


def windows_home(**further: Any) -> SimulatedPC:
    """Make a PC with an edition that has no network protection."""
    pc = _windows_11(**{"hostname": "PC-0208", "part_of_domain": False, "console_user": "PC-0208\\erik", **further})
    pc.operating_system |= {"Caption": "Microsoft Windows 11 Home", "OperatingSystemSKU": 101}
    pc.windows_version |= {"EditionID": "Core", "ProductName": "Windows 10 Home"}
    pc.registry.pop(registry.ATP_STATUS, None)
    return pc


def server_without_switch(**further: Any) -> SimulatedPC:
    """Make a server whose switch for network protection was forgotten."""
    pc = _windows_11(**{"hostname": "SRV-0031", "console_user": None, "antivirus_products": None, **further})
    pc.operating_system |= {
        "Caption": "Microsoft Windows Server 2022 Standard",
        "Version": "10.0.20348",
        "BuildNumber": "20348",
        "OperatingSystemSKU": 7,
        "ProductType": 3,
    }
    pc.windows_version |= {
        "EditionID": "ServerStandard",
        "ProductName": "Windows Server 2022 Standard",
        "DisplayVersion": "21H2",
        "CurrentBuild": "20348",
        "UBR": 2762,
    }
    return pc


def behind_proxy(**further: Any) -> SimulatedPC:
    """Make a PC whose network needs a proxy that Defender does not know of."""
    pc = _windows_11(**{"hostname": "PC-0209", "console_user": "LAB\\esra", **further})
    pc.winhttp_proxy = "proxy.lab.example:8080"
    pc.maps_failure = MapsFailure("0x80072EE7", 451)
    pc.required_proxy = PROXY
    return pc


def switched_off(**further: Any) -> SimulatedPC:
    """Make a PC that does not answer."""
    pc = _windows_11(**{"hostname": "PC-0310", "console_user": None, **further})
    pc.faults.add(Fault.REFUSED)
    return pc


def slow_pc(**further: Any) -> SimulatedPC:
    """Make a PC that takes its time, on a line that does the same."""
    pc = _windows_11(**{"hostname": "PC-0311", "console_user": "LAB\\elena", **further})
    pc.fault_settings.request_delay_ms = 120
    pc.fault_settings.command_delay_s = 1.2
    pc.faults.add(Fault.SLOW)
    for minutes in (12, 47, 95):
        cancelled = events.netlogon_event(
            at=pc.now() - timedelta(minutes=minutes), controller=r"\\DC1", domain="LAB", computer=pc.hostname
        )
        pc.log.add(cancelled)
    return pc


def german_windows(**further: Any) -> SimulatedPC:
    """Make a PC that speaks German."""
    pc = _windows_11(**{"hostname": "PC-0144", **further})
    pc.operating_system |= {
        "Caption": "Microsoft Windows 11 Pro",
        "OperatingSystemSKU": 48,
        "Locale": "0407",
        "OSLanguage": 1031,
        "CountryCode": "49",
    }
    pc.windows_version |= {"EditionID": "Professional", "ProductName": "Windows 10 Pro"}
    pc.faults.add(Fault.GERMAN)
    _visit_earlier(pc, WRONGLY_BLOCKED, minutes=9)
    return pc


def old_platform(**further: Any) -> SimulatedPC:
    """Make a PC with an old Windows 10 and an old platform of Defender, which lacks newer fields."""
    pc = _windows_11(**{"hostname": "PC-0099", **further})
    pc.operating_system |= {
        "Caption": "Microsoft Windows 10 Enterprise",
        "Version": "10.0.17134",
        "BuildNumber": "17134",
    }
    pc.windows_version |= {"ReleaseId": "1803", "CurrentBuild": "17134", "UBR": 2208}
    pc.windows_version.pop("DisplayVersion", None)
    pc.status |= {"AMProductVersion": "4.18.1905.4", "AMServiceVersion": "4.18.1905.4", "AntivirusSignatureAge": 12}
    pc.faults.add(Fault.OLD_PLATFORM)
    return pc


def defender_stopped(**further: Any) -> SimulatedPC:
    """Make a PC whose Defender service does not run."""
    pc = _windows_11(**{"hostname": "PC-0098", **further})
    pc.faults.add(Fault.DEFENDER_STOPPED)
    return pc


DEMO_PCS: tuple[DemoPC, ...] = (
    DemoPC("PC-0142", "Emma's notebook", "emma", healthy_windows_11, FIRST_PORT),
    DemoPC("PC-0143", "Emma's PC in the meeting room", "emma", stuck_in_audit, FIRST_PORT + 1),
    DemoPC("PC-0144", "Enno's notebook in Hamburg", "enno", german_windows, FIRST_PORT + 2),
    DemoPC("PC-0207", "Erik's workstation", "erik", other_antivirus, FIRST_PORT + 3),
    DemoPC("PC-0208", "Erik's PC at home", "erik", windows_home, FIRST_PORT + 4),
    DemoPC("PC-0209", "Esra's PC in the warehouse", "esra", behind_proxy, FIRST_PORT + 5),
    DemoPC("SRV-0031", "Esra's terminal server", "esra", server_without_switch, FIRST_PORT + 6),
    DemoPC("PC-0310", "Elena's spare notebook", "elena", switched_off, FIRST_PORT + 7),
    DemoPC("PC-0311", "Elena's PC in the branch office", "elena", slow_pc, FIRST_PORT + 8),
)
