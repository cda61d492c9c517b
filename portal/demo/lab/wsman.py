"""WS-Management envelopes: read a request, write its answer or its fault (MS-WSMV)."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from html import escape
from xml.etree.ElementTree import Element  # only the type; parsing is defusedxml's

from defusedxml import ElementTree

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
POWERSHELL = "http://schemas.microsoft.com/powershell"
NAMESPACES = {"s": SOAP, "a": ADDRESSING, "w": WSMAN, "rsp": SHELL, "p": POWERSHELL}

ACCESS_DENIED = 5
OPERATION_TIMED_OUT = 2150858793
UNEXPECTED_SELECTORS = 2150858843
ENDPOINT_MISSING = 2150858752
MAX_SHELLS = 2150859173
INVALID_ACTION = 2150858753
INTERNAL_ERROR = 1359

# Code -> (SOAP subcode, the service's own words)
FAULTS = {
    ACCESS_DENIED: ("w:AccessDenied", "Access is denied. "),
    OPERATION_TIMED_OUT: (
        "w:TimedOut",
        "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.  ",
    ),
    UNEXPECTED_SELECTORS: (
        "w:InvalidSelectors",
        "The WS-Management service cannot process the request because the request contained invalid selectors "
        "for the resource. ",
    ),
    ENDPOINT_MISSING: (
        "wsa:DestinationUnreachable",
        "The WS-Management service cannot process the request. The service cannot find the resource identified by "
        "the resource URI and selectors. ",
    ),
    MAX_SHELLS: (
        "w:QuotaLimit",
        "The WS-Management service cannot process the request. This user is allowed a maximum number of 30 "
        "concurrent shells, which has been exceeded. Close existing shells or raise the quota for this user. ",
    ),
    INVALID_ACTION: ("wsa:ActionNotSupported", "The action is not supported by the service. "),
}
OTHER_FAULT = ("w:InternalError", "The WS-Management service cannot process the request. ")


class WSManFault(Exception):
    """The service answers with a fault."""

    def __init__(self, code: int) -> None:
        """Keep the code of the fault."""
        super().__init__(str(code))
        self.code = code


class NotWSMan(Exception):
    """What came is not a WS-Management envelope."""


@dataclass(frozen=True)
class Request:
    """One envelope that came from the client."""

    action: str  # the last part of the action's address: Create, Command, Receive, …
    action_uri: str
    resource_uri: str
    message_id: str
    shell_id: str | None
    timeout_s: float
    max_envelope_size: int
    body: Element


def read_request(data: bytes) -> Request:
    """Read an envelope; raises NotWSMan for anything else."""
    try:
        envelope = ElementTree.fromstring(data)
        return _read(envelope)
    except (ElementTree.ParseError, ValueError, AttributeError) as error:
        raise NotWSMan(str(error)) from error


def _read(envelope: Element) -> Request:
    header, body = envelope.find("s:Header", NAMESPACES), envelope.find("s:Body", NAMESPACES)
    if header is None or body is None:
        raise NotWSMan("no header or no body")
    action = _text(header, "a:Action")
    return Request(
        action=action.rpartition("/")[2],
        action_uri=action,
        resource_uri=_text(header, "w:ResourceURI"),
        message_id=_text(header, "a:MessageID"),
        shell_id=_shell_id(header),
        timeout_s=_seconds(_text(header, "w:OperationTimeout")),
        max_envelope_size=int(_text(header, "w:MaxEnvelopeSize") or 153600),
        body=body,
    )


def _text(parent: Element, path: str) -> str:
    found = parent.find(path, NAMESPACES)
    return (found.text or "").strip() if found is not None else ""


def _shell_id(header: Element) -> str | None:
    found = header.find("w:SelectorSet/w:Selector[@Name='ShellId']", NAMESPACES)
    return found.text if found is not None else None


def _seconds(duration: str) -> float:
    match = re.fullmatch(r"PT(\d+(?:\.\d+)?)S", duration)
    return float(match[1]) if match else 60.0


def write_answer(request: Request, body: str) -> bytes:
    """Write the answer of that request around the body's XML."""
    return _envelope(request, f"{request.action_uri}Response", body)


def write_fault(request: Request, code: int) -> bytes:
    """Write the fault of that code."""
    subcode, words = FAULTS.get(code, OTHER_FAULT)
    body = (
        f"<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>{subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en-US">{escape(words)}</s:Text></s:Reason><s:Detail>'
        f'<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="{code}" '
        f'Machine="localhost"><f:Message>{escape(words)}</f:Message></f:WSManFault></s:Detail></s:Fault>'
    )
    return _envelope(request, "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault", body)


def _envelope(request: Request, action: str, body: str) -> bytes:
    return (
        f'<s:Envelope xml:lang="en-US" xmlns:s="{SOAP}" xmlns:a="{ADDRESSING}" xmlns:w="{WSMAN}" '
        f'xmlns:x="{TRANSFER}" xmlns:wsa="{ADDRESSING}" xmlns:rsp="{SHELL}"><s:Header>'
        f"<a:Action>{escape(action)}</a:Action><a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID>"
        f"<a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>"
        f"<a:RelatesTo>{escape(request.message_id)}</a:RelatesTo></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def created(request: Request, *, shell_id: str, owner: str) -> str:
    """Return the body that answers Create."""
    return (
        f"<x:ResourceCreated><a:Address>http://localhost/wsman</a:Address><a:ReferenceParameters>"
        f"<w:ResourceURI>{escape(request.resource_uri)}</w:ResourceURI><w:SelectorSet>"
        f'<w:Selector Name="ShellId">{escape(shell_id)}</w:Selector></w:SelectorSet></a:ReferenceParameters>'
        f"</x:ResourceCreated>{shell(request, shell_id=shell_id, owner=owner)}"
    )


def shell(request: Request, *, shell_id: str, owner: str) -> str:
    """Return the description of a shell, as Create and Get answer it."""
    return (
        f"<rsp:Shell><rsp:ShellId>{escape(shell_id)}</rsp:ShellId>"
        f"<rsp:ResourceUri>{escape(request.resource_uri)}</rsp:ResourceUri><rsp:Owner>{escape(owner)}</rsp:Owner>"
        f"<rsp:ClientIP>127.0.0.1</rsp:ClientIP><rsp:ProcessId>4711</rsp:ProcessId>"
        f"<rsp:IdleTimeOut>PT7200.000S</rsp:IdleTimeOut><rsp:InputStreams>stdin pr</rsp:InputStreams>"
        f"<rsp:OutputStreams>stdout</rsp:OutputStreams><rsp:State>Connected</rsp:State>"
        f"<rsp:ShellRunTime>P0DT0H0M0S</rsp:ShellRunTime><rsp:ShellInactivity>P0DT0H0M0S</rsp:ShellInactivity>"
        f"</rsp:Shell>"
    )


def received(command_id: str | None, streams: list[str], *, done: bool) -> str:
    """Return the body that answers Receive: Base64 streams, and whether the command has ended."""
    mark = f' CommandId="{escape(command_id)}"' if command_id else ""
    parts = [f'<rsp:Stream Name="stdout"{mark}>{stream}</rsp:Stream>' for stream in streams]
    if command_id:
        state = "Done" if done else "Running"
        code = "<rsp:ExitCode>0</rsp:ExitCode>" if done else ""
        parts.append(f'<rsp:CommandState{mark} State="{SHELL}/CommandState/{state}">{code}</rsp:CommandState>')
    return f"<rsp:ReceiveResponse>{''.join(parts)}</rsp:ReceiveResponse>"


CONFIG = (
    '<cfg:Config xmlns:cfg="http://schemas.microsoft.com/wbem/wsman/1/config">'
    "<cfg:MaxEnvelopeSizekb>500</cfg:MaxEnvelopeSizekb><cfg:MaxTimeoutms>60000</cfg:MaxTimeoutms>"
    "<cfg:MaxBatchItems>32000</cfg:MaxBatchItems></cfg:Config>"
)
