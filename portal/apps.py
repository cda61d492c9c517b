"""The project itself: brings the Celery app and the start-up checks into every process."""

from django.apps import AppConfig

from portal import checks
from portal.celery import app as celery_app

__all__ = ["PortalConfig", "celery_app"]


class PortalConfig(AppConfig):
    """No tables; only what has to happen at start."""

    name = "portal"

    def ready(self) -> None:
        """Register the start-up checks."""
        checks.register_all()
