"""Where an exclusion is: on each PC of its scope, or in the tenant."""

from __future__ import annotations

from datetime import datetime

import pgtrigger
from django.db import models
from django.db.models import Q

from troubleshooting.domain.exclusions.placement import OPEN as PLACEMENT_OPEN
from troubleshooting.domain.exclusions.placement import TRANSITIONS, PlacementStatus
from troubleshooting.models.attempts import TimedAttempts, is_due
from troubleshooting.models.choices import codes
from troubleshooting.models.device import Device
from troubleshooting.models.exclusion import Exclusion
from troubleshooting.models.triggers import NeverTruncated, Refuse, listed, pairs

# In the order of the table, so that constraints and migrations do not depend on hashes.
OPEN_PLACEMENT_CODES = [status.value for status in PlacementStatus if status in PLACEMENT_OPEN]
TO_VISIT_CODES = [PlacementStatus.WAITING.value, PlacementStatus.APPLYING.value, PlacementStatus.REMOVING.value]


class PlacementQuerySet(models.QuerySet["Placement"]):
    """Questions about where exclusions are."""

    def wanting_a_visit(self, *, now: datetime) -> PlacementQuerySet:
        """Return the placements whose PC, or whose tenant, has to be visited now."""
        return self.filter(is_due(now=now), status__in=TO_VISIT_CODES)

    def locked(self) -> PlacementQuerySet:
        """Lock the placement's own row until the transaction ends."""
        return self.select_for_update(of=("self",), no_key=True)


class Placement(TimedAttempts):
    """One exclusion on one PC, or in the tenant."""

    exclusion = models.ForeignKey(Exclusion, models.PROTECT, related_name="placements")
    device = models.ForeignKey(  # None: in the tenant
        Device, models.PROTECT, null=True, blank=True, related_name="placements"
    )
    status = models.CharField(max_length=20, default=PlacementStatus.WAITING.value)
    is_canary = models.BooleanField(default=False)  # among the first few; the others wait for these
    was_there_before = models.BooleanField(null=True)  # found before the portal put it: not the portal's to remove
    indicator_id = models.CharField(max_length=100, blank=True)  # how the tenant names it
    outcome = models.CharField(max_length=40, blank=True)
    # Until when a command of a lost connection may still be carried out on the PC.
    late_put_until = models.DateTimeField(null=True, blank=True)
    late_removal_until = models.DateTimeField(null=True, blank=True)
    put_at = models.DateTimeField(null=True, blank=True)  # just before the first command that may have put it
    verified_at = models.DateTimeField(null=True, blank=True)
    event_at = models.DateTimeField(null=True, blank=True)  # event 5007 that tells of it, by the PC's own clock
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = models.Manager.from_queryset(PlacementQuerySet)()

    class Meta:
        ordering = ["-is_canary", "device__hostname"]
        indexes = [  # for the sweep, among the many that need no visit any more
            models.Index(fields=["next_attempt_at"], condition=Q(status__in=TO_VISIT_CODES), name="placement_to_visit")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["exclusion", "device"], nulls_distinct=False, name="placement_one_per_device"
            ),
            models.CheckConstraint(condition=Q(status__in=codes(PlacementStatus)), name="placement_status_known"),
            models.CheckConstraint(condition=Q(device=None) | Q(indicator_id=""), name="placement_indicator_in_tenant"),
            models.CheckConstraint(
                condition=Q(status__in=OPEN_PLACEMENT_CODES, ended_at__isnull=True)
                | (~Q(status__in=OPEN_PLACEMENT_CODES) & Q(ended_at__isnull=False)),
                name="placement_ended_at_says_status",
            ),
        ]
        triggers = [
            Refuse(
                name="placement_begins_as_waiting",
                operation=pgtrigger.Insert,
                condition=~pgtrigger.Q(new__status=PlacementStatus.WAITING.value),
                sentence="it waits to be put",
            ),
            Refuse(
                name="placement_moves_known",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    f"OLD.status <> NEW.status AND OLD.status || '>' || NEW.status NOT IN {listed(pairs(TRANSITIONS))}"
                ),
                sentence="% cannot become %",
                values=("OLD.status", "NEW.status"),
            ),
            NeverTruncated(name="placement_never_truncated"),
        ]

    def __str__(self) -> str:
        """Show exclusion, PC and status."""
        return f"{self.exclusion_id} on {self.device_id or 'tenant'}: {self.status}"
