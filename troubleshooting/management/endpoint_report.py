"""What the doctor says about an endpoint, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from troubleshooting.domain.evidence.snapshot import EndpointFacts
from troubleshooting.machines.endpoint.doctor import EndpointReport
from troubleshooting.machines.endpoint.version import VERSION

SHOWS: dict[bool | None, str] = {
    True: "It shows everything: whoever signs in with this account can do anything here.",
    False: "It shows only some commands, and takes no scripts.",
    None: "It did not say which commands it shows.",
}
INSTALL = "Make the files with manage.py device_endpoint and install them on the PC."


def as_json(report: EndpointReport) -> dict[str, Any]:
    """Return all of it, with the version that this portal needs."""
    return {**asdict(report), "needed_version": VERSION}


def lines(report: EndpointReport, *, username: str | None) -> Iterator[str]:
    """Tell which endpoint answered, as whom, and what is missing."""
    yield f"Endpoint {report.name}, signed in as {username or 'the holder of the ticket'}"
    if report.is_own:
        yield from _own(report, report.facts or EndpointFacts())
    else:
        yield "  It is not the portal's own. Which account runs the commands there is not known."
    yield f"  {SHOWS[report.shows_everything]}"
    if report.shows_everything:
        yield f"  The portal's own endpoint shows it only what it needs. {INSTALL}"
    for missing in report.missing or ():
        yield f"  Not shown: {missing.command}, needed for {', '.join(missing.needed_for)}"
    if report.missing == ():
        yield "  It shows every command that the portal sends there."


def _own(report: EndpointReport, facts: EndpointFacts) -> Iterator[str]:
    yield f"  The portal's own, version {facts.version or 'not said'}, roles: {facts.roles or 'not said'}"
    yield f"  Commands run as {facts.account or 'not said'}, for {facts.caller or 'not said'}"
    if report.is_older:
        yield f"  This PC's endpoint is older than the portal, which needs version {VERSION}. {INSTALL}"
        if report.refused_for:
            yield f"  These checks need the new one: {', '.join(report.refused_for)}"
