"""Whether the process is up, and whether it can work; asked without signing in, and saying nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import redis
import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

from troubleshooting.queries.base.processes import lost_processes

log = structlog.get_logger(__name__)

TIMEOUT_S = 1.5  # of each part; whoever asks waits for two seconds

# Makes the server write a megabyte to its disk and forget it: a full disk answers every harmless question.
SPILL = """
SET work_mem = '64kB';
WITH spilled AS MATERIALIZED (SELECT repeat('x', 1024) AS text FROM generate_series(1, 1024))
SELECT count(*) FROM spilled
"""


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that this process serves requests."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when all parts work, otherwise 503; the log says which do not, and why."""
    answers = [_answers(name, ask) for name, ask in _PARTS.items()]  # each silent part gets its line in the log
    # A silent database would not say within two seconds who lives.
    answers += [_answers("database", _ask_database) and _answers("processes", _look_for_processes)]
    if all(answers):
        return HttpResponse("ready\n", content_type="text/plain")
    return HttpResponse("not ready\n", status=503, content_type="text/plain")


class ProcessLost(Exception):
    """A worker or beat has been silent for too long."""


def _answers(name: str, ask: Callable[[], None]) -> bool:
    try:
        ask()
    except (DatabaseError, redis.RedisError, TimeoutError, ProcessLost, TooFull) as error:
        log.warning("not_ready", part=name, reason=str(error) or type(error).__name__)
        return False
    return True


class TooFull(Exception):
    """A disk has too little room left."""


# One thread asks, over a connection of its own: whoever asks again while it waits, waits in vain too.
_database_asker = ThreadPoolExecutor(1, thread_name_prefix="readyz")


def _ask_database() -> None:
    _database_asker.submit(_let_database_write).result(timeout=TIMEOUT_S)


def _let_database_write() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(SPILL)
    finally:
        connection.close()


def _look_at_disks() -> None:
    for folder in settings.WRITTEN_FOLDERS:
        free_mb = shutil.disk_usage(folder).free // 1024**2
        if free_mb < settings.LEAST_FREE_MB:
            raise TooFull(f"{folder} has {free_mb} MB left")


def _ask_broker() -> None:
    url = settings.CELERY_BROKER_URL
    once = Retry(NoBackoff(), 0)
    with redis.Redis.from_url(url, socket_connect_timeout=TIMEOUT_S, socket_timeout=TIMEOUT_S, retry=once) as client:
        client.ping()


def _look_for_processes() -> None:
    lost = lost_processes(now=timezone.now())
    if lost:
        raise ProcessLost(", ".join(one.process for one in lost))


_PARTS: Mapping[str, Callable[[], None]] = {"broker": _ask_broker, "disks": _look_at_disks}
