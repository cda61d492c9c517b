"""The check whether an exclusion covers what was reported (docs/reference/checks.md section 5, C15)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import ProblemKind, Report
from troubleshooting.domain.checks.base import (
    SILENT,
    Check,
    Judgement,
    Outcome,
    shortened,
)
from troubleshooting.domain.checks.finding import CheckStatus
from troubleshooting.domain.evidence.policies import EXCLUSIONS_HIDDEN, ON, held
from troubleshooting.domain.evidence.programs import Degree, excludes_program, named_program
from troubleshooting.domain.evidence.readings import is_answered
from troubleshooting.domain.evidence.snapshot import (
    ListValue,
    Preferences,
    Snapshot,
)


def exclusions_in_force(snapshot: Snapshot, report: Report | None) -> Judgement:
    """C15: excluded traffic is not looked at; a list that is hidden or not readable proves nothing."""
    preferences = snapshot.preferences or Preferences()
    addresses, processes = preferences.exclusion_ip_address, preferences.exclusion_process
    if addresses is None or processes is None:
        return SILENT
    coverage = list(_coverage(addresses, processes, report))
    observed = _list_facts(addresses, processes)
    covering = next((entry for entry, covered in coverage if covered), None)
    if report is not None and covering is not None:
        return _covered(report, covering)
    if report is not None and (entry := _may_cover(processes, report)) is not None:
        return Judgement(
            "may_cover", say(_("Excluded: %(entry)s"), entry=shortened(entry)), {"entry": shortened(entry)}
        )
    if (hidden := _why_hidden(snapshot, addresses, processes)) is not None:
        return hidden
    if not coverage:
        return Judgement("none" if report else "no_entries", observed)
    if report is None:
        return Judgement("listed", observed)
    return Judgement("perhaps" if None in {covered for _entry, covered in coverage} else "none", observed)


def _coverage(addresses: ListValue, processes: ListValue, report: Report | None) -> Iterator[tuple[str, bool | None]]:
    """Return each entry with whether it covers the report; None where that cannot be told."""
    for entry in addresses.entries:
        yield entry, _covers_address(entry, report) if report else None
    for entry in processes.entries:
        yield entry, _covers_program(entry, report) if report else None


def _covered(report: Report, entry: str) -> Judgement:
    """Judge an exclusion that covers the report: it explains a miss, and makes a block puzzling."""
    reason = "covers_missed" if report.kind is ProblemKind.DANGEROUS_SITE_MISSED else "covers_blocked"
    shown = shortened(entry)
    return Judgement(reason, say(_("Excluded: %(entry)s"), entry=shown), {"entry": shown})


def _list_facts(addresses: ListValue, processes: ListValue) -> Text:
    """Write how many entries there are."""
    return say(
        _("IP addresses: %(addresses)s, programs: %(processes)s"),
        addresses=len(addresses.entries),
        processes=len(processes.entries),
    )


def _why_hidden(snapshot: Snapshot, addresses: ListValue, processes: ListValue) -> Judgement | None:
    """Say why entries may exist that the portal cannot see; None where it sees them all."""
    observed = say(_("Not visible"))
    hiding = next((one for one in held(snapshot, EXCLUSIONS_HIDDEN) if one.value == ON), None)
    if hiding is not None:
        return Judgement("hidden", observed, {"key": hiding.key, "writers": hiding.writers})
    if not (addresses.readable and processes.readable):
        return Judgement("hidden_from_account", observed)
    shows_nothing = not addresses.entries and not processes.entries
    return (
        Judgement("may_be_hidden", observed) if shows_nothing and not is_answered(snapshot, "policy_values") else None
    )


def _covers_address(entry: str, report: Report) -> bool | None:
    """Tell whether an IP exclusion covers the reported address; None for a name, whose addresses are not known."""
    address = report.indicator.address
    if address is None:
        return None
    try:
        return address in ipaddress.ip_network(entry.strip(), strict=False)
    except ValueError:
        return None


def _covers_program(entry: str, report: Report) -> bool | None:
    """Tell whether a process exclusion covers the reported program, by file name; None where that cannot be told."""
    return {Degree.EXACT: True, Degree.NO: False}.get(excludes_program(entry, report))


def _may_cover(processes: ListValue, report: Report) -> str | None:
    """Return the first process exclusion that is likely the reported program's, by another of its files."""
    if not named_program(report).shown:
        return None
    return next((entry for entry in processes.entries if excludes_program(entry, report) is Degree.NEAR), None)


EXCLUSIONS_IN_FORCE = Check(
    id="exclusions_in_force",
    order=160,
    title=_("Exclusions in force"),
    expected=_("None that covers the reported program or address"),
    depends_on=("preferences", "policy_values"),
    tolerates=frozenset({"policy_values"}),
    rule=exclusions_in_force,
    outcomes={
        "none": Outcome(CheckStatus.PASS, _("No exclusion on this PC covers the reported program or address.")),
        "no_entries": Outcome(CheckStatus.PASS, _("No address or program is excluded from inspection on this PC.")),
        "listed": Outcome(
            CheckStatus.INFO,
            _("Some addresses or programs are excluded from inspection on this PC."),
            it=_("Review ExclusionIpAddress and ExclusionProcess. Keep as few as possible, each with an end date."),
        ),
        "covers_missed": Outcome(
            CheckStatus.FAIL,
            _("An exclusion on this PC (%(entry)s) covers the report, so this traffic is not checked."),
            _("You don't need to do anything. IT has to review the exclusion."),
            _(
                "Excluded traffic is not inspected. Review the entry and remove it with "
                "Remove-MpPreference -ExclusionIpAddress or -ExclusionProcess, or in the policy that "
                "sets it."
            ),
        ),
        "covers_blocked": Outcome(
            CheckStatus.WARN,
            _("An exclusion on this PC (%(entry)s) covers the report, so network protection should not block it."),
            it=_(
                "The traffic matches ExclusionIpAddress or ExclusionProcess and was still reported as "
                "blocked. Check for a different program, a different address, or another product that "
                "blocks."
            ),
        ),
        "may_cover": Outcome(
            CheckStatus.UNKNOWN,
            _("An exclusion on this PC (%(entry)s) may cover the reported program."),
            it=_(
                "The report gives a name, not a file, and this entry is a file that makes connections for programs of "
                "that name. Find out with the employee which file it was; if it was this one, the traffic is not "
                "inspected."
            ),
        ),
        "perhaps": Outcome(
            CheckStatus.UNKNOWN,
            _("There are exclusions on this PC. Whether one of them covers the report cannot be determined from here."),
            it=_(
                "Compare by hand: an IP exclusion with the addresses that the reported name resolves to, a process "
                "exclusion with the full path of the program that was used."
            ),
        ),
        "hidden": Outcome(
            CheckStatus.UNKNOWN,
            _("The portal cannot see the exclusions on this PC, so an empty list proves nothing."),
            it=_(
                "HideExclusionsFromLocalAdmins is 1 under %(key)s, so Windows shows the lists to nobody on the PC. "
                "Read the exclusions where they are set (%(writers)s), or lift this policy for the check."
            ),
        ),
        "hidden_from_account": Outcome(
            CheckStatus.UNKNOWN,
            _("The portal cannot see the exclusions on this PC, so an empty list proves nothing."),
            it=_("Windows shows the lists to administrators only (N/A: …): the portal's account is none on this PC."),
        ),
        "may_be_hidden": Outcome(
            CheckStatus.UNKNOWN,
            _("Whether exclusions are hidden on this PC could not be read, so an empty list proves nothing."),
            it=_(
                "The policy values could not all be read. If only Policy Manager is refused, Intune's "
                "HideExclusionsFromLocalAdmins is the likely reason. Check the policies that set exclusions."
            ),
        ),
    },
)
