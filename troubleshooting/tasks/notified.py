"""Tasks that a message of ``dispatch`` queues for a row."""

from __future__ import annotations

from typing import Any

from celery import Task

from troubleshooting import dispatch
from troubleshooting.domain.base.processes import Queue


class Notified(Task):  # type: ignore[misc]  # Celery has no types
    """Says that its message was taken, before it does anything."""

    def before_start(self, task_id: str, args: tuple[Any, ...], kwargs: dict[str, int]) -> None:
        """Let the next message for the same row be sent."""
        queue = (self.request.delivery_info or {}).get("routing_key") or Queue.PORTAL.value
        dispatch.message_taken(self.name, queue, **kwargs)
