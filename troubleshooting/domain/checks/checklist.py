"""The findings of a snapshot: each check judged, and put into words."""

from __future__ import annotations

from collections.abc import Mapping

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.checks.base import SILENT, Check, Judgement
from troubleshooting.domain.checks.finding import CheckStatus, Finding, Remedy
from troubleshooting.domain.checks.platform import silence
from troubleshooting.domain.checks.registry import CHECKS
from troubleshooting.domain.checks.unread import UNREAD
from troubleshooting.domain.evidence.device_error_texts import error_text
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.snapshot import Reading, ReadState, Snapshot, Source

_WAITING = Judgement("waiting", say(_("not answered yet")))
_NOT_READ = {
    ReadState.ABSENT: Judgement("absent", say(_("not present"))),
    ReadState.REFUSED: Judgement("refused", say(_("access denied"))),
    ReadState.FAILED: Judgement("failed", say(_("error"))),
}
_NOT_IN_FILE = Judgement("not_in_file", say(_("not in the support files")))


def judge(snapshot: Snapshot, *, report: Report | None) -> tuple[Finding, ...]:
    """Return one finding for each check, in the order of the page.

    WAITING while any evidence of the check is on its way; UNKNOWN, never FAIL, where a value could not be read or was
    not said. Without a report the checks that depend on one say what holds in general.
    """
    return tuple(judge_check(check, snapshot, report) for check in CHECKS)


def judge_check(check: Check, snapshot: Snapshot, report: Report | None) -> Finding:
    """Return the finding of one check."""
    if any(snapshot.reading(name).state is ReadState.WAITING for name in check.depends_on):
        return _finding(check, _WAITING)
    unread = _unread(check, snapshot)
    if unread is not None:
        return _unread_finding(check, unread, snapshot.source)
    judgement = check.rule(snapshot, report)
    if judgement is SILENT and snapshot.source is Source.FILE:
        return _finding(check, _NOT_IN_FILE)
    why_silent = _tolerated(check, snapshot) if judgement is SILENT else None
    if why_silent is not None:
        return _unread_finding(check, why_silent, snapshot.source)
    return _finding(check, silence(check, snapshot) if judgement is SILENT else judgement)


def _tolerated(check: Check, snapshot: Snapshot) -> Reading | None:
    """Return the first tolerated reading that brought no answer: the likely reason why a rule has nothing to say."""
    readings = (snapshot.reading(name) for name in check.depends_on if name in check.tolerates)
    return next((reading for reading in readings if reading.state is not ReadState.ANSWERED), None)


def _unread(check: Check, snapshot: Snapshot) -> Reading | None:
    """Return the first needed reading that brought no answer, or None."""
    needed = ((name, snapshot.reading(name)) for name in check.depends_on if name not in check.tolerates)
    return next((reading for name, reading in needed if not _is_answer(check, name, reading)), None)


def _is_answer(check: Check, name: str, reading: Reading) -> bool:
    if reading.state is ReadState.ABSENT:
        return name in check.absent_is_an_answer
    return reading.state is ReadState.ANSWERED


def _finding(check: Check, judgement: Judgement) -> Finding:
    found = UNREAD.get(judgement.reason) or check.outcomes[judgement.reason]
    return Finding(
        check=check.id,
        status=found.status,
        observed=judgement.observed,
        expected=say(check.expected),
        summary=_sentence(found.summary, judgement.values),
        remedy=Remedy(
            employee=_sentence(found.employee, judgement.values) if found.employee else None,
            it=_sentence(found.it, judgement.values) if found.it else None,
        ),
        depends_on=check.depends_on,
    )


def _unread_finding(check: Check, reading: Reading, source: Source) -> Finding:
    """Say why there is nothing to judge: in the words of the device error where one is named."""
    codes = {code.value: code for code in DeviceErrorCode}
    code = codes.get(reading.error_code or "")
    if code is None:
        return _finding(check, _NOT_IN_FILE if source is Source.FILE else _NOT_READ[reading.state])
    words = error_text(code)
    return Finding(
        check=check.id,
        status=CheckStatus.UNKNOWN,
        observed=words.title,
        expected=say(check.expected),
        summary=words.cause,
        remedy=Remedy(employee=words.employee, it=words.it),
        depends_on=check.depends_on,
    )


def _sentence(message: str, values: Mapping[str, str | int]) -> Text:
    """Make a Text with those values that the message has places for."""
    return say(message, **{name: value for name, value in values.items() if f"%({name})s" in message})
