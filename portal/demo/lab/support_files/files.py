"""All support files of a simulated PC, each in the encoding that Windows gives it, and the CAB with them."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Sequence

from portal.demo.lab import preferences
from portal.demo.lab.faults import Fault
from portal.demo.lab.german import MAPS_FAILED, MAPS_REACHED, PROXY_LINES
from portal.demo.lab.pc import SimulatedPC
from portal.demo.lab.support_files.cab import CabFile, write_cab
from portal.demo.lab.support_files.events_text import events_text, service_log
from portal.demo.lab.support_files.registry_text import registry_text

MODES = {0: "disabled", 1: "block", 2: "audit"}
ROLES = {
    "en": {1: "Member Workstation", 2: "Primary Domain Controller", 3: "Member Server"},
    "de": {1: "Mitgliedsarbeitsstation", 2: "Primärer Domänencontroller", 3: "Mitgliedsserver"},
}
SYSTEM_LABELS = {
    "en": ("Host Name", "OS Name", "OS Version", "OS Manufacturer", "OS Configuration", "Time Zone"),
    "de": (
        "Hostname",
        "Betriebssystemname",
        "Betriebssystemversion",
        "Betriebssystemhersteller",
        "Betriebssystemkonfiguration",
        "Zeitzone",
    ),
}
TRACE_BYTES = 131_072  # large enough to need several fragments


def support_files(pc: SimulatedPC) -> list[CabFile]:
    """Return the files as MpCmdRun.exe -GetFiles collects them."""
    language = "de" if Fault.GERMAN in pc.faults else "en"
    now = pc.now()
    contents = {
        "MPRegistry.txt": _utf_16(registry_text(pc)),
        "MPStateInfo.txt": _lines(state_lines(pc)).encode("utf-16-le"),  # as some members are: without a mark
        "MPOperationalEvents.txt": _utf_16(events_text(pc, language)),
        "NetworkProtectionState.txt": _lines(network_protection_lines(pc)).encode(),
        "WSCInfo.txt": _lines(product_lines(pc)).encode("utf-16-le"),
        "WindowsProxy.txt": _lines(proxy_lines(pc, language)).encode("cp1252"),
        "SystemInfo.txt": _lines(system_lines(pc, language)).encode("cp1252"),
        "FileVersions.txt": _lines([f"MsMpEng.exe  {pc.platform}"]).encode(),
        "MpCmdRun.log": _utf_16(_lines(command_log_lines(pc, language))),
        f"MPLog-{now:%Y%m%d}-081500.log": _utf_16(service_log(pc)),
        "MpWppTracing-01.bin": _trace(pc),
    }
    return [CabFile(name, content, now.replace(tzinfo=None)) for name, content in contents.items()]


def support_cab(pc: SimulatedPC) -> bytes:
    """Return MpSupportFiles.cab."""
    return write_cab(support_files(pc))


def _lines(lines: Sequence[str]) -> str:
    return "".join(f"{line}\r\n" for line in lines)


def _utf_16(text: str) -> bytes:
    return codecs.BOM_UTF16_LE + text.encode("utf-16-le")


def _trace(pc: SimulatedPC) -> bytes:
    """Return bytes that do not get smaller when they are packed."""
    seed = f"{pc.hostname} {len(pc.log.records)}".encode()
    return b"".join(hashlib.sha256(seed + number.to_bytes(4, "big")).digest() for number in range(TRACE_BYTES // 32))


def state_lines(pc: SimulatedPC) -> list[str]:
    """Return MPStateInfo.txt."""
    if Fault.DEFENDER_STOPPED in pc.faults:
        return ["Threat Stats : Threats(0) Suspicious(0)", "Overall product status : 0x00000001"]
    status = int(pc.status["ProductStatus"]) | (0x20 if pc.status["DefenderSignaturesOutOfDate"] else 0)
    switches = {
        "Auto sigupdate": True,
        "Realtime monitor": pc.is_real_time_protected,
        "OnAccess protection": pc.status["OnAccessProtectionEnabled"],
        "IOAV protection": pc.status["IoavProtectionEnabled"],
    }
    said = [f"{name} {'enabled' if is_on else 'disabled'}" for name, is_on in switches.items()]
    return ["Threat Stats : Threats(0) Suspicious(0)", f"Overall product status : 0x{status:08x}", *said]


def network_protection_lines(pc: SimulatedPC) -> list[str]:
    """Return NetworkProtectionState.txt; the warning stands there where the mode is set and nothing comes of it."""
    mode = int(preferences.in_force(pc)["EnableNetworkProtection"])
    warning = ["[WARNING] Network Protection is not active"] if mode and not pc.status["NISEnabled"] else []
    return [f"Network Protection is currently set in {MODES[mode]} mode", *warning, '"disableTlsParsing":false']


def product_lines(pc: SimulatedPC) -> list[str]:
    """Return WSCInfo.txt: empty on servers."""
    names = ("displayName", "pathToSignedProductExe", "productState")
    return [line for product in pc.antivirus_products or () for line in (*(f"{n} = [{product[n]}]" for n in names), "")]


def proxy_lines(pc: SimulatedPC, language: str) -> list[str]:
    """Return WindowsProxy.txt, as netsh prints it."""
    head, direct, server, bypass = PROXY_LINES[language]
    proxy = pc.winhttp_proxy
    return ["", head, "", *([f"    {direct}"] if proxy is None else [f"    {server}  {proxy}", f"    {bypass}"]), ""]


def system_lines(pc: SimulatedPC, language: str) -> list[str]:
    """Return SystemInfo.txt."""
    system = pc.operating_system
    offset = pc.time_zone.utcoffset(None)
    minutes = int(offset.total_seconds() // 60)
    zone = f"(UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}) Amsterdam, Berlin"
    absent = "N/A" if language == "en" else "Nicht zutreffend"
    values = (
        pc.hostname,
        system["Caption"],
        f"{system['Version']} {absent} Build {system['BuildNumber']}",
        "Microsoft Corporation",
        ROLES[language][system["ProductType"]],
        zone,
    )
    return ["", *(f"{label + ':':<30} {value}" for label, value in zip(SYSTEM_LABELS[language], values, strict=True))]


def command_log_lines(pc: SimulatedPC, language: str) -> list[str]:
    """Return MpCmdRun.log: the collection itself, which begins with a test of the connection."""
    failure = pc.cloud_failure
    at = f"{pc.now():%a %b %d %Y %H:%M:%S}"
    if failure is None:
        said = [MAPS_REACHED[language]]
    else:
        code = f" httpcode={failure.http_code}" if failure.http_code else ""
        details = f"hr={failure.hresult}{code}"
        said = [MAPS_FAILED[language].format(details=details), f"MpCmdRun.exe: hr = {failure.hresult}"]
    program = rf"C:\ProgramData\Microsoft\Windows Defender\Platform\{pc.platform}-0\MpCmdRun.exe"
    return [
        "-" * 85,
        f'MpCmdRun: Command Line: "{program}" -GetFiles -Reinvoke',
        f" Start Time: {at}",
        "",
        *said,
        f"MpCmdRun: End Time: {at}",
        "-" * 85,
    ]
