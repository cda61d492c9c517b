"""What reviewers decided about exclusions."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from troubleshooting.domain.exclusions.exclusion import TRANSITIONS, ExclusionStatus
from troubleshooting.models.choices import IT_CODES
from troubleshooting.models.triggers import AppendOnly, NeverTruncated, Promise, listed, raising


class Decision(models.TextChoices):
    """What a reviewer said."""

    APPROVE = "approve"
    REJECT = "reject"
    ASK_QUESTION = "ask_question"


# A decision is in time while the exclusion may move to this status.
LEADS_TO = {
    Decision.APPROVE: ExclusionStatus.APPROVED,
    Decision.REJECT: ExclusionStatus.REJECTED,
    Decision.ASK_QUESTION: ExclusionStatus.QUESTION_ASKED,
}
IN_TIME = [f"{s}>{decision}" for s in ExclusionStatus for decision, to in LEADS_TO.items() if to in TRANSITIONS[s]]

# The exclusion is locked, so that it cannot change between this look and the decision.
DECIDED_BY_OTHERS_OF_IT_IN_TIME = f"""
    SELECT * INTO asked FROM troubleshooting_exclusion WHERE id = NEW.exclusion_id FOR SHARE;
    IF NEW.by_id = asked.requested_by_id THEN
        {raising("decision_not_ones_own: the requester never decides")}
    END IF;
    IF NEW.by_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM troubleshooting_user WHERE id = NEW.by_id AND role IN {listed(IT_CODES)}) THEN
        {raising("decision_by_it: only reviewers and administrators decide")}
    END IF;
    IF EXISTS (SELECT FROM troubleshooting_case
               WHERE id = asked.case_id AND NEW.by_id IN (reporter_id, device_owner_id)) THEN
        {raising("decision_not_in_ones_own_case: the people of the case never decide")}
    END IF;
    IF asked.id IS NULL OR asked.status || '>' || NEW.decision NOT IN {listed(IN_TIME)} OR NEW.round <> asked.round THEN
        {raising("decision_in_time: nothing is to be decided in this round")}
    END IF;
    RETURN NEW;
"""  # noqa: S608  nothing in it comes from outside


class ExclusionDecision(models.Model):
    """One reviewer's decision in one round."""

    exclusion = models.ForeignKey("Exclusion", models.PROTECT, related_name="decisions")
    round = models.PositiveIntegerField()
    decision = models.CharField(max_length=20, choices=Decision.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    note = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)  # of what was approved

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["exclusion", "round", "by"], name="decision_one_per_person_and_round"),
            models.CheckConstraint(
                condition=~Q(decision="approve") | ~Q(digest=""), name="decision_approval_has_digest"
            ),
        ]
        triggers = [
            AppendOnly(name="decision_append_only"),
            Promise(
                name="decision_by_others_of_it_in_time",
                operation=pgtrigger.Insert,
                declare=[("asked", "troubleshooting_exclusion%ROWTYPE")],
                func=DECIDED_BY_OTHERS_OF_IT_IN_TIME,
            ),
            NeverTruncated(name="decision_never_truncated"),
        ]

    def __str__(self) -> str:
        """Show who said what."""
        return f"{self.by_id} {self.decision}"
