"""What reviewers decided about exclusions."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Decision(models.TextChoices):
    """What a reviewer said."""

    APPROVE = "approve"
    REJECT = "reject"
    ASK_BACK = "ask_back"


class ExclusionDecision(models.Model):
    """One reviewer's decision in one round. Never changed, never deleted (a trigger refuses both)."""

    exclusion = models.ForeignKey("Exclusion", models.PROTECT, related_name="decisions")
    round = models.PositiveIntegerField()
    decision = models.CharField(max_length=20, choices=Decision.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    note = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)  # of what was approved

    class Meta:
        """Table rules."""

        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["exclusion", "round", "by"], name="decision_one_per_person_and_round"),
            models.CheckConstraint(
                condition=~Q(decision="approve") | ~Q(digest=""), name="decision_approval_has_digest"
            ),
        ]

    def __str__(self) -> str:
        """Show who said what."""
        return f"{self.by_id} {self.decision}"
