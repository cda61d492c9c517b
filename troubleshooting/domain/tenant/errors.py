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
        _(
            "The portal has not been given a tenant, or not everything it needs to sign in to it. "
            "Everything on PCs works."
        ),
        _(
            "Register an application with the application permission Ti.ReadWrite.All in Microsoft "
            "Entra, and set DEFENDER_API_TENANT, DEFENDER_API_CLIENT_ID and "
            "DEFENDER_API_CLIENT_SECRET (or a certificate) for the portal. The details below name "
            "what is missing."
        ),
    ),
    TenantErrorCode.WRONG_CREDENTIALS: _error(
        _("The portal's sign-in to the tenant was refused"),
        _("Microsoft did not accept the portal's application or its secret, or rejected a token it had just issued."),
        _(
            "Check the tenant, the application ID, and whether its secret or certificate has "
            "expired. The portal tries once with a fresh token and then stops."
        ),
    ),
    TenantErrorCode.NOT_PERMITTED: _error(
        _("The portal's application is not allowed to do this"),
        _(
            "Microsoft recognises the portal's application, but it lacks a permission, or the "
            "feature is turned off in the tenant."
        ),
        _(
            "Grant Ti.ReadWrite.All as an application permission with admin consent. For the code "
            "DisabledFeature, turn on “Custom network indicators” in the tenant."
        ),
    ),
    TenantErrorCode.THROTTLED: _error(
        _("Too many calls to the tenant"),
        _("The tenant allows 100 calls a minute and 1,500 an hour, and they are used up."),
        _("Nothing to do: the portal continues when calls are allowed again. Other programs may share the same limit."),
    ),
    TenantErrorCode.NOT_FOUND: _error(
        _("Not found in the tenant"),
        _("What was requested is not in the tenant, or no longer is."),
        _("Check the name or ID below. A PC that was never onboarded to Defender for Endpoint does not appear there."),
    ),
    TenantErrorCode.BAD_REQUEST: _error(
        _("Microsoft refused the call"),
        _("The tenant did not accept a value in the call."),
        _(
            "Microsoft's code and text are shown below. CIDR ranges, wildcards, ports and private "
            "addresses are not accepted, and a device group has to be written exactly as in the "
            "tenant."
        ),
    ),
    TenantErrorCode.CONFLICT: _error(
        _("The tenant already has another indicator for this value"),
        _("An indicator that the portal did not create already covers this value. The portal changed nothing."),
        _(
            "Decide in the Defender portal which of the two should apply. Whoever created the one "
            "below may have had a reason. Remove or change it there first."
        ),
    ),
    TenantErrorCode.LIMIT_REACHED: _error(
        _("The tenant is full"),
        _("The tenant has 15,000 indicators, the maximum. Microsoft does not raise this limit."),
        _("Remove indicators that are no longer needed (Settings > Endpoints > Indicators), then try again."),
    ),
    TenantErrorCode.NOT_CONFIRMED: _error(
        _("Not yet seen in the tenant"),
        _("The tenant accepted the change, but it did not show when read back. The portal does not treat it as done."),
        _(
            "The portal reads again later. If this does not change, compare the indicator in the "
            "Defender portal with the case."
        ),
    ),
    TenantErrorCode.UNREACHABLE: _error(
        _("Microsoft's service cannot be reached"),
        _("There was no connection, it timed out, or it was cut off."),
        _(
            "Allow HTTPS from the portal to the API host and the sign-in host. If a proxy is needed, "
            "set it with DEFENDER_API_PROXY."
        ),
    ),
    TenantErrorCode.TLS_NOT_TRUSTED: _error(
        _("The service's certificate is not trusted"),
        _("The other side presented a certificate that the portal does not trust, so nothing was sent to it."),
        _(
            "Something on the way may be inspecting TLS. Put its certificate authority into "
            "DEFENDER_API_CA_FILE, or exempt these hosts. The portal never skips this check."
        ),
    ),
    TenantErrorCode.BROKEN_ANSWER: _error(
        _("The service's answer cannot be read"),
        _("The answer was not what Microsoft documents."),
        _("A proxy may have answered instead. The beginning of the answer is shown below."),
    ),
    TenantErrorCode.SERVER_FAULT: _error(
        _("Microsoft's service reports an error"),
        _("The service failed on Microsoft's side."),
        _("The portal tries again. If you contact Microsoft, give the correlation ID below."),
    ),
}


def tenant_error_text(code: TenantErrorCode) -> TenantErrorText:
    """Return the words for an error of the tenant."""
    return TENANT_ERRORS[code]
