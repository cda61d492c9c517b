"""The check whether the PC reaches Microsoft's protection cloud.

Source: docs/reference/checks.md section 1, P6.
"""

from __future__ import annotations

from collections.abc import Mapping

from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.checks.base import IT_MUST_ACT, SILENT, Check, Judgement, Outcome, shortened
from troubleshooting.domain.checks.finding import CheckStatus
from troubleshooting.domain.evidence.readings import as_number
from troubleshooting.domain.evidence.snapshot import CloudConnectivity, Snapshot

# Result codes of -ValidateMapsConnection by cause (docs/reference/defender-cmdlets.md section 8,
# docs/reference/performance-and-proxy.md section 6).
CLOUD_REASONS: Mapping[int, str] = {
    0x80070005: "not_tested",
    0x800106BA: "not_tested",
    0x80070057: "not_tested",
    0x80070422: "not_tested",
    0x80070424: "not_tested",
    0x80070426: "not_tested",
    0x80070667: "not_tested",
    0x80072EE7: "name_not_resolved",
    0x80072F8F: "certificate",
    0x80072F0D: "certificate",
    0x80070006: "firewall",
    0x80004005: "firewall",
    0x80508015: "firewall",
    0x80072EFE: "firewall",
    0x80072EFD: "firewall",
}


def cloud_connectivity(snapshot: Snapshot, report: Report | None) -> Judgement:
    """P6: the success line of the test is there; a test that could not run is unknown, not a failure."""
    answer = snapshot.cloud_connectivity or CloudConnectivity()
    if answer.connected is None:
        return SILENT
    if answer.connected:
        return Judgement("connected", say(_("Connected")))
    code = shortened(answer.hresult or "?", 20)
    reason = CLOUD_REASONS.get(_hresult(answer.hresult), "not_connected")
    return Judgement(reason, say(_("Not connected (%(hresult)s)"), hresult=code), {"hresult": code})


def _hresult(text: str | None) -> int:
    """Read a result code with or without 0x; 0 where it is none."""
    digits = (text or "").strip().casefold().removeprefix("0x")
    return as_number("0x" + digits) or 0


CLOUD_CONNECTIVITY = Check(
    id="cloud_connectivity",
    order=70,
    title=_("Connection to the protection cloud"),
    expected=_("The test connection succeeds"),
    depends_on=("cloud_connectivity",),
    is_prerequisite=True,
    rule=cloud_connectivity,
    outcomes={
        "connected": Outcome(CheckStatus.PASS, _("The PC can reach Microsoft's protection cloud.")),
        "name_not_resolved": Outcome(
            CheckStatus.FAIL,
            _("The PC cannot reach Microsoft's protection cloud: names on the internet are not found."),
            IT_MUST_ACT,
            _("%(hresult)s: name resolution. Give Defender its proxy (Set-MpPreference -ProxyServer) or fix DNS."),
        ),
        "certificate": Outcome(
            CheckStatus.FAIL,
            _("The PC cannot reach Microsoft's protection cloud: the secure connection is not accepted."),
            IT_MUST_ACT,
            _(
                "%(hresult)s: TLS inspection, a wrong clock, or no access to the revocation lists (netsh "
                "winhttp set proxy). Exempt *.wdcp.microsoft.com and the other cloud hosts from TLS "
                "inspection."
            ),
        ),
        "firewall": Outcome(
            CheckStatus.FAIL,
            _("The PC cannot reach Microsoft's protection cloud: the network does not let the connection through."),
            IT_MUST_ACT,
            _(
                "%(hresult)s: firewall, proxy or TLS inspection. Open 443 to *.wdcp.microsoft.com, "
                "*.wdcpalt.microsoft.com, *.wd.microsoft.com, *.smartscreen.microsoft.com and "
                "*.smartscreen-prod.microsoft.com, or give Defender its proxy (Set-MpPreference -ProxyServer or "
                "-ProxyPacUrl)."
            ),
        ),
        "not_connected": Outcome(
            CheckStatus.FAIL,
            _("The PC cannot reach Microsoft's protection cloud."),
            IT_MUST_ACT,
            _(
                "MpCmdRun.exe -ValidateMapsConnection failed (%(hresult)s). Check the firewall and proxy "
                "for the cloud hosts, then Set-MpPreference -ProxyServer or -ProxyPacUrl."
            ),
        ),
        "not_tested": Outcome(
            CheckStatus.UNKNOWN,
            _("It is not known whether the PC can reach Microsoft's protection cloud: the test itself could not run."),
            it=_(
                "MpCmdRun.exe -ValidateMapsConnection returned %(hresult)s: 0x80070005 means an account "
                "without elevation, 0x800106BA or 0x800704xx a Defender service that is stopped, disabled or removed, "
                "0x80070057 or 0x80070667 a version of Defender without the test."
            ),
        ),
    },
)
