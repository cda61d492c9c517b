"""WS-Management fault numbers and what they mean (docs/reference/remoting.md section 4).

Rows that only the Windows WinRM client raises are kept too: they cost nothing, and gateways pass them on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code

FAULTS: Mapping[int, Code] = {
    0x00000005: Code.ACCESS_DENIED,
    0x80070005: Code.ACCESS_DENIED,
    0x80338104: Code.ACCESS_DENIED,  # WMI namespace, three variants
    0x80338105: Code.ACCESS_DENIED,
    0x80338106: Code.ACCESS_DENIED,
    0x800706BA: Code.SESSION_LOST,  # the RPC server went away
    0x000003E3: Code.SESSION_LOST,  # 995: operation aborted, the shell is being torn down
    0x800703E3: Code.SESSION_LOST,
    0x8033805B: Code.SESSION_LOST,  # UNEXPECTED_SELECTORS: no such shell any more
    0x80338012: Code.UNREACHABLE,
    0x80338126: Code.UNREACHABLE,  # NETWORK_TIMEDOUT
    0x80338112: Code.UNREACHABLE,  # HTTP_SERVICE_UNAVAILABLE
    0x80338029: Code.NO_ANSWER,  # OPERATION_TIMEDOUT; while a command runs pypsrp swallows it
    0x803381B9: Code.NAME_NOT_FOUND,
    0x803381BA: Code.TLS_FAILED,
    0x803380E4: Code.WRONG_CREDENTIALS,  # SERVER_NOT_TRUSTED: neither Kerberos nor TrustedHosts
    0x8033810B: Code.WRONG_CREDENTIALS,  # Kerberos with an IP address
    0x803381BB: Code.WRONG_CREDENTIALS,  # default sign-in with an IP address
    0x8033810C: Code.WRONG_CREDENTIALS,  # workgroup, no Kerberos
    0x803380E5: Code.WRONG_CREDENTIALS,  # explicit credentials required
    0x80338036: Code.WRONG_CREDENTIALS,
    0x803381F0: Code.WRONG_CREDENTIALS,  # mutual authentication failed
    0x803380DE: Code.REMOTING_DISABLED,  # unencrypted traffic not allowed
    0x80338113: Code.ENDPOINT_MISSING,  # HTTP 404
    0x8033803B: Code.ENDPOINT_MISSING,  # INVALID_RESOURCE_URI
    0x80338000: Code.ENDPOINT_MISSING,  # RESOURCE_NOT_FOUND
    0x80338026: Code.SERVICE_FAULT,  # ENVELOPE_TOO_LARGE
    0x8033803F: Code.QUOTA_REACHED,
    0x803381A5: Code.QUOTA_REACHED,  # shells of one user
    0x803381A6: Code.QUOTA_REACHED,  # operations
    0x803381A7: Code.QUOTA_REACHED,  # requests of one user
    0x803381A8: Code.QUOTA_REACHED,  # the whole service
    0x803381AB: Code.QUOTA_REACHED,  # users with a shell
    **dict.fromkeys(range(0x803381E4, 0x803381EA + 1), Code.QUOTA_REACHED),
    0x803381AC: Code.REMOTING_DISABLED,  # "Allow remote shell access" is off
    0x803381DD: Code.REMOTING_DISABLED,
    0x803381E3: Code.REMOTING_DISABLED,
    0x80338169: Code.REMOTING_DISABLED,  # public network profile
    0x803381FD: Code.SERVICE_FAULT,  # the managed account of a JEA endpoint cannot sign in
    0x803381FB: Code.SERVICE_FAULT,  # no virtual account
    0x80540BC5: Code.PROTOCOL_BROKEN,  # versions of client and server do not fit
}

# SOAP subcodes, where the reply has no WSManFault element; the prefix differs from service to service.
SUBCODES: Mapping[str, Code] = {
    "accessdenied": Code.ACCESS_DENIED,
    "destinationunreachable": Code.ENDPOINT_MISSING,
    "endpointunavailable": Code.UNREACHABLE,
    "invalidselectors": Code.SESSION_LOST,
    "quotalimit": Code.QUOTA_REACHED,
    "timedout": Code.NO_ANSWER,
}

# HTTP statuses that come without a fault.
HTTP_STATUSES: Mapping[int, Code] = {
    401: Code.WRONG_CREDENTIALS,
    403: Code.ACCESS_DENIED,
    404: Code.ENDPOINT_MISSING,
    405: Code.ENDPOINT_MISSING,
    407: Code.UNREACHABLE,  # a proxy stands in between
    429: Code.QUOTA_REACHED,
    503: Code.UNREACHABLE,  # HTTP.sys listens, WinRM does not (yet): time heals it
}

_NUMBER = re.compile(r"\b(?:0x([0-9A-Fa-f]{8})|([0-9]{10}))\b")


def fault_code(code: object, reason: str | None) -> Code:
    """Name a WSMan fault by its number, its subcode, or a number in its reason (MSFT_WmiError), in this order."""
    if isinstance(code, int) and code & 0xFFFFFFFF in FAULTS:
        return FAULTS[code & 0xFFFFFFFF]
    quoted = (int(found[1], 16) if found[1] else int(found[2]) for found in _NUMBER.finditer(reason or ""))
    from_reason = next((FAULTS[number] for number in quoted if number in FAULTS), None)
    if from_reason is not None:
        return from_reason
    subcode = str(code).rpartition(":")[2].casefold()
    return SUBCODES.get(subcode, Code.SERVICE_FAULT)
