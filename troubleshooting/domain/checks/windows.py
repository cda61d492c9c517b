"""Checks of Windows itself: edition, version, server switches, proxy.

Source: docs/reference/checks.md sections 1 to 3, section 5, C2 and C16.
"""

from __future__ import annotations

from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.checks.base import (
    IT_MUST_ACT,
    SILENT,
    Check,
    Judgement,
    Outcome,
    shortened,
)
from troubleshooting.domain.checks.editions import (
    CLIENT_BUILD,
    DOWN_LEVEL_BUILDS,
    MULTI_SESSION_BUILD,
    OLDEST_SERVER_BUILD,
    SERVER_BUILD,
    MachineClass,
    edition,
    machine_class,
    needs_newer_azure_stack,
)
from troubleshooting.domain.checks.finding import CheckStatus
from troubleshooting.domain.evidence.policies import SERVER_SWITCH, deciding, held
from troubleshooting.domain.evidence.snapshot import (
    OperatingSystem,
    Preferences,
    Snapshot,
    Source,
    WinHttpProxy,
)


def os_edition(snapshot: Snapshot, report: Report | None) -> Judgement:
    """P1: Pro or Enterprise; Home fails; what is on no page of Microsoft's is "not listed"."""
    system = snapshot.operating_system or OperatingSystem()
    found = edition(system)
    if found is None:
        return SILENT
    name, kind = found
    values = {"edition": name or "domain controller", "sku": "?" if system.sku is None else system.sku}
    shown = shortened(system.caption) if system.caption else values["edition"]
    observed = say(_("%(caption)s (edition number %(sku)s)"), caption=shown, sku=values["sku"])
    return Judgement(kind.value, observed, values)


OS_EDITION = Check(
    id="os_edition",
    order=10,
    title=_("Windows edition"),
    expected=_("Windows Pro or Enterprise, or Windows Server"),
    depends_on=("operating_system",),
    is_prerequisite=True,
    rule=os_edition,
    outcomes={
        "supported": Outcome(CheckStatus.PASS, _("Windows %(edition)s supports network protection.")),
        "like_enterprise": Outcome(
            CheckStatus.PASS,
            _("Windows %(edition)s is Windows Enterprise under another license, which supports network protection."),
            it=_(
                "Microsoft's network protection pages name Pro and Enterprise only. OperatingSystemSKU %(sku)s "
                "(%(edition)s) has the same files as Enterprise; if in doubt, test with "
                "https://smartscreentestratings2.net outside Edge."
            ),
        ),
        "multi_session": Outcome(
            CheckStatus.PASS,
            _("Windows %(edition)s supports network protection if the settings that servers need are turned on."),
            it=_("SKU 175 is judged like a server. The policy applies to everyone signed in to this machine."),
        ),
        "server": Outcome(
            CheckStatus.NOT_APPLICABLE,
            _(
                "This is Windows Server (%(edition)s): what matters is its version and server settings, "
                "not its edition."
            ),
        ),
        "home": Outcome(
            CheckStatus.FAIL,
            _("Windows %(edition)s does not support network protection, so it cannot protect this PC."),
            _("You don't need to do anything. IT has to change the edition of Windows on this PC."),
            _("OperatingSystemSKU %(sku)s is a Home edition. Upgrade to Pro or Enterprise (slmgr /ipk or Intune)."),
        ),
        "unlisted": Outcome(
            CheckStatus.WARN,
            _("Microsoft does not list Windows %(edition)s for network protection. It may or may not work."),
            it=_(
                "OperatingSystemSKU %(sku)s (%(edition)s) is not in any table on Microsoft's network protection "
                "pages. Test with https://smartscreentestratings2.net outside Edge before relying on it."
            ),
        ),
    },
)


def os_version(snapshot: Snapshot, report: Report | None) -> Judgement:
    """P1: 1709 or later; multi-session 1909; servers as docs/reference/checks.md section 2 lists them."""
    system = snapshot.operating_system or OperatingSystem()
    kind = machine_class(system)
    if system.build is None or kind is None:
        return SILENT
    observed = say(_("Build %(build)s"), build=system.build)
    if needs_newer_azure_stack(system):
        return Judgement("unlisted", observed, {"build": system.build})
    if kind is MachineClass.SERVER:
        return Judgement(_server_reason(system.build), observed, {"build": system.build, "needed": "Server 2012 R2"})
    needed = MULTI_SESSION_BUILD if kind is MachineClass.MULTI_SESSION else CLIENT_BUILD
    reason = "supported" if system.build >= needed else "too_old"
    return Judgement(reason, observed, {"build": system.build, "needed": str(needed)})


def _server_reason(build: int) -> str:
    """Judge a server's build."""
    if build >= SERVER_BUILD:
        return "supported"
    if build in DOWN_LEVEL_BUILDS:
        return "down_level_server"
    return "unlisted" if build > OLDEST_SERVER_BUILD else "too_old"


OS_VERSION = Check(
    id="os_version",
    order=20,
    title=_("Windows version"),
    expected=_(
        "Windows 10 version 1709 (build 16299) or later, multi-session 1909, or Server 2012 R2, 2016, 1803 or later"
    ),
    depends_on=("operating_system",),
    is_prerequisite=True,
    rule=os_version,
    outcomes={
        "supported": Outcome(CheckStatus.PASS, _("This version of Windows (build %(build)s) is new enough.")),
        "down_level_server": Outcome(
            CheckStatus.PASS,
            _("This version of Windows Server (build %(build)s) is supported with the modern unified solution."),
            it=_(
                "Server 2012 R2 and 2016 need the modern unified solution with platform 4.18.2001 or "
                "later, and both server settings. Those have their own checks."
            ),
        ),
        "too_old": Outcome(
            CheckStatus.FAIL,
            _("This version of Windows (build %(build)s) is too old for network protection. It needs %(needed)s."),
            _("You don't need to do anything. IT has to update Windows on this PC."),
            _("Build %(build)s is below %(needed)s. Install a supported feature update."),
        ),
        "unlisted": Outcome(
            CheckStatus.WARN,
            _("Microsoft does not list build %(build)s of Windows Server for network protection."),
            it=_(
                "Listed are 2012 R2 (9600), 2016 (14393), 1803 (17134) or later, and Azure Stack HCI 23H2 (25398) or "
                "later. Move to a listed version."
            ),
        ),
    },
)


# The switches in words, since the observed value stands on the employee's page too.
_SWITCH_WORDS = {
    "AllowNetworkProtectionOnWinServer": "on servers",
    "AllowNetworkProtectionDownLevel": "on older systems",
}

_SWITCHES_REMEDY = _(
    "Run Set-MpPreference %(parameters)s, or set the same by policy, and read it back. %(policy)s Until then "
    "EnableNetworkProtection is ignored. Leave -AllowDatagramProcessingOnWinServer off on servers with a lot of UDP "
    "traffic (Microsoft's pages disagree about it)."
)


def server_switches(snapshot: Snapshot, report: Report | None) -> Judgement:
    """C2: on servers and multi-session, the Allow switches without which the mode is ignored."""
    system = snapshot.operating_system or OperatingSystem()
    kind = machine_class(system)
    if kind is None:
        return SILENT
    if kind is MachineClass.CLIENT:
        return Judgement("client", say(_("Not a server")))
    preferences = snapshot.preferences or Preferences()
    switches = [("AllowNetworkProtectionOnWinServer", preferences.allow_network_protection_on_win_server)]
    if system.build in DOWN_LEVEL_BUILDS:
        switches.append(("AllowNetworkProtectionDownLevel", preferences.allow_network_protection_down_level))
    observed = say(_("Settings: %(states)s"), states=", ".join(_switch_state(name, on) for name, on in switches))
    states = [on for _name, on in switches]
    if False in states:
        off = " ".join(f"-{name} $true" for name, on in switches if on is False)
        return Judgement("off", observed, {"parameters": off, "policy": _policy_of_switch(snapshot)})
    unread = None in states or (kind is MachineClass.SERVER and system.build is None)
    return SILENT if unread else Judgement("set", observed)


def _policy_of_switch(snapshot: Snapshot) -> str:
    decides = deciding(held(snapshot, SERVER_SWITCH), 0)
    if decides is None:
        return "If it does not last, a policy that the portal cannot read sets it."
    return f"{decides.name} is 0 under {decides.where}: it has to be changed there, for a local change does not last."


def _switch_state(name: str, on: bool | None) -> str:
    """Write one switch for the reader."""
    return f"{_SWITCH_WORDS[name]} {'not reported' if on is None else 'on' if on else 'off'}"


SERVER_SWITCHES = Check(
    id="server_switches",
    order=110,
    title=_("Server settings"),
    expected=_("Network protection allowed on servers, and on older systems for Server 2012 R2 and 2016"),
    depends_on=("preferences", "operating_system"),
    rule=server_switches,
    outcomes={
        "client": Outcome(CheckStatus.NOT_APPLICABLE, _("Only servers and multi-session Windows have these settings.")),
        "set": Outcome(CheckStatus.PASS, _("The settings that network protection needs on a server are turned on.")),
        "off": Outcome(
            CheckStatus.FAIL,
            _("Network protection is ignored on this server: a setting that servers need is off."),
            IT_MUST_ACT,
            _SWITCHES_REMEDY,
        ),
    },
)


def proxy(snapshot: Snapshot, report: Report | None) -> Judgement:
    """C16: say which proxy Defender has; it informs and never fails alone.

    An empty ProxyServer and one that was not said look the same in a visit, so nothing is concluded from silence here;
    from files they do not.
    """
    preferences = snapshot.preferences or Preferences()
    own = preferences.proxy_server or preferences.proxy_pac_url
    if snapshot.source is Source.FILE and preferences.proxy_server is None and preferences.proxy_pac_url is None:
        return SILENT
    if own:
        return Judgement("defender", say(_("Defender: %(proxy)s"), proxy=shortened(own)))
    windows = snapshot.winhttp_proxy or WinHttpProxy()
    if windows.server:
        return Judgement("windows_only", say(_("Defender: none; Windows: %(proxy)s"), proxy=shortened(windows.server)))
    if windows.direct:
        return Judgement("direct", say(_("Defender: none; Windows: none")))
    return Judgement("unclear", say(_("Defender: none; Windows: not known")))


PROXY = Check(
    id="proxy",
    order=170,
    title=_("Proxy"),
    expected=_("The proxy that the network needs, if any"),
    depends_on=("preferences", "winhttp_proxy"),
    tolerates=frozenset({"winhttp_proxy"}),
    rule=proxy,
    outcomes={
        "defender": Outcome(
            CheckStatus.INFO,
            _("Defender reaches its cloud through its own proxy setting."),
            it=_(
                "Compare with Get-MpPreference | Select-Object ProxyServer, ProxyPacUrl, ProxyBypass. A "
                "named proxy takes precedence over a PAC file. Defender remembers the last one that "
                "worked."
            ),
        ),
        "windows_only": Outcome(
            CheckStatus.WARN,
            _("Windows uses a proxy, but Defender has not been given one, so it may not reach its cloud."),
            IT_MUST_ACT,
            _(
                "WinHTTP has a proxy, Defender has none. If cloud connectivity fails, set "
                "Set-MpPreference -ProxyServer http://server:port (or -ProxyPacUrl), read it back and "
                "check the connection again."
            ),
        ),
        "direct": Outcome(
            CheckStatus.INFO,
            _("No proxy is set for Defender, and Windows itself reports none."),
            it=_("If the network needs a proxy, set Set-MpPreference -ProxyServer or -ProxyPacUrl and check again."),
        ),
        "unclear": Outcome(
            CheckStatus.INFO,
            _("No proxy is set for Defender. What Windows itself uses could not be determined."),
            it=_("The output of netsh winhttp show proxy is localised. Read its lines in the evidence."),
        ),
    },
)
