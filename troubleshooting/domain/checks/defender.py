"""Checks of Defender's versions, parts and modes.

Source: docs/reference/checks.md section 5, C3 to C5, C21.
"""

from __future__ import annotations

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.checks.base import (
    IT_MUST_ACT,
    SILENT,
    Check,
    Judgement,
    Outcome,
    computer_status,
    shortened,
    strange,
    switched,
)
from troubleshooting.domain.checks.finding import CheckStatus
from troubleshooting.domain.checks.platform import needed_platform, platform
from troubleshooting.domain.evidence.readings import version_numbers
from troubleshooting.domain.evidence.snapshot import Snapshot, Source

TROUBLESHOOTING_MODE_PLATFORM = (4, 18, 2203)  # the first that has it

OLDEST_SIGNATURES_DAYS = 7  # the portal's own limit (C4)
NEVER = 4294967295


def platform_version(snapshot: Snapshot, report: Report | None) -> Judgement:
    """C3: 4.18.1906 for everybody, 4.18.2001 on Server 2012 R2 and 2016; compared number by number."""
    written = computer_status(snapshot).product_version
    if written is None:
        return SILENT
    version = version_numbers(written)
    if version is None:
        return strange(written)
    needed = needed_platform(snapshot)
    reason = "new_enough" if version >= needed else "too_old"
    values = {"version": written, "needed": ".".join(str(part) for part in needed)}
    return Judgement(reason, say(_("Platform %(version)s"), version=written), values)


PLATFORM_VERSION = Check(
    id="platform_version",
    order=130,
    title=_("Defender's platform version"),
    expected=_("4.18.1906 or later, or 4.18.2001 on Windows Server 2012 R2 and 2016"),
    depends_on=("computer_status", "operating_system"),
    tolerates=frozenset({"operating_system"}),
    rule=platform_version,
    outcomes={
        "new_enough": Outcome(CheckStatus.PASS, _("Defender's platform version is new enough.")),
        "too_old": Outcome(
            CheckStatus.FAIL,
            _("Defender's platform version %(version)s is too old. Version %(needed)s or later is needed."),
            IT_MUST_ACT,
            _("Update the platform (KB4052623) through Windows Update, WSUS or Configuration Manager."),
        ),
    },
)


def signatures(snapshot: Snapshot, report: Report | None) -> Judgement:
    """C4: at most seven days old and not out of date; a platform that does not tell one of them stays unknown."""
    status = computer_status(snapshot)
    age, out_of_date = status.signature_age_days, status.signatures_out_of_date
    if age == NEVER:
        return Judgement("never", say(_("Never updated")))
    observed = _signature_facts(age, status.signature_version)
    if out_of_date or (age is not None and age > OLDEST_SIGNATURES_DAYS):
        return Judgement("old", observed)
    return SILENT if age is None or out_of_date is None else Judgement("fresh", observed)


def _signature_facts(age: int | None, version: str | None) -> Text:
    """Write age and version of the signatures."""
    if age is None:
        return say(_("Reported as out of date"))
    return say(_("%(days)s days old, version %(version)s"), days=age, version=shortened(version or "?"))


SIGNATURES = Check(
    id="signatures",
    order=140,
    title=_("Defender's signatures"),
    expected=_("At most 7 days old and not out of date"),
    depends_on=("computer_status",),
    rule=signatures,
    outcomes={
        "fresh": Outcome(CheckStatus.PASS, _("Defender's signatures are up to date.")),
        "old": Outcome(
            CheckStatus.FAIL,
            _("Defender's signatures are out of date."),
            _("Please connect the PC to the internet for a while. If this does not change, IT has to look into it."),
            _("Run Update-MpSignature. If it fails, check events 2000 and 2001 and the update source."),
        ),
        "never": Outcome(
            CheckStatus.FAIL,
            _("Defender has never received signatures."),
            IT_MUST_ACT,
            _("Run Update-MpSignature. If it fails, check events 2000 and 2001 and the update source."),
        ),
    },
)


def network_inspection(snapshot: Snapshot, report: Report | None) -> Judgement:
    """C5: NISEnabled."""
    return switched(computer_status(snapshot).network_inspection, when_on="running", when_off="stopped")


NETWORK_INSPECTION = Check(
    id="network_inspection",
    order=150,
    title=_("Network inspection"),
    expected=_("Running"),
    depends_on=("computer_status",),
    rule=network_inspection,
    outcomes={
        "running": Outcome(CheckStatus.PASS, _("Defender's network inspection is running.")),
        "stopped": Outcome(
            CheckStatus.FAIL,
            _("Defender's network inspection is not running, so no connections are checked."),
            IT_MUST_ACT,
            _(
                "NISEnabled is False. See the antivirus, real-time protection and cloud protection "
                "checks first, then the service WdNisSvc and the driver wdnisdrv."
            ),
        ),
    },
)


def tamper_protection(snapshot: Snapshot, report: Report | None) -> Judgement:
    """Say whether Windows refuses changes of its main protection settings.

    Source: docs/reference/defender-cmdlets.md section 7.
    """
    status = computer_status(snapshot)
    judged = switched(status.tamper_protected, when_on="on", when_off="off")
    source = shortened(status.tamper_protection_source or "?")
    return Judgement(judged.reason, judged.observed, {"source": source})


TAMPER_PROTECTION = Check(
    id="tamper_protection",
    order=180,
    title=_("Tamper protection"),
    expected=_("Known to IT; “on” is recommended"),
    depends_on=("computer_status",),
    rule=tamper_protection,
    outcomes={
        "on": Outcome(
            CheckStatus.INFO,
            _("Tamper protection is on: Windows refuses changes to the main protection settings."),
            it=_(
                "Set by %(source)s. Changes to real-time, behavior and cloud protection are refused "
                "without an error (event 5013). The network protection mode, the parsers and the proxy "
                "are not on Microsoft's list, so read back every change. Troubleshooting mode lifts "
                "tamper protection for a few hours."
            ),
        ),
        "off": Outcome(
            CheckStatus.INFO,
            _("Tamper protection is off: an administrator can change the protection settings."),
            it=_(
                "Microsoft recommends keeping tamper protection on. Turn it on for the tenant or with an Intune policy."
            ),
        ),
    },
)


def troubleshooting_mode(snapshot: Snapshot, report: Report | None) -> Judgement:
    """C21: while it is on, settings are temporary."""
    written = computer_status(snapshot).troubleshooting_mode
    if written is None and not _has_troubleshooting_mode(snapshot):
        return SILENT
    if not (written or "").strip():
        return Judgement("never", say(_("Never used")))
    on = {"disabled": False, "enabled": True}.get((written or "").strip().casefold())
    return strange(written or "") if on is None else switched(on, when_on="on", when_off="off")


def _has_troubleshooting_mode(snapshot: Snapshot) -> bool:
    """Tell whether this platform knows the mode, so that nothing said means never used; a file may just not say it."""
    version = platform(snapshot)
    return snapshot.source is Source.VISIT and version is not None and version >= TROUBLESHOOTING_MODE_PLATFORM


TROUBLESHOOTING_MODE = Check(
    id="troubleshooting_mode",
    order=190,
    title=_("Troubleshooting mode"),
    expected=_("Off"),
    depends_on=("computer_status",),
    rule=troubleshooting_mode,
    outcomes={
        "off": Outcome(CheckStatus.PASS, _("Troubleshooting mode is off, so settings stay as they are.")),
        "never": Outcome(
            CheckStatus.PASS,
            _("This PC has never been in troubleshooting mode, so settings stay as they are."),
            it=_("TroubleShootingMode is empty, as on every PC that was never put in this mode."),
        ),
        "on": Outcome(
            CheckStatus.WARN,
            _("Troubleshooting mode is on: settings may be different from normal and are reset when it ends."),
            _("You don't need to do anything. Another check is useful once this mode has ended."),
            _("Troubleshooting mode ends by itself and undoes local changes. Check again afterwards."),
        ),
    },
)
