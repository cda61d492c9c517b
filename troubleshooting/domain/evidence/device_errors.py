"""Every way in which a device can fail to answer, as a closed list of codes.

The words for each code (cause and remedy for employee and for IT) stand in ``device_error_texts``; what leads to a code
stands in ``machines/errors.py`` (docs/reference/remoting.md sections 2 and 4).
"""

from __future__ import annotations

from enum import StrEnum


class DeviceErrorCode(StrEnum):
    """Why a device, or one command on it, could not be read. Codes never change; they are stored."""

    UNREACHABLE = "unreachable"  # refused, no route, switched off
    NAME_NOT_FOUND = "name_not_found"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"  # it leads to the portal's own machine or network segment
    NO_ANSWER = "no_answer"  # connected, but silent until the portal's deadline
    TLS_NOT_TRUSTED = "tls_not_trusted"
    TLS_FAILED = "tls_failed"
    WRONG_CREDENTIALS = "wrong_credentials"
    PASSWORD_EXPIRED = "password_expired"  # noqa: S105  a code, not a secret
    ACCOUNT_LOCKED = "account_locked"  # or disabled, expired, not allowed here or now
    TICKET_MISSING = "ticket_missing"  # the portal's own Kerberos ticket is missing or expired
    SPN_UNKNOWN = "spn_unknown"  # Kerberos does not know the PC by this name
    KDC_UNREACHABLE = "kdc_unreachable"  # no domain controller answers the portal
    CLOCK_SKEW = "clock_skew"
    KERBEROS_FAILED = "kerberos_failed"  # for another reason
    LIBRARY_MISSING = "library_missing"  # the portal lacks the library for this way to sign in
    CREDENTIALS_MISSING = "credentials_missing"  # the portal has no such credential profile
    ACCESS_DENIED = "access_denied"
    QUOTA_REACHED = "quota_reached"
    ENDPOINT_MISSING = "endpoint_missing"
    REMOTING_DISABLED = "remoting_disabled"
    REQUEST_TOO_LONG = "request_too_long"  # HTTP 400: a ticket too large for the PC's limits
    MESSAGE_TOO_LARGE = "message_too_large"  # HTTP 413, WinRM's envelope size
    GATEWAY_FAULT = "gateway_fault"  # HTTP 407, 502, 504: something in between answered
    PC_OVERLOADED = "pc_overloaded"  # out of memory, or busy
    SESSION_LOST = "session_lost"  # shell gone in mid-run: reboot, WinRM restart, idle
    CONNECTION_CUT = "connection_cut"
    PROTOCOL_BROKEN = "protocol_broken"
    SERVICE_FAULT = "service_fault"  # another WSMan fault or HTTP status
    TIMED_OUT = "timed_out"  # a command passed its own deadline
    COMMAND_REFUSED = "command_refused"  # not visible at the endpoint (JEA)
    COMMAND_MISSING = "command_missing"  # the PC does not have it; there is no JEA
    COMMAND_FAILED = "command_failed"
    DEFENDER_STOPPED = "defender_stopped"  # 0x800106ba
    DEFENDER_BROKEN = "defender_broken"  # its WMI provider is broken or gone
    CANCELLED = "cancelled"  # a person ended the run
    EMERGENCY_STOPPED = "emergency_stopped"  # an administrator has stopped all writes
    PORTAL_FAULT = "portal_fault"  # the portal itself failed, or its workers were lost again and again


# What time heals: the run waits in the database and tries again.
PASSING: frozenset[DeviceErrorCode] = frozenset(
    {
        DeviceErrorCode.UNREACHABLE,
        DeviceErrorCode.NAME_NOT_FOUND,
        DeviceErrorCode.NO_ANSWER,
        DeviceErrorCode.QUOTA_REACHED,
        DeviceErrorCode.SESSION_LOST,
        DeviceErrorCode.CONNECTION_CUT,
        DeviceErrorCode.KDC_UNREACHABLE,
        DeviceErrorCode.GATEWAY_FAULT,
        DeviceErrorCode.PC_OVERLOADED,
    }
)
