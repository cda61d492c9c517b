"""The one Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TroubleshootingConfig(AppConfig):
    """Cases, visits to PCs, and what follows from them."""

    name = "troubleshooting"
    verbose_name = "Network protection"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have each ``migrate`` grant what the running role may do."""
        from troubleshooting.models.granting import grant_after_migrate  # noqa: PLC0415  once the models are there

        post_migrate.connect(grant_after_migrate, sender=self)
