"""MpCmdRun*.log: the runs of MpCmdRun.exe (docs/reference/diagnostics.md section 4.6)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from troubleshooting.domain.evidence.places import Place
from troubleshooting.domain.evidence.snapshot import CloudConnectivity
from troubleshooting.machines.native_text import read_cloud_connectivity
from troubleshooting.machines.support_files.lines import Lines

_DASHES = re.compile(r"^\s*-{20,}\s*$")
_TIME = re.compile(
    r"\b(?:Start|End) Time:\s{0,9}\S{1,20}\s{1,9}([^\W\d]{3})\S{0,9}\s{1,9}(\d{1,2})\s{1,9}(\d{4})\s{1,9}"
    r"(\d\d):(\d\d):(\d\d)"
)
_ABOUT_CLOUD = re.compile(r"ValidateMapsConnection", re.IGNORECASE)
ENGLISH_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {  # as English and German Windows shorten them
    **dict(zip(ENGLISH_MONTHS, range(1, 13), strict=True)),
    "mär": 3,
    "mrz": 3,
    "mai": 5,
    "okt": 10,
    "dez": 12,
}
_MOST_LINES = 200  # of one run


@dataclass
class Run:
    """One run of the program."""

    lines: list[tuple[str, Place]] = field(default_factory=list)
    at: datetime | None = None  # by the PC's own clock, without zone; the last one that is written


@dataclass(frozen=True, slots=True)
class CloudTest:
    """A test of the connection to the cloud, with the line that says how it went."""

    answer: CloudConnectivity
    at: datetime | None
    place: Place


def cloud_tests(lines: Lines) -> Iterator[CloudTest]:
    """Return the tests of the connection that a log holds, in its order."""
    for run in _runs(lines):
        texts = [text for text, _place in run.lines]
        if not any(_ABOUT_CLOUD.search(text) for text in texts):
            continue
        answer = read_cloud_connectivity(texts)
        if answer.connected is not None:
            yield CloudTest(answer, run.at, _telling(run))


def _telling(run: Run) -> Place:
    about = [(text, place) for text, place in run.lines if _ABOUT_CLOUD.search(text)]
    said = [place for text, place in about if "Command Line" not in text]
    return (said or [place for _text, place in about])[0]


def _runs(lines: Lines) -> Iterator[Run]:
    run = Run()
    for number, line in lines:
        if _DASHES.match(line):
            yield run
            run = Run()
        elif len(run.lines) < _MOST_LINES:
            run.lines.append((line, lines.place(number)))
            run.at = _moment(line) or run.at
    yield run


def _moment(line: str) -> datetime | None:
    found = _TIME.search(line)
    month = _MONTHS.get(found[1].casefold()) if found else None
    if found is None or month is None:
        return None
    try:
        day, hour, minute, second = (int(found[n]) for n in (2, 4, 5, 6))
        return datetime(int(found[3]), month, day, hour, minute, second)  # noqa: DTZ001  no zone is written
    except ValueError:
        return None
