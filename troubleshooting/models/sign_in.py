"""How often signing in failed lately, by account and place; both are kept as keyed hashes only."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from troubleshooting.domain.base.sign_in import FORGOTTEN_AFTER
from troubleshooting.models.triggers import NeverTruncated


class SignInCounterQuerySet(models.QuerySet["SignInCounter"]):
    """Named questions about counters."""

    def forgotten(self, *, now: datetime) -> SignInCounterQuerySet:
        """Return those whose failures no longer count."""
        return self.filter(last_at__lte=now - FORGOTTEN_AFTER)


class SignInCounter(models.Model):
    """Failures of one account, one address, one account from one address, or one known browser."""

    key = models.CharField(max_length=64, unique=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(db_index=True)
    next_at = models.DateTimeField()  # no attempt is looked at before

    objects = SignInCounterQuerySet.as_manager()

    class Meta:
        triggers = [NeverTruncated(name="sign_in_counter_never_truncated")]

    def __str__(self) -> str:
        """Show no more than the hash."""
        return f"{self.key[:12]}: {self.failures}"
