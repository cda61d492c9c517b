"""Where the evidence of a run comes from that a person gave instead of a visit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from troubleshooting.models import CheckRun, Collection, User
from troubleshooting.queries.base.people import name_for


@dataclass(frozen=True, slots=True)
class Given:
    """Who gave it, when, and what it says of itself."""

    by: str
    at: datetime
    made_at: datetime  # by the PC's own clock
    computer: str
    is_sent_by_script: bool  # else a file was uploaded


def read_given(run: CheckRun, *, reader: User) -> Given | None:
    """Return it; None for a run of the portal's own visits. The run is joined with ``collection__given_by``."""
    stored: Collection | None = getattr(run, "collection", None)
    if stored is None:
        return None
    return Given(
        by=name_for(stored.given_by, reader=reader),
        at=stored.given_at,
        made_at=stored.made_at,
        computer=stored.computer,
        is_sent_by_script=stored.is_sent_by_script,
    )
