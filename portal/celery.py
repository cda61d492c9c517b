"""The Celery app and its clockwork. Run it with ``celery -A portal worker -P threads -c 50``."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, signals
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

from portal.logging import configure

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


signals.setup_logging.connect(keep_the_portals_logging)
