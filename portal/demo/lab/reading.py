"""Commands that read what the PC is and how Defender is set."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from psrpcore.types import ErrorCategory, PSDateTime, PSInt64

from portal.demo.lab import (
    defender_classes,
    errors,
    events,
    objects,
    preferences,
    registry,
    windows_classes,
)
from portal.demo.lab.call import Call
from portal.demo.lab.classes import CimClass
from portal.demo.lab.errors import CommandError
from portal.demo.lab.faults import Fault
from portal.demo.lab.objects import CIM_INSTANCE, Thing
from portal.demo.lab.pc import SimulatedPC
from portal.demo.lab.run import Run

DEFENDER_STOPPED = (
    "Operation failed with the following error: 0x{code}. Operation: {noun}. Target: ConfigListExtension."
)
ROLES = {1: (0, 1), 2: (4, 5), 3: (2, 3)}  # ProductType -> DomainRole in a workgroup, in a domain
SIGNATURE_MOMENTS = (
    "AntispywareSignatureLastUpdated",
    "AntivirusSignatureLastUpdated",
    "NISSignatureLastUpdated",
)


def ps_moment(moment: datetime) -> PSDateTime:
    """Return a moment as the DateTime that goes on the wire."""
    return PSDateTime(
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
        moment.microsecond,
        tzinfo=moment.tzinfo,
    )


def cim(pc: SimulatedPC, cim_class: CimClass, values: Mapping[str, Any]) -> Thing:
    """Return a CIM instance with those values; what the values lack is not there."""
    shown = {name: _moment_or_value(values[name]) for name in cim_class.types if name in values}
    return Thing(
        CIM_INSTANCE,
        shown,
        cim_class.types,
        class_name=cim_class.name,
        namespace=cim_class.namespace,
        computer=pc.hostname,
    )


def _moment_or_value(value: Any) -> Any:
    return ps_moment(value) if isinstance(value, datetime) else value


def get_cim_instance(run: Run, call: Call) -> Iterator[Thing]:
    """Answer for Win32_OperatingSystem, Win32_ComputerSystem and AntiVirusProduct."""
    pc, name = run.pc, str(call.get("ClassName")).casefold()
    if name == "win32_operatingsystem":
        yield cim(pc, windows_classes.OPERATING_SYSTEM, _operating_system(pc))
    elif name == "win32_computersystem":
        yield cim(pc, windows_classes.COMPUTER_SYSTEM, _computer(pc))
    elif pc.antivirus_products is None:
        raise _invalid_namespace(str(call.get("Namespace")))
    else:
        for product in pc.antivirus_products:
            yield cim(
                pc,
                windows_classes.ANTIVIRUS_PRODUCT,
                {**product, "timestamp": product.get("timestamp") or _http_date(pc.now())},
            )


def _operating_system(pc: SimulatedPC) -> dict[str, Any]:
    moments = {"LastBootUpTime": pc.booted_at, "LocalDateTime": pc.now(), "InstallDate": pc.now() - timedelta(days=400)}
    return {**pc.operating_system, "CSName": pc.hostname, **moments}


def _computer(pc: SimulatedPC) -> dict[str, Any]:
    role = ROLES[pc.operating_system["ProductType"]][int(pc.part_of_domain)]
    return {
        **windows_classes.COMPUTER_SYSTEM.defaults,
        "Caption": pc.hostname,
        "Name": pc.hostname,
        "DNSHostName": pc.hostname,
        "Domain": pc.domain if pc.part_of_domain else "WORKGROUP",
        "Workgroup": None if pc.part_of_domain else "WORKGROUP",
        "PartOfDomain": pc.part_of_domain,
        "DomainRole": role,
        "UserName": pc.console_user,
    }


def _http_date(moment: datetime) -> str:
    return f"{moment.astimezone(UTC) - timedelta(hours=1):%a, %d %b %Y %H:%M:%S} GMT"


def _invalid_namespace(namespace: str) -> CommandError:
    return CommandError(
        "Invalid namespace ",
        f"HRESULT 0x8004100e,{errors.full_name('Get-CimInstance')}",
        category=ErrorCategory.MetadataError,
        target=f"{namespace}:AntiVirusProduct",
    )


def get_item_property(run: Run, call: Call) -> Iterator[Thing]:
    """Answer with the values of a registry key, as a PSCustomObject with the provider's own notes."""
    path = str(call.get("Path"))
    values = _live_key(run.pc, path)
    if values is None:
        raise errors.path_not_found(path, "Get-ItemProperty", "Cannot find path '{path}' because it does not exist.")
    if not values:
        return  # a key without values puts out nothing
    provider = "Microsoft.PowerShell.Core\\Registry"
    full = path.replace("HKLM:", "HKEY_LOCAL_MACHINE", 1)
    parent, _, child = full.rpartition("\\")
    notes = {
        "PSPath": f"{provider}::{full}",
        "PSParentPath": f"{provider}::{parent}",
        "PSChildName": child,
        "PSDrive": "HKLM",
        "PSProvider": provider,
    }
    yield Thing("System.Management.Automation.PSCustomObject", {**values, **notes})


def _live_key(pc: SimulatedPC, path: str) -> dict[str, Any] | None:
    if registry.normal(path) == registry.normal(registry.CURRENT_VERSION):
        return pc.windows_version
    return registry.find_key(pc.registry, path)


def _check_defender_runs(pc: SimulatedPC, command: str) -> None:
    if Fault.DEFENDER_STOPPED in pc.faults:
        message = DEFENDER_STOPPED.format(code="800106ba", noun=command.partition("-")[2])
        raise errors.defender_error("0x800106ba", command, message)


def get_mp_computer_status(run: Run, call: Call) -> Iterator[Thing]:
    """Answer with MSFT_MpComputerStatus."""
    pc = run.pc
    _check_defender_runs(pc, "Get-MpComputerStatus")
    updated = pc.now() - timedelta(days=int(pc.status["AntivirusSignatureAge"]), hours=4)
    values = {
        **pc.status,
        **dict.fromkeys(SIGNATURE_MOMENTS, updated),
        "RealTimeProtectionEnabled": pc.is_real_time_protected,
        "QuickScanStartTime": updated,
        "QuickScanEndTime": updated,
    }
    lacking = defender_classes.NEWER_STATUS if Fault.OLD_PLATFORM in pc.faults else frozenset()
    yield cim(
        pc, defender_classes.COMPUTER_STATUS, {name: value for name, value in values.items() if name not in lacking}
    )


def get_mp_preference(run: Run, call: Call) -> Iterator[Thing]:
    """Answer with MSFT_MpPreference."""
    _check_defender_runs(run.pc, "Get-MpPreference")
    yield cim(run.pc, defender_classes.PREFERENCE, preferences.readable(run.pc))


def get_win_event(run: Run, call: Call) -> Iterator[events.EventRecord | Thing]:
    """Answer with the records that the filter asks for, newest first; or with the log's oldest record of any kind."""
    if any(name.casefold() == "oldest" for name, _ in call.named):
        yield _oldest(run)
        return
    query = events.read_query(str(call.get("FilterXPath")))
    if query is None:
        raise errors.argument_refused("Get-WinEvent", "FilterXPath", call.get("FilterXPath"))
    most, log = int(call.get("MaxEvents")), str(call.get("LogName"))
    found = events.find(run.pc.log.records, query, log=log, now=run.pc.now(), most=most)
    if not found:
        raise _no_events()
    yield from found


def _oldest(run: Run) -> Thing:
    begins = [run.pc.now() - run.pc.log_begins] if run.pc.log_begins is not None else []
    begins += [record.recorded_at for record in run.pc.log.records if record.log == events.DEFENDER_LOG]
    if not begins:
        raise _no_events()
    record = {"TimeCreated": ps_moment(min(begins)), "RecordId": PSInt64(1)}
    return Thing("System.Diagnostics.Eventing.Reader.EventLogRecord", record)


def _no_events() -> CommandError:
    return CommandError(
        "No events were found that match the specified selection criteria.",
        f"NoMatchingEventsFound,{errors.full_name('Get-WinEvent')}",
        category=ErrorCategory.ObjectNotFound,
        reason="Exception",
    )


def get_date(run: Run, call: Call) -> Iterator[Any]:
    """Answer with the PC's clock."""
    yield objects.date_with_hint(ps_moment(run.pc.now()))


def _file(run: Run, call: Call, command: str) -> tuple[str, bytes]:
    path = str(call.get("LiteralPath"))
    found = next((item for item in run.pc.files.items() if item[0].casefold() == path.casefold()), None)
    if found is None:
        raise errors.path_not_found(path, command, "Cannot find path '{path}' because it does not exist.")
    return found


def get_item(run: Run, call: Call) -> Iterator[Thing]:
    """Answer with the facts of a file."""
    path, content = _file(run, call, "Get-Item")
    written = ps_moment(run.pc.written_at.get(path, run.pc.booted_at).astimezone(UTC))
    facts = {
        "PSPath": f"Microsoft.PowerShell.Core\\FileSystem::{path}",
        "FullName": path,
        "Length": PSInt64(len(content)),
        "LastWriteTimeUtc": written,
    }
    yield Thing("System.IO.FileInfo", facts, to_string=path)


def get_file_hash(run: Run, call: Call) -> Iterator[Thing]:
    """Answer with the SHA-256 of a file."""
    path, content = _file(run, call, "Get-FileHash")
    facts = {"Algorithm": "SHA256", "Hash": hashlib.sha256(content).hexdigest().upper(), "Path": path}
    yield Thing("System.Management.Automation.PSCustomObject", facts)


HANDLERS: dict[str, Callable[[Run, Call], Iterable[Any]]] = {
    "Get-CimInstance": get_cim_instance,
    "Get-ItemProperty": get_item_property,
    "Get-MpComputerStatus": get_mp_computer_status,
    "Get-MpPreference": get_mp_preference,
    "Get-WinEvent": get_win_event,
    "Get-Date": get_date,
    "Get-Item": get_item,
    "Get-FileHash": get_file_hash,
}
