"""What is tried again: how often it failed, why, and when the next try is due."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.db import models
from django.db.models import Q


def is_due(*, now: datetime) -> Q:
    """Return the condition that the pause after the last failure is over."""
    return Q(next_attempt_at=None) | Q(next_attempt_at__lte=now)


class Attempts(models.Model):
    """A row whose visit may come to nothing."""

    attempts = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    error_detail = models.TextField(blank=True)

    class Meta:
        abstract = True

    def note_failure(self, code: StrEnum, *, detail: str, is_counted: bool = True) -> None:
        """Remember why a visit came to nothing; the caller saves."""
        self.attempts += is_counted
        self.error_code, self.error_detail = code.value, detail

    def forget_failure(self) -> None:
        """Say no longer why the last visit came to nothing; the caller saves."""
        self.error_code = self.error_detail = ""


class TimedAttempts(Attempts):
    """A row that says itself when the next visit is due."""

    next_attempt_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def is_due(self, *, now: datetime) -> bool:
        """Tell whether the pause after the last failure is over."""
        return self.next_attempt_at is None or self.next_attempt_at <= now
