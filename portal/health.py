"""Whether the process is up, and whether it can work; asked without signing in, and saying nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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

TIMEOUT_S = 2


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that this process serves requests."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when database and broker answer and worker and beat live, else 503; the log says what is missing."""
    answers = [_answers(name, ask) for name, ask in _PARTS.items()]  # each silent part gets its line in the log
    if all(answers):
        return HttpResponse("ready\n", content_type="text/plain")
    return HttpResponse("not ready\n", status=503, content_type="text/plain")


class ProcessLost(Exception):
    """A worker or beat has been silent for too long."""


def _answers(name: str, ask: Callable[[], None]) -> bool:
    try:
        ask()
    except (DatabaseError, redis.RedisError, ProcessLost) as error:
        log.warning("not_ready", part=name, reason=str(error))
        return False
    return True


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_broker() -> None:
    url = settings.CELERY_BROKER_URL
    once = Retry(NoBackoff(), 0)
    with redis.Redis.from_url(url, socket_connect_timeout=TIMEOUT_S, socket_timeout=TIMEOUT_S, retry=once) as client:
        client.ping()


def _look_for_processes() -> None:
    lost = lost_processes(now=timezone.now())
    if lost:
        raise ProcessLost(", ".join(one.process for one in lost))


_PARTS: Mapping[str, Callable[[], None]] = {
    "database": _ask_database,
    "broker": _ask_broker,
    "processes": _look_for_processes,
}
