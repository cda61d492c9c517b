"""What each device error means and what to do about it (docs/reference/remoting.md sections 2, 4 and 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode


@dataclass(frozen=True, slots=True)
class DeviceErrorText:
    """The words for one device error: a short title, the human cause, and who can do what."""

    title: Text
    cause: Text
    employee: Text
    it: Text


_NOTHING_TO_DO = _("You need not do anything. IT can see the reason and has to act.")
_TRY_AGAIN = _("You need not do anything. The portal tries again by itself.")
_PC_ON = _("Please check that your PC is switched on and connected to the company network. The portal tries again.")


def _error(title: str, cause: str, employee: str, it: str) -> DeviceErrorText:
    """Put four sentences together."""
    return DeviceErrorText(say(title), say(cause), say(employee), say(it))


DEVICE_ERRORS: Mapping[DeviceErrorCode, DeviceErrorText] = {
    DeviceErrorCode.UNREACHABLE: _error(
        _("The PC cannot be reached"),
        _("The PC could not be reached: it is switched off, not on the company network, or a firewall is in between."),
        _PC_ON,
        _(
            "Check that the PC is on, that the WinRM service runs and listens (winrm enumerate "
            "winrm/config/listener) and that TCP 5986 (HTTPS) or 5985 (HTTP) is open from the portal. "
            "Enable-PSRemoting sets all of it up."
        ),
    ),
    DeviceErrorCode.NAME_NOT_FOUND: _error(
        _("The PC's name is not known"),
        _("The name server does not know the PC's name."),
        _PC_ON,
        _("Check the device's host name in the portal and its DNS record as the portal's server sees it."),
    ),
    DeviceErrorCode.NO_ANSWER: _error(
        _("The PC does not answer"),
        _("The PC accepted the connection and then said nothing within the time allowed."),
        _TRY_AGAIN,
        _("The PC may be starting, sleeping or overloaded. Check the WinRM service and the load of the PC."),
    ),
    DeviceErrorCode.TLS_NOT_TRUSTED: _error(
        _("The PC's certificate is not trusted"),
        _("The PC showed a certificate that the portal does not trust, so nothing was sent to it."),
        _NOTHING_TO_DO,
        _(
            "The listener's certificate must be valid, carry the PC's name and come from an authority in the "
            "portal's CA file for this device group. The portal never skips this test."
        ),
    ),
    DeviceErrorCode.TLS_FAILED: _error(
        _("No secure connection to the PC"),
        _("The encrypted connection to the PC could not be made."),
        _NOTHING_TO_DO,
        _("Check that the port really is an HTTPS listener, and the TLS versions and ciphers that the PC allows."),
    ),
    DeviceErrorCode.WRONG_CREDENTIALS: _error(
        _("The portal's sign-in was refused"),
        _("The PC did not accept the user name and password of the portal's own account. Your password is not meant."),
        _NOTHING_TO_DO,
        _(
            "Check name, password, expiry and lock-out of the account in the credential profile, and that the "
            "endpoint offers the chosen way to sign in. Kerberos needs the PC's name, not its IP address."
        ),
    ),
    DeviceErrorCode.CREDENTIALS_MISSING: _error(
        _("The portal has no account for this PC"),
        _("The portal has not been given the account with which it should sign in to this PC."),
        _NOTHING_TO_DO,
        _("Set the credential profile that this device group names, in the portal's environment or secret mount."),
    ),
    DeviceErrorCode.ACCESS_DENIED: _error(
        _("The portal's account is not allowed in"),
        _("The PC knows the portal's account, but does not let it do this."),
        _NOTHING_TO_DO,
        _(
            "The account must be a member of the group in the endpoint's RoleDefinitions (JEA), or of "
            "Administrators. A local account is filtered over the network unless LocalAccountTokenFilterPolicy is 1."
        ),
    ),
    DeviceErrorCode.QUOTA_REACHED: _error(
        _("The PC is busy with other visits"),
        _("The PC allows only so many remote sessions at once, and all are in use."),
        _TRY_AGAIN,
        _(
            "A WinRM quota is used up (MaxShellsPerUser, MaxConcurrentUsers or MaxProcessesPerShell). Sessions left "
            "open end at IdleTimeout; restarting the WinRM service ends them at once."
        ),
    ),
    DeviceErrorCode.ENDPOINT_MISSING: _error(
        _("The PC is not set up for the portal"),
        _("The PC can be reached, but the way in that the portal uses is not set up on it."),
        _NOTHING_TO_DO,
        _(
            "The session configuration that the device group names is not registered on the PC. Register it with "
            "Register-PSSessionConfiguration, or correct its name in the portal."
        ),
    ),
    DeviceErrorCode.REMOTING_DISABLED: _error(
        _("Remote access is turned off on the PC"),
        _("The PC refuses every remote visit: remote access is turned off on it."),
        _NOTHING_TO_DO,
        _(
            "Check the policy “Allow Remote Shell Access” and run Enable-PSRemoting; Disable-PSRemoting or an "
            "endpoint that denies network access leads to this too."
        ),
    ),
    DeviceErrorCode.SESSION_LOST: _error(
        _("The visit was interrupted"),
        _("The session on the PC ended in the middle of the visit, as when the PC restarts."),
        _TRY_AGAIN,
        _("The shell was gone: restart of the PC or of the WinRM service, or an idle timeout. Nothing was left open."),
    ),
    DeviceErrorCode.CONNECTION_CUT: _error(
        _("The connection was cut"),
        _("The connection to the PC broke off in the middle of an answer."),
        _TRY_AGAIN,
        _("Check the path between portal and PC: VPN, firewall with a short idle limit, or the PC going to sleep."),
    ),
    DeviceErrorCode.PROTOCOL_BROKEN: _error(
        _("The PC's answer cannot be read"),
        _("The PC sent something that is not a proper answer."),
        _NOTHING_TO_DO,
        _(
            "Something other than WinRM may listen on this port, or a proxy changes the traffic. The original text "
            "is kept with the visit."
        ),
    ),
    DeviceErrorCode.SERVICE_FAULT: _error(
        _("The PC's remote service reports a fault"),
        _("The remote service on the PC answered with a fault of its own."),
        _NOTHING_TO_DO,
        _(
            "The WS-Management fault or HTTP status is kept with the visit; look for its number in "
            "docs/reference/remoting.md section 4."
        ),
    ),
    DeviceErrorCode.TIMED_OUT: _error(
        _("A question took too long"),
        _("The PC did not finish answering this question in the time allowed."),
        _("You need not do anything. You may ask for another check when the PC is less busy."),
        _("The command was stopped at its deadline. Check the PC's load; the other answers of the visit are valid."),
    ),
    DeviceErrorCode.COMMAND_REFUSED: _error(
        _("The PC does not allow this question"),
        _("The PC's rules do not allow the portal to ask this question."),
        _NOTHING_TO_DO,
        _(
            "The command is not visible at the endpoint. Install the role capability of this version of the portal: "
            "it is made from the catalogue of commands."
        ),
    ),
    DeviceErrorCode.COMMAND_FAILED: _error(
        _("A question failed on the PC"),
        _("The PC tried to answer this question and reported an error."),
        _NOTHING_TO_DO,
        _("The PC's own error text and its FullyQualifiedErrorId are kept with the command."),
    ),
    DeviceErrorCode.DEFENDER_STOPPED: _error(
        _("Microsoft Defender is not running"),
        _(
            "Microsoft Defender's service is not running on the PC, so it cannot say how it is set, and does not "
            "protect."
        ),
        _NOTHING_TO_DO,
        _(
            "HRESULT 0x800106ba: the WinDefend service is stopped, disabled, or replaced by another antivirus. See "
            "Get-Service WinDefend, and remove the other product where Defender should protect."
        ),
    ),
    DeviceErrorCode.EMERGENCY_STOPPED: _error(
        _("All changes are stopped"),
        _("An administrator has stopped all changes on PCs and in the tenant."),
        _("You need not do anything. The portal goes on when the stop is lifted."),
        _("The emergency stop is on. What is waiting here continues by itself when an administrator lifts it."),
    ),
    DeviceErrorCode.PORTAL_FAULT: _error(
        _("The portal made a mistake"),
        _("The portal itself made a mistake during the visit; the PC is not the reason."),
        _("You need not do anything. IT can see the reason; you may ask for another check later."),
        _("An unforeseen error in the portal ended the visit; the log has it under this check run. Please report it."),
    ),
    DeviceErrorCode.CANCELLED: _error(
        _("The visit was cancelled"),
        _("A person ended the visit before this question was answered."),
        _("You may start another check at any time."),
        _("The pipeline on the PC was stopped and the session closed; start another check run for the full evidence."),
    ),
}


def error_text(code: DeviceErrorCode) -> DeviceErrorText:
    """Return the words for a device error."""
    return DEVICE_ERRORS[code]
