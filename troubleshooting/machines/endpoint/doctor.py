"""What an endpoint is, from the answers of a visit: whose, which version, what it shows, and what is missing.

``Get-Command`` is visible on every endpoint. What it says of limits is not documented, so only names are read from it.
The language mode cannot be asked, since script text is never sent: an endpoint that shows a command which the portal
never sends is taken for one that shows everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from troubleshooting.domain.checks.registry import CHECKS
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.snapshot import EndpointFacts
from troubleshooting.machines import catalogue
from troubleshooting.machines.base import Answer
from troubleshooting.machines.endpoint.version import is_older
from troubleshooting.machines.pipeline import Entry


@dataclass(frozen=True, slots=True)
class Missing:
    """A command that the endpoint does not show, and what needs it: checks by their id, else the entry's name."""

    command: str
    needed_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EndpointReport:
    """What is known of an endpoint; None where it did not say."""

    name: str
    is_own: bool
    facts: EndpointFacts | None
    is_older: bool | None  # than this portal needs; None where it is not the portal's own
    shows_everything: bool | None
    missing: tuple[Missing, ...] | None
    refused_for: tuple[str, ...]  # what the endpoint did not let through in this visit


def examine(configuration_name: str, facts: EndpointFacts | None, answers: Sequence[Answer]) -> EndpointReport:
    """Return the report on an endpoint from the answers that it gave."""
    is_own = catalogue.is_own_endpoint(configuration_name)
    shown = _shown(answers)
    return EndpointReport(
        name=configuration_name,
        is_own=is_own,
        facts=facts,
        is_older=is_older(facts.version if facts else None) if is_own else None,
        shows_everything=None if shown is None else catalogue.CANARY.casefold() in shown,
        missing=None if shown is None else tuple(_missing(configuration_name, shown)),
        refused_for=refused_for(answers),
    )


def refused_for(answers: Iterable[Answer]) -> tuple[str, ...]:
    """Return the checks, else the entries, of which the endpoint did not let a command through."""
    return needing(answer.name for answer in answers if answer.reading.error_code == DeviceErrorCode.COMMAND_REFUSED)


def needing(entries: Iterable[str]) -> tuple[str, ...]:
    """Return what cannot do without these entries: checks by their id, else the entry itself."""
    return tuple(sorted({one for entry in entries for one in _needed_for(entry)}))


def _shown(answers: Sequence[Answer]) -> frozenset[str] | None:
    """Return the names that the endpoint shows, without module and folder; None where it did not say."""
    answer = next((answer for answer in answers if answer.name == catalogue.SHOWN_COMMANDS.name), None)
    if answer is None or not answer.content:
        return None
    names = (item.get("Name") for item in answer.content if isinstance(item, Mapping))
    return frozenset(_plain(name) for name in names if isinstance(name, str))


def _missing(configuration_name: str, shown: frozenset[str]) -> Iterable[Missing]:
    needed: dict[str, set[str]] = {}
    for entry in _entries(configuration_name):
        for part in entry.pipeline:
            needed.setdefault(part.name, set()).update(_needed_for(entry.name))
    for command in sorted(needed):
        if _plain(command) not in shown:
            yield Missing(command, tuple(sorted(needed[command])))


def _entries(configuration_name: str) -> tuple[Entry, ...]:
    """Return what is sent to that endpoint; to the portal's own for reading nothing that changes."""
    reading, changing = catalogue.entries_by_role()
    if configuration_name.casefold() == catalogue.READING_ENDPOINT.casefold():
        return reading
    if catalogue.is_own_endpoint(configuration_name):
        return (*reading, *changing)
    plain = {catalogue.form_for(catalogue.READING_ENDPOINT, entry): entry for _, entry in catalogue.PROGRAMS.values()}
    elsewhere = (plain.get(entry, entry) for entry in (*reading, *changing))
    return tuple(entry for entry in elsewhere if entry.command.name not in catalogue.OWN_FUNCTIONS)


def _needed_for(entry_name: str) -> tuple[str, ...]:
    name = entry_name.partition(":")[0]
    return tuple(check.id for check in CHECKS if name in check.depends_on) or (name,)


def _plain(name: str) -> str:
    return name.rpartition("\\")[2].casefold()
