"""The one Django app."""

from django.apps import AppConfig


class TroubleshootingConfig(AppConfig):
    """Cases, visits to PCs, and what follows from them."""

    name = "troubleshooting"
    verbose_name = "Network protection"
    default_auto_field = "django.db.models.BigAutoField"
