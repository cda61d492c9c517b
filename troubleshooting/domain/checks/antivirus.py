"""Checks whether Microsoft Defender Antivirus works and is the only one.

Source: docs/reference/checks.md section 1, P2 to P5, and section 4.
"""

from __future__ import annotations

from collections.abc import Mapping

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
from troubleshooting.domain.checks.editions import WORKSTATION
from troubleshooting.domain.checks.finding import CheckStatus
from troubleshooting.domain.evidence.policies import BEHAVIOR, CLOUD, REAL_TIME, Setting, beside, deciding, held
from troubleshooting.domain.evidence.snapshot import (
    AntivirusProduct,
    OperatingSystem,
    Preferences,
    ReadState,
    Snapshot,
)

OFF_BY_POLICY = _(
    "%(name)s is %(written)s under %(key)s, and that turns it off, so a local change does not last. Whoever sets it "
    "there (%(writers)s) has to change it. %(beside)s"
)


def switched_off_by(snapshot: Snapshot, setting: Setting, judged: Judgement) -> Judgement:
    """Return the judgement, with the policy that turns the setting off where one does."""
    found = held(snapshot, setting)
    decides = deciding(found, 0)
    if judged.reason != "off" or decides is None:
        return judged
    values = {
        "name": decides.name,
        "written": decides.written,
        "key": decides.key,
        "writers": decides.writers,
        "beside": beside(found, decides),
    }
    return Judgement("off_by_policy", judged.observed, values)


ACTIVE_MODE = "normal"
# Beginnings of AMRunningMode, lower-case; Microsoft changed the wording over time (docs/reference/defender-cmdlets.md
# section 2).
INACTIVE_MODES = ("passive", "sxs passive", "edr block", "not running", "disabled")

# SecurityCenter2 productState: community findings, so a hint only (docs/reference/checks.md section 4).
STATE_MASK, STATE_ON = 0xF000, 0x1000
OWNER_MASK, OWNER_WINDOWS = 0x0F00, 0x0100

MAPS_LEVELS: Mapping[int, tuple[str, Text]] = {
    0: ("off", say(_("Off (0)"))),
    1: ("basic", say(_("Basic (1)"))),
    2: ("advanced", say(_("Advanced (2)"))),
}

_ACTIVE_MODE = _(
    "AMRunningMode must be Normal. Remove the other antivirus. If there is none, check for "
    "ForceDefenderPassiveMode, Smart App Control and a stopped WinDefend service. Network "
    "protection and custom indicators do not work in passive mode or EDR block mode."
)


def sole_antivirus(snapshot: Snapshot, report: Report | None) -> Judgement:
    """P2: AMRunningMode decides; another product that Windows reports as on is a hint and warns."""
    written = computer_status(snapshot).running_mode
    mode = (written or "").strip().casefold()
    if written is None or not mode:
        return SILENT
    observed = say(_("Running mode: %(mode)s"), mode=shortened(written))
    if mode.startswith(INACTIVE_MODES):
        return Judgement("not_active", observed, {"mode": shortened(written)})
    if not mode.startswith(ACTIVE_MODE):
        return strange(written)
    return _judge_others(snapshot, observed)


def _judge_others(snapshot: Snapshot, observed: Text) -> Judgement:
    """Judge the list of products beside an active Defender; a server keeps none."""
    if snapshot.reading("antivirus_products").state is ReadState.ABSENT:
        system = snapshot.operating_system or OperatingSystem()
        return SILENT if system.product_type == WORKSTATION else Judgement("active_server", observed)
    if snapshot.antivirus_products is None:
        return SILENT
    others = [product for product in snapshot.antivirus_products if not is_defender(product)]
    switched_on = [product.name for product in others if _is_on(product)]
    unclear = [product.name for product in others if product.product_state is None]
    if switched_on:
        return Judgement("another_on", _listed(observed, switched_on), {"products": _names(switched_on)})
    if unclear:
        return Judgement("another_unclear", _listed(observed, unclear), {"products": _names(unclear)})
    return Judgement("sole", observed)


def other_antivirus(snapshot: Snapshot) -> list[str]:
    """Return the names of products beside Defender that are on, or whose state Windows does not tell."""
    others = [product for product in snapshot.antivirus_products or () if not is_defender(product)]
    return [product.name for product in others if product.name and (product.product_state is None or _is_on(product))]


def is_defender(product: AntivirusProduct) -> bool:
    """Tell whether a listed product is Microsoft's own: by the owner bits, or by name where there are none."""
    if product.product_state is None:
        return "defender" in product.name.casefold()
    return product.product_state & OWNER_MASK == OWNER_WINDOWS or "defender" in product.name.casefold()


def _is_on(product: AntivirusProduct) -> bool:
    """Tell whether the state bits say "on" (not snoozed, not expired)."""
    return product.product_state is not None and product.product_state & STATE_MASK == STATE_ON


def _names(names: list[str]) -> str | int:
    """Write product names in a row."""
    return shortened(", ".join(names))


def _listed(observed: Text, names: list[str]) -> Text:
    """Add product names to the running mode."""
    return say(_("Running mode: %(mode)s; also listed: %(products)s"), **dict(observed.values), products=_names(names))


SOLE_ANTIVIRUS = Check(
    id="sole_antivirus",
    order=30,
    title=_("Only antivirus program"),
    expected=_("Microsoft Defender in normal mode, and no other antivirus turned on"),
    depends_on=("computer_status", "antivirus_products", "operating_system"),
    tolerates=frozenset({"operating_system", "antivirus_products"}),
    is_prerequisite=True,
    rule=sole_antivirus,
    outcomes={
        "sole": Outcome(CheckStatus.PASS, _("Microsoft Defender is the active and only antivirus.")),
        "active_server": Outcome(
            CheckStatus.PASS,
            _("Microsoft Defender is the active antivirus. Windows Server keeps no list of other products."),
        ),
        "not_active": Outcome(
            CheckStatus.FAIL,
            _("Microsoft Defender is not the active antivirus (%(mode)s), so network protection cannot work."),
            IT_MUST_ACT,
            _ACTIVE_MODE,
        ),
        "another_on": Outcome(
            CheckStatus.WARN,
            _("Microsoft Defender is active, but Windows also reports that %(products)s is turned on."),
            _("You don't need to do anything. IT has to check whether the other product is still installed."),
            _(
                "AMRunningMode is Normal, which is what counts. SecurityCenter2 reports another product "
                "as on (its productState is not documented, so this is only a hint). Remove what is left "
                "of the other product."
            ),
        ),
        "another_unclear": Outcome(
            CheckStatus.UNKNOWN,
            _("Microsoft Defender is active, but whether %(products)s is turned on could not be read."),
            it=_("The product is listed in root/SecurityCenter2 without a state. Check it on the PC."),
        ),
    },
)


def real_time_protection(snapshot: Snapshot, report: Report | None) -> Judgement:
    """P3: RealTimeProtectionEnabled; on-access scanning switched off beside it warns."""
    status = computer_status(snapshot)
    if status.real_time_protection and status.on_access_protection is False:
        return Judgement("partly_on", say(_("On; checking files on access: off")))
    judged = switched(status.real_time_protection, when_on="on", when_off="off")
    return switched_off_by(snapshot, REAL_TIME, judged)


REAL_TIME_PROTECTION = Check(
    id="real_time_protection",
    order=40,
    title=_("Real-time protection"),
    expected=_("On"),
    depends_on=("computer_status",),
    is_prerequisite=True,
    rule=real_time_protection,
    outcomes={
        "on": Outcome(CheckStatus.PASS, _("Real-time protection is on.")),
        "partly_on": Outcome(
            CheckStatus.WARN,
            _("Real-time protection is on, but files are not checked when they are opened."),
            IT_MUST_ACT,
            _(
                "RealTimeProtectionEnabled is True and OnAccessProtectionEnabled is False. Check for "
                "DisableOnAccessProtection."
            ),
        ),
        "off": Outcome(
            CheckStatus.FAIL,
            _("Real-time protection is off, so network protection does not work and the PC is less protected."),
            IT_MUST_ACT,
            _(
                "Run Set-MpPreference -DisableRealtimeMonitoring $false and read it back. If it stays off, check for "
                "another antivirus, event 5013, and a policy that could not be read."
            ),
        ),
        "off_by_policy": Outcome(
            CheckStatus.FAIL,
            _("Company policy turns real-time protection off, so network protection does not work."),
            IT_MUST_ACT,
            OFF_BY_POLICY,
        ),
    },
)


def behavior_monitoring(snapshot: Snapshot, report: Report | None) -> Judgement:
    """P4: BehaviorMonitorEnabled."""
    judged = switched(computer_status(snapshot).behavior_monitor, when_on="on", when_off="off")
    return switched_off_by(snapshot, BEHAVIOR, judged)


BEHAVIOR_MONITORING = Check(
    id="behavior_monitoring",
    order=50,
    title=_("Behavior monitoring"),
    expected=_("On"),
    depends_on=("computer_status",),
    is_prerequisite=True,
    rule=behavior_monitoring,
    outcomes={
        "on": Outcome(CheckStatus.PASS, _("Behavior monitoring is on.")),
        "off": Outcome(
            CheckStatus.FAIL,
            _("Behavior monitoring is off, so network protection does not work as it should."),
            IT_MUST_ACT,
            _(
                "Run Set-MpPreference -DisableBehaviorMonitoring $false and read it back. If it stays off, check for "
                "event 5013, and a policy that could not be read."
            ),
        ),
        "off_by_policy": Outcome(
            CheckStatus.FAIL,
            _("Company policy turns behavior monitoring off, so network protection does not work as it should."),
            IT_MUST_ACT,
            OFF_BY_POLICY,
        ),
    },
)


def cloud_protection(snapshot: Snapshot, report: Report | None) -> Judgement:
    """P5: MAPSReporting 1 or 2."""
    level = (snapshot.preferences or Preferences()).maps_reporting
    if level is None:
        return SILENT
    if level not in MAPS_LEVELS:
        return strange(level)
    reason, observed = MAPS_LEVELS[level]
    return switched_off_by(snapshot, CLOUD, Judgement(reason, observed))


CLOUD_PROTECTION = Check(
    id="cloud_protection",
    order=60,
    title=_("Cloud-delivered protection"),
    expected=_("On: basic (1) or, better, advanced (2)"),
    depends_on=("preferences",),
    is_prerequisite=True,
    rule=cloud_protection,
    outcomes={
        "advanced": Outcome(CheckStatus.PASS, _("Cloud-delivered protection is on.")),
        "basic": Outcome(
            CheckStatus.PASS,
            _("Cloud-delivered protection is on, at its basic level."),
            it=_("MAPSReporting is 1 (Basic); Microsoft recommends Set-MpPreference -MAPSReporting Advanced."),
        ),
        "off": Outcome(
            CheckStatus.FAIL,
            _("Cloud-delivered protection is off, so network protection cannot ask Microsoft about a site."),
            IT_MUST_ACT,
            _(
                "Run Set-MpPreference -MAPSReporting Advanced and read it back. If it stays off, check for a policy "
                "that could not be read."
            ),
        ),
        "off_by_policy": Outcome(
            CheckStatus.FAIL,
            _("Company policy turns cloud-delivered protection off, so network protection cannot ask Microsoft."),
            IT_MUST_ACT,
            OFF_BY_POLICY,
        ),
    },
)
