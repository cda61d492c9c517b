"""Texts of a CAB in the forms, languages and encodings that the field has."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.machines.support_files.made import WRITTEN_AT
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.machines.support_files.header import CabMember
from troubleshooting.machines.support_files.reader import Cab
from troubleshooting.machines.support_files.snapshot import SupportFiles, read_support_files

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
REGISTRY = r"""
Current configuration options for location "effective policy"
[Windows Defender Exploit Guard\Network Protection]
    EnableNetworkProtection             [REG_DWORD] : 1 (0x1)
    AllowNetworkProtectionOnWinServer   [REG_DWORD] : 1 (0x1)
[Real-Time Protection]
    DisableBehaviorMonitoring           [REG_DWORD] : 0x0
[Spynet]
    SpynetReporting                     [REG_DWORD] : 2 (0x2)
[Exclusions\IpAddresses]
    10.1.2.3                            [REG_DWORD] : 0 (0x0)
[Exclusions\Processes]
    C:\Program Files\Alte Anwendung\app.exe   [REG_DWORD] : 0 (0x0)
[Signature Updates]
    AVSignatureVersion                  [REG_SZ]    : 1.441.312.0
    SignaturesLastUpdated               [REG_BINARY] : Wed Nov 25 2026 08:00:00 [UTC]
[.]
    ProxyServer                         [REG_SZ]    : http://proxy.contoso.example:8080
    PassiveMode                         [REG_DWORD] : 0 (0x0)
    IsServiceRunning                    [REG_DWORD] : 1 (0x1)
Current configuration options for location "system policy"
[Windows Defender Exploit Guard\Network Protection]
    EnableNetworkProtection             [REG_DWORD] : 1 (0x1)
Current configuration options for location "mdm policy"
[Windows Defender Exploit Guard\Network Protection]
    EnableNetworkProtection             [REG_DWORD] : (null)
Current configuration options for location "preferences"
[Windows Defender Exploit Guard\Network Protection]
    EnableNetworkProtection             [REG_DWORD] : 2 (0x2)
[Features]
    TamperProtection                    [REG_DWORD] : 5 (0x5)
Windows Setup keys from HKLM
[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion]
    EditionID                           [REG_SZ]    : Enterprise
    CurrentBuild                        [REG_SZ]    : 26100
    EnableNetworkProtection             [REG_DWORD] : 0 (0x0)
"""
STATE = """Threat Stats : Threats(0) Suspicious(0)
Overall product status : 0x00080000
Auto scan enabled
Realtime monitor enabled
OnAccess protection disabled
"""
EVENTS = """********************************************************************************
11/27/2026 2:03:11 PM\tMicrosoft-Windows-Windows Defender\tWarning\t\t\t1126\tPC01.contoso.example
A sentence: about a connection
 \tDetection time: 2026-11-27T13:03:11.120Z
 \tUser: CONTOSO\\u1
 \tDestination: test.example
 \tProcess Name: C:\\Apps\\app.exe
********************************************************************************
11/27/2026 1:50:00 PM\tMicrosoft-Windows-Windows Defender\tInformation\t\t\t5007\tPC01.contoso.example
A sentence
 \tOld value: HKLM\\SOFTWARE\\Microsoft\\Windows Defender\\X = 0x2
 \tNew value: HKLM\\SOFTWARE\\Microsoft\\Windows Defender\\X = 0x1
********************************************************************************
11/27/2026 1:40:00 PM\tMicrosoft-Windows-Windows Defender\tInformation\t\t\t1150\tPC01.contoso.example
Another
"""
GERMAN_EVENTS = """********************************************************************************
27.11.2026 14:03:11\tMicrosoft-Windows-Windows Defender\tWarnung\t\t\t1125\tPC01.contoso.example
Ein Satz.
 \tErkennungszeit: 2026-11-27T13:03:11.120Z
 \tBenutzer: NT-AUTORITÄT\\SYSTEM
 \tZiel: https://größe.example:8443/a
 \tProzessname: C:\\Programme\\Büro\\app.exe
"""
FINNISH_EVENTS = """********************************************************************************
27.11.2026 14.03.11\tMicrosoft-Windows-Windows Defender\tVaroitus\t\t\t1126\tPC01
 \tTunniste: {d1e49aac-8f56-4280-b9ba-993a6d77406c}
 \tHavaitsemisaika: 2026-11-27T13:03:11.120Z
 \tKäyttäjä: CONTOSO\\u1
 \tKohde: 203.0.113.9
 \tProsessin nimi: \\Device\\HarddiskVolume3\\Apps\\app.exe
 \tModuulin versio: 1.1.26090.3001
"""
SYSTEM = """
Host Name:                     PC01
OS Name:                       Microsoft Windows 11 Pro for Workstations
OS Version:                    10.0.22631 N/A Build 22631
OS Manufacturer:               Microsoft Corporation
Time Zone:                     (UTC-05:00) Eastern Time (US & Canada)
"""
CLOUD = """
-------------------------------------------------------------------------------------
MpCmdRun: Command Line: "C:\\ProgramData\\Platform\\4.18.26010.5-0\\MpCmdRun.exe" -ValidateMapsConnection
 Start Time: {at}

{said}
MpCmdRun: End Time: {at}
-------------------------------------------------------------------------------------
"""
REACHED = "ValidateMapsConnection successfully established a connection to MAPS"
NOT_REACHED = "ValidateMapsConnection failed to establish a connection to MAPS (hr=0x80072EE7 httpcode=451)"


def files(**texts: str | bytes) -> SupportFiles:
    """Read a CAB of these texts: ``registry="…"`` is MPRegistry.txt."""
    named = {
        "registry": "MPRegistry.txt",
        "state": "MPStateInfo.txt",
        "events": "MPOperationalEvents.txt",
        "older": "MPOperationalEvents.txt.bak",
        "mode": "NetworkProtectionState.txt",
        "products": "WSCInfo.txt",
        "proxy": "WindowsProxy.txt",
        "versions": "FileVersions.txt",
        "system": "SystemInfo.txt",
        "commands": "MpCmdRun.log",
        "log": "MPLog-20261101-080000.log",
    }
    contents = [(named[name], text.encode() if isinstance(text, str) else text) for name, text in texts.items()]
    members = tuple(CabMember(name, len(content), WRITTEN_AT) for name, content in contents)
    return read_support_files(Cab(members, {n: content for n, (_name, content) in enumerate(contents)}), now=NOW)


def snapshot(**texts: str | bytes) -> Snapshot:
    return files(**texts).snapshot
