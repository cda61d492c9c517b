"""Every way in which a device can fail to answer, from the libraries' exceptions to the closed list of codes.

Sources: docs/reference/remoting.md sections 2 and 4. Nothing is decided by a message in some language: types, numbers
and error ids decide, and the original text is kept for IT.
"""

from __future__ import annotations

import socket
import ssl
import struct
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from http.client import BadStatusLine, HTTPException, RemoteDisconnected

import requests
import spnego.exceptions
import urllib3.exceptions
from cryptography.exceptions import InvalidSignature, InvalidTag
from pypsrp.exceptions import (
    AuthenticationError,
    InvalidPSRPOperation,
    InvalidRunspacePoolStateError,
    WinRMError,
    WinRMTransportError,
    WSManFaultError,
)

from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.machines.clixml_texts import storable
from troubleshooting.machines.faults import HTTP_STATUSES, fault_code
from troubleshooting.machines.sign_in import sign_in_code

LONGEST_DETAIL = 2_000  # characters


class MachineError(Exception):
    """A device could not be read. ``detail`` is the original text, for IT."""

    def __init__(self, code: Code, detail: str = "") -> None:
        """Keep the code and the original text, cut to a bearable length."""
        self.code = code
        self.detail = storable(detail[:LONGEST_DETAIL])
        super().__init__(f"{code}: {self.detail}" if self.detail else str(code))


class Silent(OSError):
    """The device held a request longer than the portal waits."""


class Overlong(OSError):
    """The device sent more in one reply than the portal takes."""


class Redirected(OSError):
    """The device sent the portal elsewhere; following could hand the sign-in to a stranger."""


class NotAllowedHere(OSError):
    """The device's name leads to an address where no device is visited."""


# What pypsrp and its libraries raise at the wire, hostile bytes included (its parsers do not guard themselves).
# A plain Exception is not caught, so that a worker's time limit is not taken for a broken protocol.
WIRE_ERRORS: tuple[type[Exception], ...] = (
    WinRMError,
    spnego.exceptions.SpnegoError,
    spnego.exceptions.FeatureMissingError,
    urllib3.exceptions.HTTPError,
    HTTPException,
    OSError,  # all of requests' exceptions, sockets, TLS
    ET.ParseError,
    struct.error,
    InvalidTag,
    InvalidSignature,
    AttributeError,
    TypeError,
    ValueError,
    LookupError,
    ArithmeticError,
    ImportError,  # Kerberos without its library
    RecursionError,
    AssertionError,
)


def name_error(error: Exception) -> MachineError:
    """Return any exception from the wire its code; what is unknown is PROTOCOL_BROKEN. Never raises."""
    if isinstance(error, MachineError):
        return error
    return MachineError(_code_of(error), str(error) or type(error).__name__)


def _code_of(error: Exception) -> Code:
    if isinstance(error, WinRMError):
        return _code_of_winrm(error)
    if isinstance(error, spnego.exceptions.SpnegoError | spnego.exceptions.FeatureMissingError | ImportError):
        return sign_in_code(error)
    if isinstance(error, OSError | urllib3.exceptions.HTTPError | HTTPException):
        return _code_of_connection(error)
    return Code.PROTOCOL_BROKEN


def _code_of_winrm(error: WinRMError) -> Code:
    if isinstance(error, AuthenticationError):
        return Code.WRONG_CREDENTIALS
    if isinstance(error, WSManFaultError):
        return fault_code(error.code, error.reason)
    if isinstance(error, WinRMTransportError):
        return HTTP_STATUSES.get(error.code, Code.SERVICE_FAULT)
    if isinstance(error, InvalidRunspacePoolStateError):
        return Code.SESSION_LOST
    if isinstance(error, InvalidPSRPOperation):  # the pool said that it is broken
        return Code.SERVICE_FAULT
    return Code.PROTOCOL_BROKEN


# The first kind that is found anywhere in the chain of causes decides.
CONNECTION_CODES: tuple[tuple[tuple[type[BaseException], ...], Code], ...] = (
    ((NotAllowedHere,), Code.ADDRESS_NOT_ALLOWED),
    ((Overlong, Redirected), Code.PROTOCOL_BROKEN),
    ((Silent, requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError), Code.NO_ANSWER),
    ((ssl.SSLCertVerificationError, ssl.CertificateError), Code.TLS_NOT_TRUSTED),
    ((requests.exceptions.SSLError, urllib3.exceptions.SSLError, ssl.SSLError), Code.TLS_FAILED),
    (
        (socket.gaierror, UnicodeError, urllib3.exceptions.NameResolutionError, requests.exceptions.InvalidURL),
        Code.NAME_NOT_FOUND,
    ),
    (
        (
            requests.ConnectTimeout,
            urllib3.exceptions.ConnectTimeoutError,
            urllib3.exceptions.NewConnectionError,
            ConnectionRefusedError,
        ),
        Code.UNREACHABLE,
    ),
    ((RemoteDisconnected,), Code.CONNECTION_CUT),
    ((BadStatusLine, requests.exceptions.ContentDecodingError), Code.PROTOCOL_BROKEN),
    (
        (
            ConnectionError,  # reset, aborted, broken pipe
            requests.exceptions.ChunkedEncodingError,
            urllib3.exceptions.ProtocolError,
            HTTPException,
        ),
        Code.CONNECTION_CUT,
    ),
    ((TimeoutError,), Code.UNREACHABLE),
    ((requests.ConnectionError,), Code.UNREACHABLE),
    ((requests.RequestException,), Code.PROTOCOL_BROKEN),
)


def _code_of_connection(error: Exception) -> Code:
    chain = tuple(_causes(error))
    for kinds, code in CONNECTION_CODES:
        if any(isinstance(cause, kinds) for cause in chain):
            return code
    return Code.TLS_NOT_TRUSTED if isinstance(error, FileNotFoundError) else _plain_os_error(error)


def _plain_os_error(error: Exception) -> Code:
    """``requests`` says that a file of trusted certificates is missing with an OSError without a number."""
    return Code.UNREACHABLE if getattr(error, "errno", None) else Code.TLS_NOT_TRUSTED


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Return the exception and everything it wraps: causes, contexts, urllib3's ``reason`` and arguments."""
    waiting, seen = [error], set[int]()
    while waiting and len(seen) < 50:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        inner = (current.__cause__, current.__context__, getattr(current, "reason", None), *current.args)
        waiting.extend(cause for cause in inner if isinstance(cause, BaseException))
