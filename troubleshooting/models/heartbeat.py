"""When each process beside the web server was last heard of."""

from __future__ import annotations

from django.db import models

from troubleshooting.domain.base.processes import Process
from troubleshooting.models.choices import codes
from troubleshooting.models.triggers import NeverTruncated


class Heartbeat(models.Model):
    """The last sign of life of a process; several workers of one queue share a row, since one is enough."""

    process = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(process__in=codes(Process)), name="heartbeat_process_known"),
        ]
        triggers = [NeverTruncated(name="heartbeat_never_truncated")]

    def __str__(self) -> str:
        """Show process and moment."""
        return f"{self.process} {self.at:%Y-%m-%d %H:%M:%S}"
