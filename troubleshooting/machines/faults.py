"""WS-Management fault numbers and what they mean (docs/reference/remoting.md section 4).

Numbers of Windows itself stand in ``windows_codes``. Rows that only the Windows WinRM client raises are kept too: they
cost nothing, and gateways pass them on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.machines.windows_codes import meaning

FAULTS: Mapping[int, Code] = {
    0x80338104: Code.ACCESS_DENIED,  # WMI namespace, three variants
    0x80338105: Code.ACCESS_DENIED,
    0x80338106: Code.ACCESS_DENIED,
    0x8033805B: Code.SESSION_LOST,  # UNEXPECTED_SELECTORS: no such shell any more
    0x80338012: Code.UNREACHABLE,
    0x80338126: Code.UNREACHABLE,  # NETWORK_TIMEDOUT
    0x80338112: Code.UNREACHABLE,  # HTTP_SERVICE_UNAVAILABLE
    0x80338029: Code.NO_ANSWER,  # OPERATION_TIMEDOUT; while a command runs pypsrp swallows it
    0x803381B9: Code.NAME_NOT_FOUND,
    0x803381BA: Code.TLS_FAILED,
    0x803380E4: Code.WRONG_CREDENTIALS,  # SERVER_NOT_TRUSTED: neither Kerberos nor TrustedHosts
    0x8033810B: Code.SPN_UNKNOWN,  # Kerberos with an IP address
    0x803381BB: Code.SPN_UNKNOWN,  # default sign-in with an IP address
    0x8033810C: Code.WRONG_CREDENTIALS,  # workgroup, no Kerberos
    0x803380E5: Code.WRONG_CREDENTIALS,  # explicit credentials required
    0x80338036: Code.WRONG_CREDENTIALS,
    0x803381F0: Code.SPN_UNKNOWN,  # mutual authentication failed
    0x803380DE: Code.REMOTING_DISABLED,  # unencrypted traffic not allowed
    0x80338113: Code.ENDPOINT_MISSING,  # HTTP 404
    0x8033803B: Code.ENDPOINT_MISSING,  # INVALID_RESOURCE_URI
    0x80338000: Code.ENDPOINT_MISSING,  # RESOURCE_NOT_FOUND
    0x80338026: Code.MESSAGE_TOO_LARGE,  # ENVELOPE_TOO_LARGE
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
    "encodinglimit": Code.MESSAGE_TOO_LARGE,
    "quotalimit": Code.QUOTA_REACHED,
    "timedout": Code.NO_ANSWER,
}

# The faults that come without a number and without a telling subcode, by the words of their reason. Asked for en-US, a
# PC without English texts answers in its own language.
REASONS: tuple[tuple[str, Code], ...] = (
    (r"envelope|message size", Code.MESSAGE_TOO_LARGE),  # some of these speak of a quota, too
    (r"\bquotas?\b|\bkontingent|\bcuotas?\b", Code.QUOTA_REACHED),
    (r"maximum (?:number|amount)?.{0,120}(?:exceeded|reached)|exceeded the maximum number", Code.QUOTA_REACHED),
    (r"(?:maximale|höchst)(?:n)? ?(?:an)?zahl.{0,120}(?:überschritten|erreicht)", Code.QUOTA_REACHED),
    (r"nombre maximal.{0,120}(?:dépassé|atteint)", Code.QUOTA_REACHED),
    (r"número máximo.{0,120}(?:superado|excedido|alcanzado)", Code.QUOTA_REACHED),
    (r"numero massimo.{0,120}(?:superato|raggiunto)", Code.QUOTA_REACHED),
    (r"shutdown is in progress|is (?:being )?shut(?:ting)? down|wird heruntergefahren", Code.SESSION_LOST),
    (r"pipe has been ended|pipe wurde beendet|marked for deletion|zum löschen markiert", Code.SESSION_LOST),
)

# HTTP statuses that come without a fault.
HTTP_STATUSES: Mapping[int, Code] = {
    400: Code.REQUEST_TOO_LONG,  # HTTP.sys; nearly always a Kerberos ticket of many groups
    401: Code.WRONG_CREDENTIALS,
    403: Code.ACCESS_DENIED,
    404: Code.ENDPOINT_MISSING,
    405: Code.ENDPOINT_MISSING,
    407: Code.GATEWAY_FAULT,  # a proxy stands in between
    408: Code.NO_ANSWER,
    413: Code.MESSAGE_TOO_LARGE,
    414: Code.REQUEST_TOO_LONG,
    429: Code.QUOTA_REACHED,
    431: Code.REQUEST_TOO_LONG,
    502: Code.GATEWAY_FAULT,
    503: Code.UNREACHABLE,  # HTTP.sys listens, WinRM does not (yet): time heals it
    504: Code.GATEWAY_FAULT,
}

LONGEST_REASON = 10_000  # characters that are looked at; a PC may send megabytes
_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?:0x([0-9A-Fa-f]{1,8})|(-?[0-9]{10}))(?![0-9A-Za-z])")


def fault_code(code: object, reason: str | None) -> Code:
    """Name a WSMan fault by its number, one in its reason (MSFT_WmiError), its subcode or its words, in this order."""
    reason = (reason or "")[:LONGEST_REASON]
    numbers = [code] if isinstance(code, int) else []
    numbers += [int(found[1], 16) if found[1] else int(found[2]) for found in _NUMBER.finditer(reason)]
    named = next((found for number in numbers if (found := _named(number)) is not None), None)
    subcode = str(code).rpartition(":")[2].casefold()
    return named or SUBCODES.get(subcode) or _by_words(reason) or Code.SERVICE_FAULT


def _named(number: int) -> Code | None:
    return FAULTS.get(number & 0xFFFFFFFF) or meaning(number)


def _by_words(reason: str) -> Code | None:
    folded = reason.casefold()
    return next((code for pattern, code in REASONS if re.search(pattern, folded, re.DOTALL)), None)
