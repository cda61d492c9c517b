"""How tests run side by side with pytest-xdist: by how many workers, and which tests begin first."""

from __future__ import annotations

import os

import pytest

WORKERS_PER_PROCESSOR = 2  # a test waits about half of its time: for a PC, a browser, a process
MOST_WORKERS = 12  # each has a number of Redis's sixteen databases, and connections to the one PostgreSQL


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return the number of workers for ``-n auto``."""
    return min(MOST_WORKERS, WORKERS_PER_PROCESSOR * (os.cpu_count() or 1))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the slow tests where tests run side by side, so that none is left for the end, alone."""
    if hasattr(config, "workerinput"):
        items.sort(key=_is_quick)


def _is_quick(item: pytest.Item) -> bool:
    in_browser = "live_server" in getattr(item, "fixturenames", ())
    return not in_browser and item.get_closest_marker("slow") is None
