"""Ends what the tests of the tenant began."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.tenant.speaking import Speaker
from troubleshooting.tenant.client import close_clients


@pytest.fixture(autouse=True)
def _close_speakers() -> Iterator[None]:
    """Close every client that the test made."""
    yield
    Speaker.close_all()
    close_clients()
