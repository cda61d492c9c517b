"""Counts of how often people did something, which are kept in Redis beyond a test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from portal import rates


@pytest.fixture
def nothing_counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin with nothing counted."""
    monkeypatch.setattr(rates, "KEY_PREFIX", f"portal-rates-{uuid.uuid4().hex}")
    rates.counts_in.cache_clear()
    yield
    rates.counts_in.cache_clear()
