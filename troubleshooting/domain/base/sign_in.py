"""How long the next attempt to sign in has to wait. No wait is long, so that nobody can lock somebody else out."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=1)
FORGOTTEN_AFTER = timedelta(days=1)  # without another failure
FREE_TRIES = 3  # for one account from one place: everyone mistypes
FREE_TRIES_OF_ACCOUNT = 10  # from everywhere
FREE_TRIES_OF_ADDRESS = 20  # over all accounts: a whole office may stand behind one address


def wait_after(failures: int, *, free: int = FREE_TRIES) -> timedelta:
    """Return the wait after so many failures: none for the free ones, then a second, doubled, a minute at most."""
    if failures <= free:
        return timedelta(0)
    return min(FIRST_WAIT * (1 << min(failures - free - 1, 16)), LONGEST_WAIT)


def count_still(failures: int, last_at: datetime, *, now: datetime) -> int:
    """Return how many failures still count."""
    return failures if now - last_at < FORGOTTEN_AFTER else 0
