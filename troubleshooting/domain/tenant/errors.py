"""Every way in which the tenant's API can fail, as a closed list of codes with their words.

What leads to a code stands in ``tenant/errors.py`` (docs/reference/apis.md sections 1 and 3). Employees never meet
these: the words are for IT.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _


class TenantErrorCode(StrEnum):
    """Why the tenant could not be asked, or did not do what was asked. Codes never change; they are stored."""

    NOT_SET_UP = "not_set_up"  # the portal was given no tenant, or only half of its settings
    WRONG_CREDENTIALS = "wrong_credentials"
    NOT_PERMITTED = "not_permitted"
    THROTTLED = "throttled"
    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"  # refused, with Microsoft's own code
    CONFLICT = "conflict"  # the value is there already and is not the portal's
    LIMIT_REACHED = "limit_reached"  # 15,000 indicators
    NOT_CONFIRMED = "not_confirmed"  # accepted, but not read back so
    UNREACHABLE = "unreachable"
    TLS_NOT_TRUSTED = "tls_not_trusted"
    BROKEN_ANSWER = "broken_answer"
    SERVER_FAULT = "server_fault"


# What time heals: the work waits in the database and is tried again.
TENANT_PASSING: frozenset[TenantErrorCode] = frozenset(
    {
        TenantErrorCode.THROTTLED,
        TenantErrorCode.NOT_CONFIRMED,
        TenantErrorCode.UNREACHABLE,
        TenantErrorCode.SERVER_FAULT,
    }
)


@dataclass(frozen=True, slots=True)
class TenantErrorText:
    """The words for one error: a short title, the cause, and what IT can do."""

    title: Text
    cause: Text
    it: Text


def _error(title: str, cause: str, it: str) -> TenantErrorText:
    """Put three sentences together."""
    return TenantErrorText(say(title), say(cause), say(it))


TENANT_ERRORS: Mapping[TenantErrorCode, TenantErrorText] = {
    TenantErrorCode.NOT_SET_UP: _error(
        _("Defender for Endpoint is not set up in the portal"),
        _("The portal was not given a tenant, or not all of what it needs to sign in to it. Everything on PCs works."),
        _(
            "Register an application with the application permission Ti.ReadWrite.All in Microsoft Entra and set "
            "DEFENDER_API_TENANT, DEFENDER_API_CLIENT_ID and DEFENDER_API_CLIENT_SECRET (or a certificate) for the "
            "portal. The details below name what is missing."
        ),
    ),
    TenantErrorCode.WRONG_CREDENTIALS: _error(
        _("The portal's sign-in to the tenant was refused"),
        _("Microsoft did not accept the portal's application or its secret, or took no token it had just given."),
        _(
            "Check the tenant, the application's id, and whether its secret or certificate has run out. The portal "
            "asks with a fresh token once and then stops."
        ),
    ),
    TenantErrorCode.NOT_PERMITTED: _error(
        _("The portal's application may not do this"),
        _("Microsoft knows the portal's application, but it lacks a permission, or the feature is off in the tenant."),
        _(
            "Grant Ti.ReadWrite.All as an application permission with admin consent. For the code DisabledFeature turn "
            "on “Custom network indicators” in the tenant."
        ),
    ),
    TenantErrorCode.THROTTLED: _error(
        _("Too many calls to the tenant"),
        _("The tenant allows 100 calls a minute and 1,500 an hour, and they are used up."),
        _("Nothing to do: the portal goes on when calls are allowed again. Other programs may share the same limit."),
    ),
    TenantErrorCode.NOT_FOUND: _error(
        _("The tenant does not know this"),
        _("What was asked for is not in the tenant, or no longer."),
        _("Check the name or id below; a PC that was never onboarded to Defender for Endpoint is not known there."),
    ),
    TenantErrorCode.BAD_REQUEST: _error(
        _("Microsoft refused the call"),
        _("The tenant did not accept a value of the call."),
        _(
            "Microsoft's code and text stand below. CIDR, wildcards, ports and private addresses are not accepted, "
            "and a device group has to be written exactly as in the tenant."
        ),
    ),
    TenantErrorCode.CONFLICT: _error(
        _("The tenant already has another indicator for this value"),
        _("An indicator that the portal did not make decides about this value. The portal changed nothing."),
        _(
            "Decide in the Defender portal which of the two is meant. Whoever made the one below may have had a "
            "reason; remove or change it there first."
        ),
    ),
    TenantErrorCode.LIMIT_REACHED: _error(
        _("The tenant is full"),
        _("The tenant holds 15,000 indicators, the most it can have. Microsoft does not raise this limit."),
        _("Remove indicators that are no longer needed (Settings > Endpoints > Indicators), then try again."),
    ),
    TenantErrorCode.NOT_CONFIRMED: _error(
        _("Not yet seen in the tenant"),
        _("The tenant accepted the change, but reading it back did not show it so. The portal does not call it done."),
        _("The portal reads again later. If it stays so, compare the indicator in the Defender portal with the case."),
    ),
    TenantErrorCode.UNREACHABLE: _error(
        _("Microsoft's service cannot be reached"),
        _("No connection, none in time, or one that broke off."),
        _("Allow HTTPS from the portal to the API's host and the sign-in host; a proxy is set by DEFENDER_API_PROXY."),
    ),
    TenantErrorCode.TLS_NOT_TRUSTED: _error(
        _("The service's certificate is not trusted"),
        _("The other side showed a certificate that the portal does not trust, so nothing was sent to it."),
        _(
            "Something may break TLS open on the way; put its authority into DEFENDER_API_CA_FILE, or exempt these "
            "hosts. The portal never skips this test."
        ),
    ),
    TenantErrorCode.BROKEN_ANSWER: _error(
        _("The service's answer cannot be read"),
        _("The answer was not what Microsoft documents."),
        _("A proxy may have answered in its place. The beginning of the answer stands below."),
    ),
    TenantErrorCode.SERVER_FAULT: _error(
        _("Microsoft's service reports a fault"),
        _("The service failed at its own end."),
        _("The portal tries again. For a question to Microsoft give the correlation id below."),
    ),
}


def tenant_error_text(code: TenantErrorCode) -> TenantErrorText:
    """Return the words for an error of the tenant."""
    return TENANT_ERRORS[code]
