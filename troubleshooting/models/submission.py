"""The bundle for Microsoft, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.submissions.forms import FormCode
from troubleshooting.domain.submissions.submission import SubmissionStatus
from troubleshooting.models.case import Case
from troubleshooting.models.choices import codes
from troubleshooting.models.triggers import NeverTruncated

AWAITED = [SubmissionStatus.SENT.value, SubmissionStatus.IN_PROGRESS.value]
WITH_MICROSOFT = [*AWAITED, SubmissionStatus.CLOSED.value]


class SubmissionQuerySet(models.QuerySet["Submission"]):
    """Submissions by how far they are."""

    def unanswered(self, *, since: datetime) -> Self:
        """Return those that are with Microsoft and about which nobody has recorded anything since then."""
        return self.filter(status__in=AWAITED, updated_at__lt=since)


class Submission(models.Model):
    """One submission of a case; the portal prepares it, a person sends it and records its number.

    A case may have several, one after the other: only one is open at a time.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="submissions")
    status = models.CharField(max_length=20, default=SubmissionStatus.READY.value)
    form = models.CharField(_("form"), max_length=30, blank=True)  # of Microsoft's, through which it was sent
    alert_link = models.URLField(_("link to the alert"), max_length=500, blank=True)
    reference = models.CharField(_("submission number"), max_length=100, blank=True)
    determination = models.TextField(_("Microsoft's answer"), blank=True)
    kept_because = models.TextField(_("why the exclusion stays"), blank=True)  # after Microsoft's answer
    prepared_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        indexes = [
            models.Index(fields=["updated_at"], condition=Q(status__in=AWAITED), name="submission_awaited"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=~Q(status=SubmissionStatus.CLOSED.value),
                name="submission_one_open",
            ),
            models.CheckConstraint(condition=Q(form__in=["", *codes(FormCode)]), name="submission_form_known"),
            models.CheckConstraint(
                condition=Q(kept_because="") | Q(status=SubmissionStatus.CLOSED.value),
                name="submission_kept_after_answer",
            ),
            models.CheckConstraint(condition=Q(status__in=codes(SubmissionStatus)), name="submission_status_known"),
            models.CheckConstraint(
                condition=Q(status__in=WITH_MICROSOFT, sent_at__isnull=False, sent_by__isnull=False, reference__gt="")
                | (~Q(status__in=WITH_MICROSOFT) & Q(sent_at__isnull=True, sent_by__isnull=True, reference="")),
                name="submission_sent_whole",
            ),
        ]
        triggers = [NeverTruncated(name="submission_never_truncated")]

    def __str__(self) -> str:
        """Show case and status."""
        return f"{self.case_id}: {self.status}"
