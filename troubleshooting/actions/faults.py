"""What is done for many, each for itself, so that a fault of one stops no other."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import structlog

log = structlog.get_logger(__name__)


@contextlib.contextmanager
def alone(what: str, pk: int = 0) -> Iterator[None]:
    """Keep a fault to itself: logged, and tried again by the next sweep."""
    try:
        yield
    except Exception:
        log.exception("sweep_failed", what=what, pk=pk)
