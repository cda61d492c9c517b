"""What each device error means and what to do about it (docs/reference/remoting.md sections 2, 4 and 8)."""

from __future__ import annotations

from collections.abc import Mapping

from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.error_wording import (
    NOTHING_TO_DO,
    PC_ON,
    TRY_AGAIN,
    DeviceErrorText,
    error_words,
)
from troubleshooting.domain.evidence.sign_in_error_texts import SIGN_IN_ERRORS

DEVICE_ERRORS: Mapping[DeviceErrorCode, DeviceErrorText] = {
    **SIGN_IN_ERRORS,
    DeviceErrorCode.UNREACHABLE: error_words(
        _("The PC cannot be reached"),
        _("The PC could not be reached: it is turned off, not on the company network, or blocked by a firewall."),
        PC_ON,
        _(
            "Check that the PC is on, that the WinRM service is running and listening (winrm "
            "enumerate winrm/config/listener) and that TCP 5986 (HTTPS) or 5985 (HTTP) is open from "
            "the portal. Enable-PSRemoting sets all of this up."
        ),
    ),
    DeviceErrorCode.NAME_NOT_FOUND: error_words(
        _("The PC's name was not found"),
        _("The name server does not know the PC's name."),
        PC_ON,
        _("Check the device's host name in the portal and its DNS record as the portal's server sees it."),
    ),
    DeviceErrorCode.ADDRESS_NOT_ALLOWED: error_words(
        _("The PC's address is not allowed"),
        _("The PC's address leads to the portal's own machine or network segment, so nothing was sent to it."),
        NOTHING_TO_DO,
        _("Correct the device's address in the portal, or its DNS record as the portal's server sees it."),
    ),
    DeviceErrorCode.NO_ANSWER: error_words(
        _("The PC does not answer"),
        _("The PC accepted the connection but did not answer in time."),
        TRY_AGAIN,
        _("The PC may be starting, sleeping or overloaded. Check the WinRM service and the load of the PC."),
    ),
    DeviceErrorCode.TLS_NOT_TRUSTED: error_words(
        _("The PC's certificate is not trusted"),
        _("The PC presented a certificate that the portal does not trust, so nothing was sent to it."),
        NOTHING_TO_DO,
        _(
            "The listener's certificate must be valid, contain the PC's name and come from a "
            "certificate authority in the portal's CA file for this device group. The portal never "
            "skips this check."
        ),
    ),
    DeviceErrorCode.TLS_FAILED: error_words(
        _("No secure connection to the PC"),
        _("The encrypted connection to the PC could not be made."),
        NOTHING_TO_DO,
        _("Check that the port really is an HTTPS listener, and the TLS versions and ciphers that the PC allows."),
    ),
    DeviceErrorCode.ACCESS_DENIED: error_words(
        _("The portal's account is not allowed in"),
        _("The PC recognises the portal's account, but does not allow it to do this."),
        NOTHING_TO_DO,
        _(
            "The account must be a member of the group in the endpoint's RoleDefinitions (JEA), or of "
            "Administrators. A local account is filtered over the network unless LocalAccountTokenFilterPolicy is 1."
        ),
    ),
    DeviceErrorCode.QUOTA_REACHED: error_words(
        _("The PC is busy with other remote sessions"),
        _("The PC allows only a limited number of remote sessions, and all of them are in use."),
        TRY_AGAIN,
        _(
            "A WinRM quota is used up (MaxShellsPerUser, MaxConcurrentUsers or MaxProcessesPerShell). Sessions left "
            "open end at IdleTimeout; restarting the WinRM service ends them at once."
        ),
    ),
    DeviceErrorCode.ENDPOINT_MISSING: error_words(
        _("The PC is not set up for the portal"),
        _("The PC can be reached, but the remote endpoint that the portal uses is not set up on it."),
        NOTHING_TO_DO,
        _(
            "The session configuration that the device group names is not registered on the PC. Register it with "
            "Register-PSSessionConfiguration, or correct its name in the portal."
        ),
    ),
    DeviceErrorCode.REMOTING_DISABLED: error_words(
        _("Remote access is turned off on the PC"),
        _("The PC refuses all remote connections: remote access is turned off."),
        NOTHING_TO_DO,
        _(
            "Check the policy “Allow Remote Shell Access” and run Enable-PSRemoting; Disable-PSRemoting or an "
            "endpoint that denies network access leads to this too."
        ),
    ),
    DeviceErrorCode.SESSION_LOST: error_words(
        _("The visit was interrupted"),
        _("The session on the PC ended during the visit, as happens when the PC restarts."),
        TRY_AGAIN,
        _("The shell was gone: restart of the PC or of the WinRM service, or an idle timeout. Nothing was left open."),
    ),
    DeviceErrorCode.CONNECTION_CUT: error_words(
        _("The connection was cut"),
        _("The connection to the PC was lost in the middle of an answer."),
        TRY_AGAIN,
        _("Check the path between portal and PC: VPN, firewall with a short idle limit, or the PC going to sleep."),
    ),
    DeviceErrorCode.PROTOCOL_BROKEN: error_words(
        _("The PC's answer cannot be read"),
        _("The PC sent something that is not a valid answer."),
        NOTHING_TO_DO,
        _(
            "Something other than WinRM may listen on this port, or a proxy changes the traffic. The original text "
            "is kept with the visit."
        ),
    ),
    DeviceErrorCode.SERVICE_FAULT: error_words(
        _("The PC's remote service reports an error"),
        _("The remote service on the PC answered with an error of its own."),
        NOTHING_TO_DO,
        _(
            "The number of the fault or the HTTP status is kept with the visit. On any Windows PC, winrm helpmsg "
            "<number> says what a fault number means; the PC's own log Microsoft-Windows-WinRM/Operational says more."
        ),
    ),
    DeviceErrorCode.TIMED_OUT: error_words(
        _("A question took too long"),
        _("The PC did not finish answering this question in the time allowed."),
        _("You don't need to do anything. You can ask for another check when the PC is less busy."),
        _("The command was stopped at its deadline. Check the PC's load. The other answers of the visit are valid."),
    ),
    DeviceErrorCode.COMMAND_REFUSED: error_words(
        _("The endpoint does not allow this question"),
        _("The endpoint that the portal opens on the PC does not allow it to ask this question."),
        NOTHING_TO_DO,
        _(
            "The visit shows with the command what the endpoint refused: command, parameter, value or provider. "
            "To allow it, install the portal's current endpoint; manage.py device_endpoint writes its files."
        ),
    ),
    DeviceErrorCode.COMMAND_FAILED: error_words(
        _("A question failed on the PC"),
        _("The PC tried to answer this question and reported an error."),
        NOTHING_TO_DO,
        _("The PC's own error text and its FullyQualifiedErrorId are kept with the command."),
    ),
    DeviceErrorCode.DEFENDER_STOPPED: error_words(
        _("Microsoft Defender is not running"),
        _(
            "Microsoft Defender's service is not running on the PC, so it cannot report its settings "
            "and does not protect the PC."
        ),
        NOTHING_TO_DO,
        _(
            "HRESULT 0x800106ba: the WinDefend service is stopped, disabled, or replaced by another "
            "antivirus. See Get-Service WinDefend, and remove the other product if Defender should "
            "protect the PC."
        ),
    ),
    DeviceErrorCode.REQUEST_TOO_LONG: error_words(
        _("The PC finds the request too long"),
        _("The portal's request was longer than the PC accepts, so it was not read."),
        NOTHING_TO_DO,
        _(
            "HTTP 400, 414 or 431: Windows refused the request before WinRM saw it. The usual cause is a large "
            "Kerberos ticket of an account that is in many groups. Remove the account from groups that it does "
            "not need, or raise MaxFieldLength and MaxRequestBytes under "
            "HKLM\\SYSTEM\\CurrentControlSet\\Services\\HTTP\\Parameters and restart the PC."
        ),
    ),
    DeviceErrorCode.MESSAGE_TOO_LARGE: error_words(
        _("A message is too large for the PC"),
        _("A message was larger than the remote service on the PC accepts."),
        NOTHING_TO_DO,
        _(
            "WinRM's limit for one message is MaxEnvelopeSizekb: read it on the PC with winrm get winrm/config "
            "and raise it (Windows sets 500). With HTTP 413, a proxy or load balancer on the way may have its "
            "own limit."
        ),
    ),
    DeviceErrorCode.GATEWAY_FAULT: error_words(
        _("Something between the portal and the PC answered"),
        _("A proxy or gateway on the way to the PC answered in place of the PC."),
        TRY_AGAIN,
        _(
            "HTTP 407, 502 and 504 do not come from WinRM. Check what stands between the portal's server and "
            "the PC: proxy, load balancer, VPN gateway."
        ),
    ),
    DeviceErrorCode.PC_OVERLOADED: error_words(
        _("The PC is too busy"),
        _("The PC has too little free memory, or is too busy, to answer at the moment."),
        TRY_AGAIN,
        _(
            "Windows reports that memory, the paging file or another resource is used up, or that a service is "
            "busy. Check the load of the PC, and look for wsmprovhost.exe processes that were left behind."
        ),
    ),
    DeviceErrorCode.COMMAND_MISSING: error_words(
        _("The PC does not have this command"),
        _("Windows on this PC lacks a part that is needed to answer this question."),
        NOTHING_TO_DO,
        _(
            "The visit shows with the command what is missing. If it is one of Defender's commands, Defender or "
            "its PowerShell module is not installed: on a server run Install-WindowsFeature Windows-Defender, "
            "on other PCs look for another antivirus or a hardening script that removed it."
        ),
    ),
    DeviceErrorCode.DEFENDER_BROKEN: error_words(
        _("Microsoft Defender's reporting is broken"),
        _("The part of Microsoft Defender that reports its settings is broken or removed, so they cannot be read."),
        NOTHING_TO_DO,
        _(
            "Windows cannot load the WMI provider of root/Microsoft/Windows/Defender, or does not know it. "
            "Check whether Defender was removed (Get-Service WinDefend) and whether WMI is sound (winmgmt "
            "/verifyrepository), then reinstall Defender's platform update (KB4052623) or, on a server, the "
            "feature Windows-Defender."
        ),
    ),
    DeviceErrorCode.EMERGENCY_STOPPED: error_words(
        _("All changes are stopped"),
        _("An administrator has stopped all changes on PCs and in the tenant."),
        _("You don't need to do anything. The portal continues when the stop is lifted."),
        _("The emergency stop is on. What is waiting here continues by itself when an administrator lifts it."),
    ),
    DeviceErrorCode.PORTAL_FAULT: error_words(
        _("The portal made a mistake"),
        _("The portal itself made a mistake during the visit. Your PC is not the cause."),
        _("You don't need to do anything. IT can see the reason. You can ask for another check later."),
        _("An unexpected error in the portal ended the visit. The log has it under this check run. Please report it."),
    ),
    DeviceErrorCode.CANCELLED: error_words(
        _("The visit was cancelled"),
        _("A person ended the visit before this question was answered."),
        _("You can start another check at any time."),
        _("The pipeline on the PC was stopped and the session closed. Start another check run for the full evidence."),
    ),
}


def error_text(code: DeviceErrorCode) -> DeviceErrorText:
    """Return the words for a device error."""
    return DEVICE_ERRORS[code]
