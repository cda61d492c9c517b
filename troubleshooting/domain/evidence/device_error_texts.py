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


_NOTHING_TO_DO = _("You don't need to do anything. IT can see the reason and has to act.")
_TRY_AGAIN = _("You don't need to do anything. The portal tries again by itself.")
_PC_ON = _("Please check that your PC is turned on and connected to the company network. The portal tries again.")


def _error(title: str, cause: str, employee: str, it: str) -> DeviceErrorText:
    """Put four sentences together."""
    return DeviceErrorText(say(title), say(cause), say(employee), say(it))


DEVICE_ERRORS: Mapping[DeviceErrorCode, DeviceErrorText] = {
    DeviceErrorCode.UNREACHABLE: _error(
        _("The PC cannot be reached"),
        _("The PC could not be reached: it is turned off, not on the company network, or blocked by a firewall."),
        _PC_ON,
        _(
            "Check that the PC is on, that the WinRM service is running and listening (winrm "
            "enumerate winrm/config/listener) and that TCP 5986 (HTTPS) or 5985 (HTTP) is open from "
            "the portal. Enable-PSRemoting sets all of this up."
        ),
    ),
    DeviceErrorCode.NAME_NOT_FOUND: _error(
        _("The PC's name was not found"),
        _("The name server does not know the PC's name."),
        _PC_ON,
        _("Check the device's host name in the portal and its DNS record as the portal's server sees it."),
    ),
    DeviceErrorCode.NO_ANSWER: _error(
        _("The PC does not answer"),
        _("The PC accepted the connection but did not answer in time."),
        _TRY_AGAIN,
        _("The PC may be starting, sleeping or overloaded. Check the WinRM service and the load of the PC."),
    ),
    DeviceErrorCode.TLS_NOT_TRUSTED: _error(
        _("The PC's certificate is not trusted"),
        _("The PC presented a certificate that the portal does not trust, so nothing was sent to it."),
        _NOTHING_TO_DO,
        _(
            "The listener's certificate must be valid, contain the PC's name and come from a "
            "certificate authority in the portal's CA file for this device group. The portal never "
            "skips this check."
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
        _(
            "The PC did not accept the user name and password of the portal's own account. This is "
            "not about your password."
        ),
        _NOTHING_TO_DO,
        _(
            "Check the name, password, expiry and lockout of the account in the credential profile, "
            "and that the endpoint offers the chosen sign-in method. Kerberos needs the PC's name, "
            "not its IP address."
        ),
    ),
    DeviceErrorCode.CREDENTIALS_MISSING: _error(
        _("The portal has no account for this PC"),
        _("The portal has not been given an account to sign in to this PC with."),
        _NOTHING_TO_DO,
        _("Set the credential profile that this device group names, in the portal's environment or secret mount."),
    ),
    DeviceErrorCode.ACCESS_DENIED: _error(
        _("The portal's account is not allowed in"),
        _("The PC recognises the portal's account, but does not allow it to do this."),
        _NOTHING_TO_DO,
        _(
            "The account must be a member of the group in the endpoint's RoleDefinitions (JEA), or of "
            "Administrators. A local account is filtered over the network unless LocalAccountTokenFilterPolicy is 1."
        ),
    ),
    DeviceErrorCode.QUOTA_REACHED: _error(
        _("The PC is busy with other remote sessions"),
        _("The PC allows only a limited number of remote sessions, and all of them are in use."),
        _TRY_AGAIN,
        _(
            "A WinRM quota is used up (MaxShellsPerUser, MaxConcurrentUsers or MaxProcessesPerShell). Sessions left "
            "open end at IdleTimeout; restarting the WinRM service ends them at once."
        ),
    ),
    DeviceErrorCode.ENDPOINT_MISSING: _error(
        _("The PC is not set up for the portal"),
        _("The PC can be reached, but the remote endpoint that the portal uses is not set up on it."),
        _NOTHING_TO_DO,
        _(
            "The session configuration that the device group names is not registered on the PC. Register it with "
            "Register-PSSessionConfiguration, or correct its name in the portal."
        ),
    ),
    DeviceErrorCode.REMOTING_DISABLED: _error(
        _("Remote access is turned off on the PC"),
        _("The PC refuses all remote connections: remote access is turned off."),
        _NOTHING_TO_DO,
        _(
            "Check the policy “Allow Remote Shell Access” and run Enable-PSRemoting; Disable-PSRemoting or an "
            "endpoint that denies network access leads to this too."
        ),
    ),
    DeviceErrorCode.SESSION_LOST: _error(
        _("The visit was interrupted"),
        _("The session on the PC ended during the visit, as happens when the PC restarts."),
        _TRY_AGAIN,
        _("The shell was gone: restart of the PC or of the WinRM service, or an idle timeout. Nothing was left open."),
    ),
    DeviceErrorCode.CONNECTION_CUT: _error(
        _("The connection was cut"),
        _("The connection to the PC was lost in the middle of an answer."),
        _TRY_AGAIN,
        _("Check the path between portal and PC: VPN, firewall with a short idle limit, or the PC going to sleep."),
    ),
    DeviceErrorCode.PROTOCOL_BROKEN: _error(
        _("The PC's answer cannot be read"),
        _("The PC sent something that is not a valid answer."),
        _NOTHING_TO_DO,
        _(
            "Something other than WinRM may listen on this port, or a proxy changes the traffic. The original text "
            "is kept with the visit."
        ),
    ),
    DeviceErrorCode.SERVICE_FAULT: _error(
        _("The PC's remote service reports an error"),
        _("The remote service on the PC answered with an error of its own."),
        _NOTHING_TO_DO,
        _(
            "The WS-Management fault or HTTP status is kept with the visit. Look up its number in "
            "docs/reference/remoting.md, section 4."
        ),
    ),
    DeviceErrorCode.TIMED_OUT: _error(
        _("A question took too long"),
        _("The PC did not finish answering this question in the time allowed."),
        _("You don't need to do anything. You can ask for another check when the PC is less busy."),
        _("The command was stopped at its deadline. Check the PC's load. The other answers of the visit are valid."),
    ),
    DeviceErrorCode.COMMAND_REFUSED: _error(
        _("The endpoint does not allow this question"),
        _("The endpoint that the portal opens on the PC does not allow it to ask this question."),
        _NOTHING_TO_DO,
        _(
            "The visit shows with the command what the endpoint refused: command, parameter, value or provider. "
            "To allow it, install the portal's current endpoint; manage.py device_endpoint writes its files."
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
            "Microsoft Defender's service is not running on the PC, so it cannot report its settings "
            "and does not protect the PC."
        ),
        _NOTHING_TO_DO,
        _(
            "HRESULT 0x800106ba: the WinDefend service is stopped, disabled, or replaced by another "
            "antivirus. See Get-Service WinDefend, and remove the other product if Defender should "
            "protect the PC."
        ),
    ),
    DeviceErrorCode.EMERGENCY_STOPPED: _error(
        _("All changes are stopped"),
        _("An administrator has stopped all changes on PCs and in the tenant."),
        _("You don't need to do anything. The portal continues when the stop is lifted."),
        _("The emergency stop is on. What is waiting here continues by itself when an administrator lifts it."),
    ),
    DeviceErrorCode.PORTAL_FAULT: _error(
        _("The portal made a mistake"),
        _("The portal itself made a mistake during the visit. Your PC is not the cause."),
        _("You don't need to do anything. IT can see the reason. You can ask for another check later."),
        _("An unexpected error in the portal ended the visit. The log has it under this check run. Please report it."),
    ),
    DeviceErrorCode.CANCELLED: _error(
        _("The visit was cancelled"),
        _("A person ended the visit before this question was answered."),
        _("You can start another check at any time."),
        _("The pipeline on the PC was stopped and the session closed. Start another check run for the full evidence."),
    ),
}


def error_text(code: DeviceErrorCode) -> DeviceErrorText:
    """Return the words for a device error."""
    return DEVICE_ERRORS[code]
