"""The Celery app and its clockwork. Run it with ``celery -A portal worker -P threads -c 20``."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import close_old_connections
from django_structlog.celery.steps import DjangoStructLogInitStep

from portal.database_role import refuse_powerful_role
from portal.logging import configure
from portal.memory import watch_memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.base")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()  # web requests run in threads, where "the current app" would otherwise be an empty one
app.autodiscover_tasks(["troubleshooting"])
app.steps["worker"].add(DjangoStructLogInitStep)
app.steps["consumer"].add("portal.heartbeats:WorkerHeartbeat")  # by name: it needs models, which are not there yet


def keep_the_portals_logging(**_kwargs: Any) -> None:
    """Stop Celery from replacing the handlers that Django has set up."""
    configure(settings.LOGGING)


def end_where_the_role_is_too_powerful(**_kwargs: Any) -> None:
    """End worker and beat before they do anything; Celery logs any other exception of a signal and goes on."""
    try:
        refuse_powerful_role()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error


def keep_usable_connections(**_kwargs: Any) -> None:
    """Close what is broken or older than CONN_MAX_AGE, as Django does around a request."""
    close_old_connections()


signals.setup_logging.connect(keep_the_portals_logging)
signals.worker_init.connect(end_where_the_role_is_too_powerful)
signals.worker_ready.connect(watch_memory)
signals.beat_init.connect(end_where_the_role_is_too_powerful)
# Celery closes the connection after every task whatever CONN_MAX_AGE says, unless CELERY_DB_REUSE_MAX is set.
signals.task_prerun.connect(keep_usable_connections)
signals.task_postrun.connect(keep_usable_connections)
