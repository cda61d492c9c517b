"""Exclusions: what was asked for, who decided, where it is, and that it ended."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.base.text import Text
from troubleshooting.domain.exclusions.approval import why_not_ones_own
from troubleshooting.domain.exclusions.exclusion import (
    APPROVED_OR_IN_FORCE,
    ENDED,
    ENDING,
    IN_FORCE,
    LAPSING,
    MAY_BE_THERE,
    TRANSITIONS,
    WITHOUT_APPROVAL,
    ExclusionKind,
    ExclusionStatus,
    Scope,
    ScopeKind,
    is_in_force_now,
)
from troubleshooting.models.case import Case
from troubleshooting.models.choices import IT_CODES, SEE_ALL_CASES, codes
from troubleshooting.models.decision import ExclusionDecision
from troubleshooting.models.device import Device, DeviceGroup
from troubleshooting.models.triggers import ByRole, NeverTruncated, Promise, Refuse, changed, listed, pairs, raising

if TYPE_CHECKING:
    from troubleshooting.models.user import User

# In the order of the table, so that constraints and migrations do not depend on hashes.
ENDED_CODES = [status.value for status in ExclusionStatus if status in ENDED]
OPEN_CODES = [status.value for status in ExclusionStatus if status not in ENDED]
LAPSING_CODES = [status.value for status in ExclusionStatus if status in LAPSING]
IN_FORCE_CODES = [status.value for status in ExclusionStatus if status in IN_FORCE]
APPROVED_OR_IN_FORCE_CODES = [status.value for status in ExclusionStatus if status in APPROVED_OR_IN_FORCE]
ENDING_CODES = [status.value for status in ExclusionStatus if status in ENDING]
DECIDED_CODES = [ExclusionStatus.APPROVED.value, *(s.value for s in ExclusionStatus if s in MAY_BE_THERE)]
WITHOUT_APPROVAL_CODES = [status.value for status in ExclusionStatus if status in WITHOUT_APPROVAL]


class ExclusionQuerySet(models.QuerySet["Exclusion"]):
    """Questions about exclusions."""

    def visible_to(self, person: User) -> ExclusionQuerySet:
        """Return the exclusions a person may open: those of their cases and their own, or all for IT and auditors."""
        if person.role in SEE_ALL_CASES:
            return self
        return self.filter(Q(requested_by=person) | Q(case__reporter=person) | Q(case__device_owner=person))

    def open(self) -> ExclusionQuerySet:
        """Return the exclusions that are not over."""
        return self.filter(status__in=OPEN_CODES)

    def undecided_by(self, person: User) -> ExclusionQuerySet:
        """Return what a reviewer could decide now: nothing of their own, nor decided by them in the present round."""
        decided = ExclusionDecision.objects.filter(exclusion=OuterRef("pk"), round=OuterRef("round"), by=person)
        waiting = self.filter(~Exists(decided), status=ExclusionStatus.REQUESTED)
        return waiting.exclude(Q(requested_by=person) | Q(case__reporter=person) | Q(case__device_owner=person))

    def in_force(self) -> ExclusionQuerySet:
        """Return the exclusions that are on PCs, or may be."""
        return self.filter(status__in=IN_FORCE_CODES)

    def due_to_expire(self, *, now: datetime) -> ExclusionQuerySet:
        """Return the exclusions in force whose end has come, and those of which nothing was sent until then."""
        return self.filter(status__in=[*LAPSING_CODES, *IN_FORCE_CODES], expires_at__lte=now)

    def locked(self) -> ExclusionQuerySet:
        """Lock the exclusion's own row until the transaction ends."""
        return self.select_for_update(of=("self",), no_key=True)


# What an approval is about, beside the row of it that is signed.
APPROVED_FIELDS = (
    "kind",
    "value",
    "scope_kind",
    "scope_device",
    "scope_group",
    "expires_at",
    "approvals_needed",
    "evidence",
    "reason",
)

APPROVED_BY_ENOUGH = f"""
    SELECT count(DISTINCT by_id) INTO people FROM troubleshooting_exclusiondecision
        WHERE exclusion_id = NEW.id AND round = NEW.round AND decision = 'approve' AND digest = NEW.digest;
    IF NEW.status <> 'approved' OR people < NEW.approvals_needed THEN
        {raising("exclusion_approved_by_enough: % of % approvals", "people", "NEW.approvals_needed")}
    END IF;
    RETURN NEW;
"""  # noqa: S608  nothing in it comes from outside


class Exclusion(models.Model):
    """A time-limited permission on PCs or in the tenant."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="exclusions")
    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=1024)  # exactly what is sent
    value_key = models.CharField(max_length=1024)  # for comparison: Windows tells no capital letters apart
    scope_kind = models.CharField(max_length=20)
    scope_device = models.ForeignKey(Device, models.PROTECT, null=True, blank=True, related_name="+")
    scope_group = models.ForeignKey(DeviceGroup, models.PROTECT, null=True, blank=True, related_name="+")
    reason_code = models.CharField(max_length=40)
    reason = models.TextField()
    evidence = models.JSONField()  # the verdict it rests on
    renews = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="renewals")
    findings = models.JSONField(default=list)  # what the linter said when it was asked for
    status = models.CharField(max_length=20, default=ExclusionStatus.REQUESTED.value)
    round = models.PositiveIntegerField(default=1)  # grows with every change, which resets the approvals
    approvals_needed = models.PositiveSmallIntegerField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_change = models.JSONField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    ended_by = models.ForeignKey(  # who withdrew or revoked it; None: the portal, or not ended yet
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = models.Manager.from_queryset(ExclusionQuerySet)()

    class Meta:
        ordering = ["-requested_at", "-pk"]
        verbose_name = _("exclusion")
        verbose_name_plural = _("exclusions")
        indexes = [
            models.Index(fields=["status", "expires_at"], name="exclusion_by_status"),
            models.Index(fields=["-requested_at", "-id"], name="exclusion_newest"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=codes(ExclusionKind)), name="exclusion_kind_known"),
            models.CheckConstraint(
                condition=Q(status__in=OPEN_CODES, ended_at__isnull=True)
                | Q(status__in=ENDED_CODES, ended_at__isnull=False),
                name="exclusion_ended_at_says_status",
            ),
            models.CheckConstraint(
                condition=Q(scope_kind="device", scope_device__isnull=False, scope_group__isnull=True)
                | Q(scope_kind="group", scope_device__isnull=True, scope_group__isnull=False)
                | Q(scope_kind="everyone", scope_device__isnull=True, scope_group__isnull=True),
                name="exclusion_scope_whole",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=DECIDED_CODES)
                | (Q(approved_at__isnull=False, approved_change__isnull=False) & ~Q(digest="")),
                name="exclusion_approval_whole",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("requested_at")), name="exclusion_ends"),
            models.CheckConstraint(
                condition=Q(approvals_needed__gte=2)
                | (Q(approvals_needed=1) & ~Q(kind="process") & ~Q(scope_kind="everyone")),
                name="exclusion_approvals_follow_reach",
            ),
            models.UniqueConstraint(
                fields=["kind", "value_key", "scope_kind", "scope_device", "scope_group"],
                condition=Q(status__in=OPEN_CODES, renews__isnull=True),
                nulls_distinct=False,
                name="exclusion_one_open_per_value_and_scope",
            ),
            models.UniqueConstraint(  # a tenant has one indicator for each value, with one end and one list of groups
                fields=["value_key"],
                condition=Q(status__in=OPEN_CODES, renews__isnull=True, kind="allow_indicator"),
                name="exclusion_one_open_indicator_per_value",
            ),
            models.UniqueConstraint(
                fields=["renews"],
                condition=Q(status__in=OPEN_CODES, renews__isnull=False),
                name="exclusion_one_open_renewal",
            ),
            # indicators know device groups, no single PC (docs/reference/exclusions.md section 2)
            models.CheckConstraint(
                condition=~Q(kind="allow_indicator") | ~Q(scope_kind="device"), name="exclusion_indicator_for_a_group"
            ),
        ]
        triggers = [
            Refuse(
                name="exclusion_begins_as_requested",
                operation=pgtrigger.Insert,
                condition=~pgtrigger.Q(new__status=ExclusionStatus.REQUESTED.value),
                sentence="it begins as a request",
            ),
            Refuse(
                name="exclusion_moves_known",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    f"OLD.status <> NEW.status AND OLD.status || '>' || NEW.status NOT IN {listed(pairs(TRANSITIONS))}"
                ),
                sentence="% cannot become %",
                values=("OLD.status", "NEW.status"),
            ),
            Refuse(
                name="exclusion_keeps_requester",
                operation=pgtrigger.Update,
                condition=changed("requested_by"),
                sentence="who asked for it stays",
            ),
            Refuse(
                name="exclusion_keeps_renewed",
                operation=pgtrigger.Update,
                condition=changed("renews"),
                sentence="what it renews stays",
            ),
            Refuse(
                name="exclusion_key_follows_value",
                operation=pgtrigger.Update,
                condition=changed("value_key") & ~changed("value"),
                sentence="it is looked for under the name of its value",
            ),
            Refuse(
                name="exclusion_round_never_goes_back",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__round__lt=pgtrigger.F("old__round")),
                sentence="the approvals of a round before stay reset",
            ),
            Refuse(
                name="exclusion_round_starts_as_request",
                operation=pgtrigger.Update,
                condition=changed("round") & ~pgtrigger.Q(new__status=ExclusionStatus.REQUESTED.value),
                sentence="a new round has no approvals",
            ),
            Refuse(
                name="exclusion_change_resets_approvals",
                operation=pgtrigger.Update,
                condition=changed(*APPROVED_FIELDS)
                & ~pgtrigger.Q(new__round__gt=pgtrigger.F("old__round"), new__status=ExclusionStatus.REQUESTED.value),
                sentence="a change begins a new round",
            ),
            Promise(
                name="exclusion_approved_by_enough",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status__in=WITHOUT_APPROVAL_CODES)
                & ~pgtrigger.Q(new__status__in=WITHOUT_APPROVAL_CODES),
                declare=[("people", "integer")],
                func=APPROVED_BY_ENOUGH,
            ),
            Refuse(
                name="exclusion_withdrawn_by_requester",
                operation=pgtrigger.Update,
                condition=changed("status")
                & pgtrigger.Q(new__status=ExclusionStatus.WITHDRAWN.value)
                & pgtrigger.Q(new__ended_by__df=pgtrigger.F("old__requested_by")),
                sentence="only who asked for it takes it back",
            ),
            ByRole(
                name="exclusion_revoked_by_it",
                operation=pgtrigger.Update,
                condition=changed("status")  # by nobody: the portal itself, of what differs from its approval
                & pgtrigger.Q(new__status=ExclusionStatus.REVOKED.value, new__ended_by__isnull=False),
                field="ended_by_id",
                roles=IT_CODES,
                sentence="only reviewers and administrators end it early",
            ),
            Refuse(
                name="exclusion_keeps_approval",
                operation=pgtrigger.Update,
                condition=changed("approved_at", "approved_change", "digest")
                & ~pgtrigger.Q(old__status=ExclusionStatus.REQUESTED.value, new__status=ExclusionStatus.APPROVED.value),
                sentence="what was approved is written when it is approved",
            ),
            Refuse(
                name="exclusion_keeps_end",
                operation=pgtrigger.Update,
                condition=(changed("ended_by", "ended_at") & ~changed("status"))
                | (changed("ended_by") & pgtrigger.Q(old__ended_by__isnull=False)),
                sentence="who ended it, and when, is written once",
            ),
            NeverTruncated(name="exclusion_never_truncated"),
        ]

    def __str__(self) -> str:
        """Show kind, value and status."""
        return f"{self.kind} {self.value} {self.status}"

    @property
    def scope(self) -> Scope:
        """Return for whom it holds."""
        kind = ScopeKind(self.scope_kind)
        return Scope(kind, self.scope_device_id or self.scope_group_id)

    def is_in_force(self, *, now: datetime) -> bool:
        """Tell whether it is in force and has not reached its end."""
        return is_in_force_now(ExclusionStatus(self.status), self.expires_at, now=now)

    def why_not_own(self, person: User) -> Text | None:
        """Return why the person may not decide because this is their own request or case; None where it is not."""
        people = (self.case.reporter_id, self.case.device_owner_id)
        return why_not_ones_own(person.pk, requester_id=self.requested_by_id, case_people=people)

    def is_decided_by(self, person: User) -> bool:
        """Tell whether the person has decided in the present round; uses the decisions that were prefetched."""
        return any(one.by_id == person.pk and one.round == self.round for one in self.decisions.all())
