"""Faults of the portal itself: kept to themselves, or recorded where people see them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import structlog
from django.db import InterfaceError, OperationalError

log = structlog.get_logger(__name__)


@contextlib.contextmanager
def alone(what: str, pk: int = 0) -> Iterator[None]:
    """Keep a fault of one from the others: logged, and tried again by the next sweep."""
    try:
        yield
    except Exception:
        log.exception("sweep_failed", what=what, pk=pk)


@contextlib.contextmanager
def recorded(record: Callable[[str], object], *, event: str, **which: object) -> Iterator[None]:
    """Log a fault as ``event`` and hand its words to ``record``, which says PORTAL_FAULT of the row of ``which``.

    When the database is away, that is raised: the row stays as it is, and the sweep finds it.
    """
    try:
        yield
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception(event, **which)
        record(f"{type(error).__name__}: {error}".replace("\x00", ""))  # PostgreSQL takes no NUL in a text
