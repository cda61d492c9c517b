"""One judged check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from troubleshooting.domain.base.text import Text


class CheckId(StrEnum):
    """The checks, in the order of the page; the first eight are the article's prerequisites.

    Source: docs/reference/device-commands.md.
    """

    OS_EDITION = "os_edition"
    OS_VERSION = "os_version"
    SOLE_ANTIVIRUS = "sole_antivirus"
    REAL_TIME_PROTECTION = "real_time_protection"
    BEHAVIOR_MONITORING = "behavior_monitoring"
    CLOUD_PROTECTION = "cloud_protection"
    CLOUD_CONNECTIVITY = "cloud_connectivity"
    PROTECTION_MODE = "protection_mode"
    SERVER_SWITCHES = "server_switches"
    MODE_ORIGIN = "mode_origin"
    PLATFORM_VERSION = "platform_version"
    SIGNATURES = "signatures"
    NETWORK_INSPECTION = "network_inspection"
    EXCLUSIONS_IN_FORCE = "exclusions_in_force"
    PROXY = "proxy"
    TAMPER_PROTECTION = "tamper_protection"
    TROUBLESHOOTING_MODE = "troubleshooting_mode"


PREREQUISITES: tuple[CheckId, ...] = tuple(CheckId)[:8]


class CheckStatus(StrEnum):
    """What a check came to; WAITING only while its evidence is still on the way."""

    WAITING = "waiting"
    PASS = "pass"  # noqa: S105  a status, not a secret
    FAIL = "fail"
    WARN = "warn"
    INFO = "info"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Remedy:
    """What a person can do about a finding, for each of the two readers; None where nothing is to be done."""

    employee: Text | None = None
    it: Text | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One judged check, with what was seen, what was expected, what it means and what to do."""

    check: CheckId
    status: CheckStatus
    observed: Text
    expected: Text
    summary: Text  # one sentence for everybody: what is, and what it means
    remedy: Remedy = Remedy()
    depends_on: tuple[str, ...] = ()  # catalogue names
