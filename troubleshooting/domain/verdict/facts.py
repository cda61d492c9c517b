"""What the rungs of the ladder look at (``verdict``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from troubleshooting.domain.cases.case import ProblemKind, Report
from troubleshooting.domain.checks import windows
from troubleshooting.domain.checks.base import Check
from troubleshooting.domain.checks.finding import CheckStatus, Finding
from troubleshooting.domain.checks.registry import PREREQUISITES
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.events import EventMatch
from troubleshooting.domain.evidence.log import Gap
from troubleshooting.domain.evidence.snapshot import ProtectionEvent, ReadState, Snapshot
from troubleshooting.domain.verdict.base import Evidence, EvidenceKind

# Without one of these network protection does not work: the article's prerequisites, and the switches of a server.
REQUIRED: tuple[Check, ...] = (*PREREQUISITES, windows.SERVER_SWITCHES)
_NOT_READ = frozenset({ReadState.FAILED, ReadState.REFUSED})


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rungs of the ladder look at."""

    report: Report
    snapshot: Snapshot
    findings: Mapping[str, Finding]  # by check id
    matches: tuple[EventMatch, ...]  # best first
    near: tuple[ProtectionEvent, ...]  # blocks of that moment at other addresses, nearest first
    gap: Gap | None  # why the log may lack the event; None where it covers the report

    @property
    def is_missed(self) -> bool:
        """Tell whether the site was reported as dangerous and not blocked."""
        return self.report.kind is ProblemKind.DANGEROUS_SITE_MISSED

    @property
    def is_close(self) -> bool:
        """Tell whether the log has blocks that may be the reported one, though they do not fit it."""
        return bool(self.near or self.matches)

    @property
    def is_log_sure(self) -> bool:
        """Tell whether the log covers the reported moment, and the times in it can be compared."""
        begins = self.snapshot.reading("log_start").state
        return self.gap is None and self.snapshot.clock is not None and begins not in _NOT_READ

    @property
    def failed(self) -> list[Finding]:
        """Return the required checks that have failed."""
        return self.with_status(REQUIRED, frozenset({CheckStatus.FAIL}))

    @property
    def stopped(self) -> list[Evidence]:
        """Return the readings that say that Defender's service is not running (0x800106ba)."""
        return [
            Evidence(EvidenceKind.READING, name)
            for name, reading in self.snapshot.readings
            if reading.error_code == DeviceErrorCode.DEFENDER_STOPPED.value
        ]

    def with_status(self, checks: Iterable[Check], statuses: frozenset[CheckStatus]) -> list[Finding]:
        """Return the findings of these checks that have one of these statuses."""
        found = (self.findings.get(check.id) for check in checks)
        return [finding for finding in found if finding is not None and finding.status in statuses]
