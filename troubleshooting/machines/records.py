"""What one command's error records say (docs/reference/remoting.md sections 4 and 6).

Nothing is decided by a message in some language: numbers and error ids decide, and the original text is kept for IT.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.domain.evidence.snapshot import Reading, ReadState
from troubleshooting.machines import refusals
from troubleshooting.machines.pipeline import Entry
from troubleshooting.machines.plain import UNREADABLE, DeviceError

_DEFENDER_STOPPED = re.compile(r"0x800106ba", re.IGNORECASE)
_DEFENDERS = re.compile(r"-Mp[A-Z]")  # "HRESULT 0x80041013,Get-MpComputerStatus"
_HRESULT = re.compile(r"HRESULT (0x[0-9a-f]{8})", re.IGNORECASE)
NO_SUCH_NAMESPACE = frozenset({"0x8004100e", "0x80041010"})  # WBEM_E_INVALID_NAMESPACE, …_CLASS
NO_RIGHT = frozenset({"0x80070005", "0x80041003"})  # E_ACCESSDENIED, WBEM_E_ACCESS_DENIED
NO_RIGHT_REASONS = frozenset({"unauthorizedaccessexception", "securityexception"})
# The last is what CDXML cmdlets say of a scheduled task that is not there (general knowledge).
ABSENT_IDS = frozenset(
    {
        "pathnotfound",
        "itemnotfound",
        "nomatchingeventsfound",
        "cmdletizationquery_notfound_taskname",
        "dns_error_rcode_name_error",
    }
)
# What Defender's own commands say, beside 0x800106ba: its service is disabled, not running, or lacks another one.
SERVICE_NOT_RUNNING = frozenset({"0x80070422", "0x80070426", "0x8007042c"})
# Its provider cannot be loaded or is not registered, or namespace, class or instance are gone.
PROVIDER_BROKEN = NO_SUCH_NAMESPACE | {
    "0x80041002",  # WBEM_E_NOT_FOUND
    "0x80041011",  # WBEM_E_PROVIDER_NOT_FOUND
    "0x80041012",  # WBEM_E_INVALID_PROVIDER_REGISTRATION
    "0x80041013",  # WBEM_E_PROVIDER_LOAD_FAILURE
    "0x80041014",  # WBEM_E_INITIALIZATION_FAILURE
    "0x80040154",  # REGDB_E_CLASSNOTREG
    "0x80070424",  # there is no such service
    "0x8007007e",  # a module was not found
}


def reading_from_errors(
    records: Sequence[DeviceError], entry: Entry | None = None, *, is_limited: bool = True
) -> Reading:
    """Judge a command that brought nothing but errors; ANSWERED where there is none.

    The worst record decides: a stopped service and a refusal explain more than a missing key. ``is_limited`` says
    whether the endpoint may show less than the PC has (JEA): elsewhere, what is not found is not there.
    """
    if not records:
        return Reading(ReadState.ANSWERED)
    readings = [_reading_from_error(record, entry, is_limited=is_limited) for record in records]
    return min(readings, key=lambda reading: _WORST_FIRST.index(reading.error_code))


_WORST_FIRST: tuple[str | None, ...] = (
    Code.PROTOCOL_BROKEN,
    Code.DEFENDER_STOPPED,
    Code.DEFENDER_BROKEN,
    Code.COMMAND_REFUSED,
    Code.COMMAND_MISSING,
    Code.ACCESS_DENIED,
    Code.COMMAND_FAILED,
    None,
)


def _reading_from_error(record: DeviceError, entry: Entry | None, *, is_limited: bool) -> Reading:
    if record.fq_error == UNREADABLE:
        return Reading(ReadState.FAILED, Code.PROTOCOL_BROKEN, record.message)
    detail = f"{record.message} [{record.fq_error}]" if record.fq_error else record.message
    if (fault := _fault_of_defender(record)) is not None:
        return Reading(ReadState.FAILED, fault, detail)
    if is_limited and (refused := refusals.told(record, entry)) is not None:
        return Reading(ReadState.FAILED, Code.COMMAND_REFUSED, f"{refused} {detail}")
    if not is_limited and (lacking := refusals.lacking(record)) is not None:
        return Reading(ReadState.FAILED, Code.COMMAND_MISSING, f"{lacking} {detail}")
    if _is_refusal(record):
        return Reading(ReadState.REFUSED, Code.ACCESS_DENIED, detail)
    if _is_absence(record):
        return Reading(ReadState.ABSENT, None, detail)
    return Reading(ReadState.FAILED, Code.COMMAND_FAILED, detail)


def _fault_of_defender(record: DeviceError) -> Code | None:
    if _DEFENDER_STOPPED.search(f"{record.fq_error} {record.message}"):
        return Code.DEFENDER_STOPPED
    if not _DEFENDERS.search(f"{record.fq_error} {record.activity}"):
        return None
    if _hresult(record) in SERVICE_NOT_RUNNING:
        return Code.DEFENDER_STOPPED
    return Code.DEFENDER_BROKEN if _hresult(record) in PROVIDER_BROKEN else None


def _is_refusal(record: DeviceError) -> bool:
    return (
        _hresult(record) in NO_RIGHT
        or record.category in {"PermissionDenied", "SecurityError"}
        or record.reason.rpartition(".")[2].casefold() in NO_RIGHT_REASONS
        or record.fq_error.partition(",")[0].rpartition(".")[2].casefold() in NO_RIGHT_REASONS
    )


def _is_absence(record: DeviceError) -> bool:
    error_id = record.fq_error.partition(",")[0].casefold()
    return error_id in ABSENT_IDS or record.reason == "ItemNotFoundException" or _hresult(record) in NO_SUCH_NAMESPACE


def _hresult(record: DeviceError) -> str:
    found = _HRESULT.search(record.fq_error)
    return found[1].casefold() if found else ""
