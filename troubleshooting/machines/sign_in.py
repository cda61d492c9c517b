"""Why a sign-in failed, from what Kerberos and its libraries say (docs/reference/remoting.md section 4).

MIT Kerberos reports nearly everything as "general failure" (major status 851968); its minor status tells. Where the
library changes that number, the text is left. It is made on the portal's own server, never on the PC, so it is not in
the PC's language; Heimdal and MIT word it differently.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from spnego.exceptions import (
    BadMechanismError,
    BadMICError,
    ContextExpiredError,
    FeatureMissingError,
    InvalidTokenError,
    SpnegoError,
    UnsupportedQop,
)

from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.machines import windows_codes

_BASE = 0x96C73A00  # of krb5's error table, as unsigned number

# krb5.h, by the distance from the base of the table
MINOR: Mapping[int, Code] = {
    1: Code.ACCOUNT_LOCKED,  # KDC_ERR_NAME_EXP: the account has expired
    2: Code.SPN_UNKNOWN,  # SERVICE_EXP
    6: Code.WRONG_CREDENTIALS,  # C_PRINCIPAL_UNKNOWN: no such user
    7: Code.SPN_UNKNOWN,  # S_PRINCIPAL_UNKNOWN
    8: Code.SPN_UNKNOWN,  # PRINCIPAL_NOT_UNIQUE
    12: Code.ACCOUNT_LOCKED,  # POLICY: hours, workstations
    18: Code.ACCOUNT_LOCKED,  # CLIENT_REVOKED: locked or disabled
    19: Code.SPN_UNKNOWN,  # SERVICE_REVOKED: the computer's account is disabled
    20: Code.TICKET_MISSING,  # TGT_REVOKED
    21: Code.ACCOUNT_LOCKED,  # CLIENT_NOTYET
    23: Code.PASSWORD_EXPIRED,  # KEY_EXP
    24: Code.WRONG_CREDENTIALS,  # PREAUTH_FAILED
    26: Code.SPN_UNKNOWN,  # SERVER_NOMATCH
    29: Code.KDC_UNREACHABLE,  # SVC_UNAVAILABLE
    31: Code.WRONG_CREDENTIALS,  # AP_ERR_BAD_INTEGRITY: decrypted with another password
    32: Code.TICKET_MISSING,  # TKT_EXPIRED
    33: Code.CLOCK_SKEW,  # TKT_NYV: not yet valid
    35: Code.SPN_UNKNOWN,  # NOT_US
    36: Code.SPN_UNKNOWN,  # BADMATCH
    37: Code.CLOCK_SKEW,
    41: Code.SPN_UNKNOWN,  # MODIFIED: what Active Directory says of a doubled or moved name
    141: Code.TICKET_MISSING,  # CC_NOTFOUND
    142: Code.TICKET_MISSING,  # CC_END
    144: Code.SPN_UNKNOWN,  # WRONG_PRINC
    148: Code.CLOCK_SKEW,  # KDCREP_SKEW
    154: Code.KDC_UNREACHABLE,  # REALM_UNKNOWN: cannot find a KDC
    155: Code.SPN_UNKNOWN,  # SERVICE_UNKNOWN
    156: Code.KDC_UNREACHABLE,  # KDC_UNREACH
    181: Code.TICKET_MISSING,  # KT_NOTFOUND
    195: Code.TICKET_MISSING,  # FCC_NOFILE
    210: Code.WRONG_CREDENTIALS,  # PREAUTH_FAILED, before the KDC was asked
    216: Code.SPN_UNKNOWN,  # ERR_BAD_HOSTNAME: the name cannot be canonicalised
    220: Code.KDC_UNREACHABLE,  # REALM_CANT_RESOLVE
}

# In this order, for some texts hold others.
TEXTS: tuple[tuple[str, Code], ...] = (
    (r"clock skew|time skew|ticket not (?:yet )?valid|time difference", Code.CLOCK_SKEW),
    (r"password (?:has |is )?expired|key (?:has )?expired|password must be changed|must change", Code.PASSWORD_EXPIRED),
    (
        r"credentials have been revoked|\blocked|\bdisabled|client'?s entry in database|client .{0,200}expired"
        r"|kdc policy rejects|account restriction|client not yet valid|account .{0,200}expired",
        Code.ACCOUNT_LOCKED,
    ),
    (
        r"contact any kdc|reach any kdc|find kdc|locate kdc|resolve network address for kdc|no kdc|unreachable"
        r"|no logon servers|realm .{0,200}unknown|service is not available|no authority could be contacted",
        Code.KDC_UNREACHABLE,
    ),
    (
        r"ticket (?:has )?expired|credentials have expired|no kerberos credentials|no credentials cache"
        r"|credentials? cache .{0,200}not found|matching credential|keytab|tgt has been revoked|ccache",
        Code.TICKET_MISSING,
    ),
    (
        r"server .{0,250}(?:not found|unknown)|service .{0,250}unknown|wrong principal|principal name is incorrect"
        r"|target (?:principal|name|account)|ticket isn't for us|message stream modified|principal unknown"
        r"|hostname cannot be canonicali[sz]ed|\bspn\b",
        Code.SPN_UNKNOWN,
    ),
    (
        r"pre-?authentication fail|password incorrect|incorrect password|decrypt integrity"
        r"|client .{0,250}(?:not found|unknown)|logon denied|logon attempt failed|wrong password",
        Code.WRONG_CREDENTIALS,
    ),
)

_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?:0x([0-9A-Fa-f]{8})|(-?[0-9]{10}))(?![0-9A-Za-z])")
_KINDS: tuple[tuple[tuple[type[SpnegoError], ...], Code], ...] = (
    ((BadMechanismError,), Code.LIBRARY_MISSING),
    ((BadMICError, InvalidTokenError, UnsupportedQop), Code.PROTOCOL_BROKEN),  # nobody's password
    ((ContextExpiredError,), Code.SESSION_LOST),
)


def sign_in_code(error: SpnegoError | FeatureMissingError | ImportError) -> Code:
    """Return why signing in failed: by number, else by the library's text, else by its kind of error."""
    if not isinstance(error, SpnegoError):
        return Code.LIBRARY_MISSING
    return _by_number(error) or _by_text(str(error)) or _by_kind(error)


def _by_number(error: SpnegoError) -> Code | None:
    minor, windows = (getattr(error.base_error, name, None) for name in ("min_code", "winerror"))
    if isinstance(minor, int) and (code := _of_kerberos(minor)):
        return code
    if isinstance(windows, int) and (code := windows_codes.meaning(windows)):
        return code
    quoted = (int(found[1], 16) if found[1] else int(found[2]) for found in _NUMBER.finditer(str(error)))
    return next((code for number in quoted if (code := _of_kerberos(number) or windows_codes.meaning(number))), None)


def _of_kerberos(number: int) -> Code | None:
    return MINOR.get((number & 0xFFFFFFFF) - _BASE)


def _by_text(text: str) -> Code | None:
    folded = text.casefold()
    return next((code for pattern, code in TEXTS if re.search(pattern, folded)), None)


def _by_kind(error: SpnegoError) -> Code:
    found = next((code for kinds, code in _KINDS if isinstance(error, kinds)), None)
    return found or (Code.WRONG_CREDENTIALS if error.base_error is None else Code.KERBEROS_FAILED)
