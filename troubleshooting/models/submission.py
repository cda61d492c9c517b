"""The bundle for Microsoft, and what became of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.submissions.submission import SubmissionStatus
from troubleshooting.models.case import Case
from troubleshooting.models.choices import codes
from troubleshooting.models.triggers import NeverTruncated

WITH_MICROSOFT = [SubmissionStatus.SENT.value, SubmissionStatus.IN_PROGRESS.value, SubmissionStatus.CLOSED.value]


class Submission(models.Model):
    """One submission of a case; the portal prepares it, a person sends it and records its number."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="submission")
    status = models.CharField(max_length=20, default=SubmissionStatus.READY.value)
    reference = models.CharField(_("submission number"), max_length=100, blank=True)
    determination = models.TextField(_("Microsoft's answer"), blank=True)
    prepared_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        constraints = [
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
