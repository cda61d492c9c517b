"""What the tests of the project and its demo share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Return a folder of this test.

    Embedded PostgreSQL runs as another account where the tests run as root, and the folders above its data are opened
    to it. Each session of pytest closes the folder that all sessions share again; this one stands outside of it.
    """
    with tempfile.TemporaryDirectory(prefix="portal-test-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
