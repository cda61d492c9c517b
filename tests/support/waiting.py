"""Waiting for conditions, with an end."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.support.servers import CeleryWorkerProcess

PATIENCE_S = 60.0


def wait_until(is_so: Callable[[], bool], worker: CeleryWorkerProcess) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < give_up_at, worker.log_text()[-30000:]
        time.sleep(0.1)
