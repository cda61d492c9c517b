"""What each failed sign-in of the portal means and what to do about it (docs/reference/remoting.md section 4)."""

from __future__ import annotations

from collections.abc import Mapping

from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.error_wording import NOTHING_TO_DO, TRY_AGAIN, DeviceErrorText, error_words

SIGN_IN_ERRORS: Mapping[DeviceErrorCode, DeviceErrorText] = {
    DeviceErrorCode.WRONG_CREDENTIALS: error_words(
        _("The portal's sign-in was refused"),
        _(
            "The PC did not accept the user name and password of the portal's own account. This is "
            "not about your password."
        ),
        NOTHING_TO_DO,
        _(
            "Check the name, password, expiry and lockout of the account in the credential profile, "
            "and that the endpoint offers the chosen sign-in method."
        ),
    ),
    DeviceErrorCode.CREDENTIALS_MISSING: error_words(
        _("The portal has no account for this PC"),
        _("The portal has not been given an account to sign in to this PC with."),
        NOTHING_TO_DO,
        _("Set the credential profile that this device group names, in the portal's environment or secret mount."),
    ),
    DeviceErrorCode.PASSWORD_EXPIRED: error_words(
        _("The portal's password has expired"),
        _(
            "The password of the portal's own account has expired or has to be changed. This is not about your "
            "password."
        ),
        NOTHING_TO_DO,
        _(
            "Set a new password for the account in the credential profile, and give it to the portal "
            "(environment or secret mount). Every PC that the portal visits with this account is affected."
        ),
    ),
    DeviceErrorCode.ACCOUNT_LOCKED: error_words(
        _("The portal's account is locked"),
        _(
            "The portal's own account is locked, disabled or expired, or may not sign in here or now. This is "
            "not about your account."
        ),
        NOTHING_TO_DO,
        _(
            "Look at the account in Active Directory: lockout, disabled, expiry date, logon hours, and the "
            "computers it may sign in to. If it locks again, an old password is still in use somewhere: event "
            "4740 on the domain controller names the computer."
        ),
    ),
    DeviceErrorCode.TICKET_MISSING: error_words(
        _("The portal's ticket is missing or has expired"),
        _("The portal's own ticket for signing in is missing or has expired."),
        NOTHING_TO_DO,
        _(
            "Without a password in the credential profile, the portal signs in with the Kerberos ticket of the "
            "account that its worker runs as. Look at it there with klist, renew it (kinit with a keytab, "
            "k5start or gssproxy), and check KRB5CCNAME of the worker."
        ),
    ),
    DeviceErrorCode.SPN_UNKNOWN: error_words(
        _("The PC is not known by this name"),
        _("The company's sign-in service does not know the PC by the name that the portal uses for it."),
        NOTHING_TO_DO,
        _(
            "Kerberos finds no computer account for this name, or two of them, or an old one. In the portal, "
            "use the PC's full DNS name, not an alias or an IP address. On a domain computer, setspn -Q "
            "HOST/<host name> shows whose it is and setspn -X finds duplicates. DNS may also lead to another "
            "PC. The password is not the cause."
        ),
    ),
    DeviceErrorCode.KDC_UNREACHABLE: error_words(
        _("No domain controller answers"),
        _("The company's sign-in service could not be reached, so the portal could not sign in to the PC."),
        TRY_AGAIN,
        _(
            "No domain controller was found or reached. From the portal's server, check DNS "
            "(_kerberos._tcp.<domain>), TCP and UDP 88, and the realm in krb5.conf; then check the same from "
            "the PC. Account and password are not the cause."
        ),
    ),
    DeviceErrorCode.CLOCK_SKEW: error_words(
        _("The clocks differ too much"),
        _("The clocks of the portal, the PC or the company's sign-in service differ too much for signing in."),
        NOTHING_TO_DO,
        _(
            "Kerberos allows a difference of 5 minutes. Compare the clocks of the portal's server "
            "(timedatectl), the PC (w32tm /query /status) and the domain controller, and correct the one that "
            "is wrong. Account and password are not the cause."
        ),
    ),
    DeviceErrorCode.KERBEROS_FAILED: error_words(
        _("Signing in with Kerberos failed"),
        _("The portal could not sign in to the PC. Its password is not known to be the cause."),
        NOTHING_TO_DO,
        _(
            "Kerberos failed for a reason that the portal does not recognise; its own words are kept with the "
            "visit. On the portal's server, check the realm in krb5.conf and the encryption types that the "
            "account allows (AES), then try kinit and kvno host/<host name>."
        ),
    ),
    DeviceErrorCode.LIBRARY_MISSING: error_words(
        _("The portal lacks a part for signing in"),
        _("The portal itself lacks a part that this way of signing in needs. Your PC is not the cause."),
        NOTHING_TO_DO,
        _(
            "Install the Kerberos libraries of the system and pypsrp[kerberos] on the portal's server, and "
            "restart its workers; or choose another sign-in method for this device group."
        ),
    ),
}
