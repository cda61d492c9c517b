"""Who did what, when."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from troubleshooting.models.case import Case
from troubleshooting.models.triggers import AppendOnly, NeverTruncated


class ActivityEntry(models.Model):
    """One action, written in the transaction that did it."""

    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=150)  # "portal" where no person acted
    action = models.CharField(max_length=40)
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="activity_entries")
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("activity entry")
        verbose_name_plural = _("activity entries")
        indexes = [
            models.Index(fields=["case", "at", "id"], name="audit_of_case"),
            models.Index(fields=["subject_type", "subject_id"], name="audit_of_subject"),
        ]
        triggers = [
            AppendOnly(name="activity_append_only"),
            NeverTruncated(name="activity_never_truncated"),
        ]

    def __str__(self) -> str:
        """Show who did what."""
        return f"{self.actor_name} {self.action} {self.subject_type} {self.subject_id}"
