"""The checks: which evidence each one rests on, which rule judges it, and the findings of a snapshot.

Ids and what they depend on: docs/reference/device-commands.md, "Check ids". The rules stand in ``checks_windows``,
``checks_defender`` and ``checks_network``; every word stands in ``remediation``.
"""

from __future__ import annotations

from collections.abc import Mapping

from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.checks import defender as checks_defender
from troubleshooting.domain.checks import network as checks_network
from troubleshooting.domain.checks import windows as checks_windows
from troubleshooting.domain.checks.base import SILENT, Judgement, Rule
from troubleshooting.domain.checks.finding import CheckId, CheckStatus, Finding, Remedy
from troubleshooting.domain.checks.remediation import EXPECTED, outcome, remedy, sentence
from troubleshooting.domain.evidence.device_error_texts import error_text
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.snapshot import Reading, ReadState, Snapshot

__all__ = ["RULES", "Rule", "judge"]

_POLICY = frozenset({"policy_values"})
_SYSTEM = frozenset({"operating_system"})

RULES: Mapping[CheckId, Rule] = {
    CheckId.OS_EDITION: Rule(("operating_system",), checks_windows.os_edition),
    CheckId.OS_VERSION: Rule(("operating_system",), checks_windows.os_version),
    CheckId.SOLE_ANTIVIRUS: Rule(
        ("computer_status", "antivirus_products", "operating_system"),
        checks_defender.sole_antivirus,
        tolerates=_SYSTEM | {"antivirus_products"},
    ),
    CheckId.REAL_TIME_PROTECTION: Rule(("computer_status",), checks_defender.real_time_protection),
    CheckId.BEHAVIOR_MONITORING: Rule(("computer_status",), checks_defender.behavior_monitoring),
    CheckId.CLOUD_PROTECTION: Rule(("preferences",), checks_defender.cloud_protection),
    CheckId.CLOUD_CONNECTIVITY: Rule(("cloud_connectivity",), checks_network.cloud_connectivity),
    CheckId.PROTECTION_MODE: Rule(("preferences", "policy_values"), checks_network.protection_mode, tolerates=_POLICY),
    CheckId.SERVER_SWITCHES: Rule(("preferences", "operating_system"), checks_windows.server_switches),
    CheckId.MODE_ORIGIN: Rule(("policy_values",), checks_network.mode_origin, absent_is_an_answer=_POLICY),
    CheckId.PLATFORM_VERSION: Rule(
        ("computer_status", "operating_system"), checks_defender.platform_version, tolerates=_SYSTEM
    ),
    CheckId.SIGNATURES: Rule(("computer_status",), checks_defender.signatures),
    CheckId.NETWORK_INSPECTION: Rule(("computer_status",), checks_defender.network_inspection),
    CheckId.EXCLUSIONS_IN_FORCE: Rule(
        ("preferences", "policy_values"), checks_network.exclusions_in_force, tolerates=_POLICY
    ),
    CheckId.PROXY: Rule(("preferences", "winhttp_proxy"), checks_windows.proxy, tolerates=frozenset({"winhttp_proxy"})),
    CheckId.TAMPER_PROTECTION: Rule(("computer_status",), checks_defender.tamper_protection),
    CheckId.TROUBLESHOOTING_MODE: Rule(("computer_status",), checks_defender.troubleshooting_mode),
}

_WAITING = Judgement("waiting", say(_("not answered yet")))
_NOT_READ = {
    ReadState.ABSENT: Judgement("absent", say(_("not there"))),
    ReadState.REFUSED: Judgement("refused", say(_("access denied"))),
    ReadState.FAILED: Judgement("failed", say(_("error"))),
}


def judge(snapshot: Snapshot, *, report: Report | None) -> tuple[Finding, ...]:
    """Return one finding for each check, in the order of the page.

    WAITING while any evidence of the check is on its way; UNKNOWN, never FAIL, where a value could not be read or was
    not said. Without a report the checks that depend on one say what holds in general.
    """
    return tuple(_judge_one(check, RULES[check], snapshot, report) for check in CheckId)


def _judge_one(check: CheckId, rule: Rule, snapshot: Snapshot, report: Report | None) -> Finding:
    """Judge one check."""
    if any(snapshot.reading(name).state is ReadState.WAITING for name in rule.depends_on):
        return _finding(check, rule, _WAITING)
    unread = _unread(rule, snapshot)
    if unread is not None:
        return _unread_finding(check, rule, unread)
    judgement = rule.function(snapshot, report)
    why_silent = _tolerated(rule, snapshot) if judgement is SILENT else None
    return _unread_finding(check, rule, why_silent) if why_silent else _finding(check, rule, judgement)


def _tolerated(rule: Rule, snapshot: Snapshot) -> Reading | None:
    """Return the first tolerated reading that brought no answer: the likely reason why a rule has nothing to say."""
    readings = (snapshot.reading(name) for name in rule.depends_on if name in rule.tolerates)
    return next((reading for reading in readings if reading.state is not ReadState.ANSWERED), None)


def _unread(rule: Rule, snapshot: Snapshot) -> Reading | None:
    """Return the first needed reading that brought no answer, or None."""
    needed = ((name, snapshot.reading(name)) for name in rule.depends_on if name not in rule.tolerates)
    return next((reading for name, reading in needed if not _is_answer(rule, name, reading)), None)


def _is_answer(rule: Rule, name: str, reading: Reading) -> bool:
    """Tell whether the rule can work with a reading."""
    if reading.state is ReadState.ABSENT:
        return name in rule.absent_is_an_answer
    return reading.state is ReadState.ANSWERED


def _finding(check: CheckId, rule: Rule, judgement: Judgement) -> Finding:
    """Put a judgement into words."""
    found = outcome(check, judgement.reason)
    return Finding(
        check=check,
        status=found.status,
        observed=judgement.observed,
        expected=EXPECTED[check],
        summary=sentence(found.summary, judgement.values),
        remedy=remedy(found, judgement.values),
        depends_on=rule.depends_on,
    )


def _unread_finding(check: CheckId, rule: Rule, reading: Reading) -> Finding:
    """Say why there is nothing to judge: in the words of the device error where one is named."""
    codes = {code.value: code for code in DeviceErrorCode}
    code = codes.get(reading.error_code or "")
    if code is None:
        return _finding(check, rule, _NOT_READ[reading.state])
    words = error_text(code)
    return Finding(
        check=check,
        status=CheckStatus.UNKNOWN,
        observed=words.title,
        expected=EXPECTED[check],
        summary=words.cause,
        remedy=Remedy(employee=words.employee, it=words.it),
        depends_on=rule.depends_on,
    )
