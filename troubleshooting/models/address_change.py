"""Changes of where a PC is visited and how the portal signs in there; they wait for a second administrator."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from troubleshooting.models.choices import Role
from troubleshooting.models.device import Device, DeviceGroup
from troubleshooting.models.triggers import AppendOnly, ByRole, NeverTruncated, Refuse


class AddressChange(models.Model):
    """What one administrator wants changed of a PC or a group in use; another one approves or rejects it."""

    device = models.ForeignKey(
        Device, models.PROTECT, null=True, blank=True, related_name="address_changes", verbose_name=_("PC")
    )
    group = models.ForeignKey(
        DeviceGroup, models.PROTECT, null=True, blank=True, related_name="address_changes", verbose_name=_("group")
    )
    values = models.JSONField(_("changes"))  # {field: {"old": …, "new": …}}
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("requested by")
    )
    requested_at = models.DateTimeField(_("requested at"))
    is_approved = models.BooleanField(_("approved"), null=True, blank=True)  # None: it waits
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        ordering = ["-requested_at", "-pk"]
        verbose_name = _("address change")
        verbose_name_plural = _("address changes")
        constraints = [
            models.CheckConstraint(
                condition=Q(device__isnull=True, group__isnull=False) | Q(device__isnull=False, group__isnull=True),
                name="address_change_of_one",
            ),
            models.CheckConstraint(
                condition=Q(is_approved__isnull=True, decided_by__isnull=True, decided_at__isnull=True)
                | Q(is_approved__isnull=False, decided_by__isnull=False, decided_at__isnull=False),
                name="address_change_decision_whole",
            ),
            models.CheckConstraint(
                condition=~Q(is_approved=True) | ~Q(decided_by=F("requested_by")),
                name="address_change_approved_by_another",
            ),
            models.UniqueConstraint(
                fields=["device", "group"],
                condition=Q(is_approved__isnull=True),
                nulls_distinct=False,
                name="address_change_one_waiting",
            ),
        ]
        triggers = [
            Refuse(
                name="address_change_begins_as_waiting",
                operation=pgtrigger.Insert,
                sentence="nobody has decided yet",
                condition=pgtrigger.Q(new__is_approved__isnull=False),
            ),
            ByRole(
                name="address_change_asked_for_by_administrators",
                operation=pgtrigger.Insert,
                field="requested_by_id",
                roles=[Role.ADMINISTRATOR.value],
                sentence="only administrators ask for other addresses",
            ),
            ByRole(
                name="address_change_by_administrators",
                operation=pgtrigger.Update,
                field="decided_by_id",
                roles=[Role.ADMINISTRATOR.value],
                sentence="only administrators decide about addresses",
            ),
            AppendOnly(
                name="address_change_decided_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__is_approved__isnull=False),
            ),
            NeverTruncated(name="address_change_never_truncated"),
        ]

    def __str__(self) -> str:
        """Show whose address it is, and what changes."""
        fields = ", ".join(f"{name}: {one['old']} → {one['new']}" for name, one in self.values.items())
        return f"{self.subject} ({fields})"

    @property
    def subject(self) -> Device | DeviceGroup:
        """Return the PC or the group."""
        subject = self.device or self.group
        assert subject is not None, "a constraint keeps one of both"
        return subject
