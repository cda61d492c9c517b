"""Every exception of the wire has a name."""

from __future__ import annotations

import socket
import ssl
import struct
import xml.etree.ElementTree as ET
from http.client import BadStatusLine, RemoteDisconnected

import pytest
import requests
import spnego.exceptions
import urllib3.exceptions
from hypothesis import given
from hypothesis import strategies as st
from pypsrp.complex_objects import RunspacePoolState
from pypsrp.exceptions import (
    AuthenticationError,
    InvalidPSRPOperation,
    InvalidRunspacePoolStateError,
    WinRMError,
    WinRMTransportError,
    WSManFaultError,
)

from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.domain.evidence.snapshot import Reading, ReadState
from troubleshooting.machines.errors import (
    WIRE_ERRORS,
    MachineError,
    Overlong,
    Redirected,
    Silent,
    name_error,
)
from troubleshooting.machines.faults import FAULTS, LONGEST_REASON, fault_code
from troubleshooting.machines.plain import DeviceError
from troubleshooting.machines.records import reading_from_errors

POOL = urllib3.HTTPConnectionPool("pc.example")


def wrapped(cause):
    """Return what requests raises around an exception of urllib3."""
    return requests.ConnectionError(urllib3.exceptions.MaxRetryError(POOL, "/wsman", cause))


def fault(code, reason=None):
    return WSManFaultError(code, "PC", reason, None, None, None)


def caused(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (wrapped(urllib3.exceptions.NameResolutionError("pc", POOL, socket.gaierror(-2, "x"))), Code.NAME_NOT_FOUND),
        (requests.exceptions.InvalidURL("label too long"), Code.NAME_NOT_FOUND),
        (wrapped(urllib3.exceptions.NewConnectionError(POOL, "refused")), Code.UNREACHABLE),
        (caused(requests.ConnectionError("x"), requests.ConnectTimeout("x")), Code.UNREACHABLE),
        (requests.ConnectTimeout("x"), Code.UNREACHABLE),
        (OSError(113, "No route to host"), Code.UNREACHABLE),
        (Silent("x"), Code.NO_ANSWER),
        (requests.ReadTimeout("x"), Code.NO_ANSWER),
        (requests.ConnectionError(urllib3.exceptions.ReadTimeoutError(POOL, "/", "x")), Code.NO_ANSWER),
        (
            requests.exceptions.SSLError(
                urllib3.exceptions.MaxRetryError(
                    POOL, "/", urllib3.exceptions.SSLError(ssl.SSLCertVerificationError(1, "self-signed"))
                )
            ),
            Code.TLS_NOT_TRUSTED,
        ),
        (requests.exceptions.SSLError(ssl.SSLError(1, "WRONG_VERSION_NUMBER")), Code.TLS_FAILED),
        (OSError("Could not find a suitable TLS CA certificate bundle"), Code.TLS_NOT_TRUSTED),
        (
            requests.ConnectionError(urllib3.exceptions.ProtocolError("aborted", RemoteDisconnected("x"))),
            Code.CONNECTION_CUT,
        ),
        (
            requests.ConnectionError(urllib3.exceptions.ProtocolError("aborted", ConnectionResetError(104, "x"))),
            Code.CONNECTION_CUT,
        ),
        (requests.exceptions.ChunkedEncodingError("x"), Code.CONNECTION_CUT),
        (
            requests.ConnectionError(urllib3.exceptions.ProtocolError("aborted", BadStatusLine("\x00"))),
            Code.PROTOCOL_BROKEN,
        ),
        (Overlong("x"), Code.PROTOCOL_BROKEN),
        (Redirected("x"), Code.PROTOCOL_BROKEN),
        (AuthenticationError("x"), Code.WRONG_CREDENTIALS),
        (spnego.exceptions.NoCredentialError(), Code.WRONG_CREDENTIALS),
        (spnego.exceptions.BadMICError(), Code.PROTOCOL_BROKEN),
        (spnego.exceptions.InvalidTokenError(), Code.PROTOCOL_BROKEN),
        (WinRMTransportError("http", 403, ""), Code.ACCESS_DENIED),
        (WinRMTransportError("http", 404, ""), Code.ENDPOINT_MISSING),
        (WinRMTransportError("http", 503, ""), Code.UNREACHABLE),
        (WinRMTransportError("http", 500, "x"), Code.SERVICE_FAULT),
        (WinRMError("related id does not match"), Code.PROTOCOL_BROKEN),
        (InvalidRunspacePoolStateError(RunspacePoolState.CLOSED, RunspacePoolState.OPENED, "x"), Code.SESSION_LOST),
        (InvalidPSRPOperation("broken"), Code.SERVICE_FAULT),
        (ET.ParseError("x"), Code.PROTOCOL_BROKEN),
        (struct.error("x"), Code.PROTOCOL_BROKEN),
        (KeyError(7), Code.PROTOCOL_BROKEN),
        (AttributeError("x"), Code.PROTOCOL_BROKEN),
        (RecursionError("x"), Code.PROTOCOL_BROKEN),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "x"), Code.PROTOCOL_BROKEN),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{type(value).__name__}-{value}"[:60],
)
def test_an_exception_has_its_code(error, code):
    assert isinstance(error, WIRE_ERRORS)
    assert name_error(error).code is code


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (5, "Access is denied.", Code.ACCESS_DENIED),
        (2147942405, None, Code.ACCESS_DENIED),
        (-2147024891, None, Code.ACCESS_DENIED),  # the same number, signed
        (2150859173, None, Code.QUOTA_REACHED),
        (2150859240, None, Code.QUOTA_REACHED),
        (2150858843, None, Code.SESSION_LOST),
        (2150858752, None, Code.ENDPOINT_MISSING),
        (2150859180, None, Code.REMOTING_DISABLED),
        (2150858793, None, Code.NO_ANSWER),
        (1, "unknown", Code.SERVICE_FAULT),
        ("w:InternalError", "Der WS-Verwaltungsdienst … 0x803381A6 …", Code.QUOTA_REACHED),
        ("w:QuotaLimit", None, Code.QUOTA_REACHED),
        ("wsman:InvalidSelectors", None, Code.SESSION_LOST),
        ("w:TimedOut", None, Code.NO_ANSWER),
        (None, None, Code.SERVICE_FAULT),
    ],
)
def test_a_fault_is_named_by_its_number(code, reason, expected):
    assert name_error(fault(code, reason)).code is expected


def test_every_fault_number_of_the_table_leads_to_its_code():
    assert {number: fault_code(number, None) for number in FAULTS} == dict(FAULTS)


def test_of_a_reason_only_the_beginning_is_searched():
    """A PC may send megabytes of words that nearly match."""
    assert fault_code(None, f"{'x' * 100} 0x80338029") is fault_code(0x80338029, None)
    assert fault_code(None, f"{'x' * LONGEST_REASON} 0x80338029") is Code.SERVICE_FAULT


def test_a_machine_error_keeps_its_name():
    error = MachineError(Code.CANCELLED, "x")

    assert name_error(error) is error


def test_a_workers_time_limit_is_not_taken_for_the_wire():
    class SoftTimeLimitExceeded(Exception):
        """As celery's."""

    assert not issubclass(SoftTimeLimitExceeded, WIRE_ERRORS)


def test_the_original_text_is_kept_for_it_and_limited():
    assert name_error(fault(5, "Zugriff verweigert")).detail.endswith("Zugriff verweigert)")
    assert len(name_error(ValueError("x" * 9_000)).detail) == 2_000


@given(st.one_of(st.none(), st.text(), st.integers()), st.one_of(st.none(), st.text()))
def test_any_fault_has_a_name(code, reason):
    assert fault_code(code, reason) in set(Code)


def record(fq_error="", *, message="…", category="", reason="", target=""):
    return DeviceError(message, fq_error, category, target, reason)


@pytest.mark.parametrize(
    ("error", "state", "code"),
    [
        (record("PathNotFound,Microsoft.PowerShell.Commands.GetItemPropertyCommand"), ReadState.ABSENT, None),
        (record("x", reason="ItemNotFoundException"), ReadState.ABSENT, None),
        (record("NoMatchingEventsFound,Microsoft.PowerShell.Commands.GetWinEventCommand"), ReadState.ABSENT, None),
        (record("HRESULT 0x8004100e,Microsoft.Management.Infrastructure…"), ReadState.ABSENT, None),
        (record("NoMatchingLogsFound,Microsoft.PowerShell…"), ReadState.FAILED, Code.COMMAND_FAILED),
        (record("HRESULT 0x80070005,Get-MpPreference"), ReadState.REFUSED, Code.ACCESS_DENIED),
        (record("HRESULT 0x80041003,Get-CimInstance"), ReadState.REFUSED, Code.ACCESS_DENIED),
        (record("System.UnauthorizedAccessException,…"), ReadState.REFUSED, Code.ACCESS_DENIED),
        (record("x", category="PermissionDenied"), ReadState.REFUSED, Code.ACCESS_DENIED),
        (record("x", reason="System.Security.SecurityException"), ReadState.REFUSED, Code.ACCESS_DENIED),
        (record("HRESULT 0x800106ba,Get-MpComputerStatus"), ReadState.FAILED, Code.DEFENDER_STOPPED),
        (record("x", message="Vorgang fehlgeschlagen: 0x800106BA"), ReadState.FAILED, Code.DEFENDER_STOPPED),
        (record("CommandNotFoundException", category="ObjectNotFound"), ReadState.FAILED, Code.COMMAND_REFUSED),
        (record("Anything", category="ObjectNotFound"), ReadState.FAILED, Code.COMMAND_FAILED),
    ],
)
def test_an_error_record_is_judged_without_its_words(error, state, code):
    reading = reading_from_errors([error])

    assert (reading.state, reading.error_code) == (state, code)


def test_no_error_is_an_answer():
    assert reading_from_errors([]) == Reading(ReadState.ANSWERED)


def test_the_worst_error_decides():
    absent, stopped = record("PathNotFound,x"), record("HRESULT 0x800106ba,x")

    assert reading_from_errors([absent, stopped]).error_code == Code.DEFENDER_STOPPED
