"""Write ``docs/checks.md`` from the checks."""

from __future__ import annotations

from collections.abc import Iterator

from troubleshooting.domain.checks.base import Check
from troubleshooting.domain.checks.registry import CHECKS
from troubleshooting.management.generated_page import GeneratedPageCommand

INTRODUCTION = """# Checks

Written by `python manage.py list_checks` from `troubleshooting/domain/checks/`.

The ids are used on the page, in JSON and in the database. A prerequisite is one of the article's own. What a check
reads are names of commands (docs/reference/device-commands.md, "Reading"); without an answer to one of them the check
is `unknown`, with the reason, and never `fail`.
"""


def listing() -> str:
    """Return the whole page."""
    return "\n".join([INTRODUCTION, *_table(), *(line for check in CHECKS for line in _section(check))])


def _table() -> Iterator[str]:
    yield from ("| id | title | expected | reads | prerequisite |", "|---|---|---|---|---|")
    for check in CHECKS:
        reads = ", ".join(check.depends_on)
        prerequisite = "yes" if check.is_prerequisite else ""
        yield f"| {check.id} | {check.title} | {check.expected} | {reads} | {prerequisite} |"
    yield ""


def _section(check: Check) -> Iterator[str]:
    yield from (f"## {check.title}", "", "| outcome | status | what it means |", "|---|---|---|")
    for reason, outcome in check.outcomes.items():
        yield f"| {reason} | {outcome.status.value} | {_plain(outcome.summary)} |"
    yield ""


def _plain(message: str) -> str:
    """Return a message with its places as words: ``%(mode)s`` as ``‹mode›``."""
    return message.replace("%(", "‹").replace(")s", "›")


class Command(GeneratedPageCommand):
    """List the checks."""

    help = "Write docs/checks.md from the checks."
    file = "docs/checks.md"

    def page(self) -> str:
        return listing()
