"""What an employee reported, and where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Lower
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.cases.case import OPEN, ProblemKind, Program, Report, Stage, UnblockButton
from troubleshooting.domain.cases.indicator import Indicator
from troubleshooting.models.choices import SEE_ALL_CASES, codes
from troubleshooting.models.device import Device
from troubleshooting.models.triggers import NeverTruncated

if TYPE_CHECKING:
    from troubleshooting.models.user import User

# In the order of the table, so that constraints and migrations do not depend on hashes.
OPEN_CODES = [stage.value for stage in Stage if stage in OPEN]
CLOSED_CODES = [stage.value for stage in Stage if stage not in OPEN]


class CaseQuerySet(models.QuerySet["Case"]):
    """Questions about cases; pages start from the person."""

    def visible_to(self, person: User) -> CaseQuerySet:
        """Return the cases a person may open: their own, those on what was their PC, or all for IT and auditors."""
        if person.role in SEE_ALL_CASES:
            return self
        return self.filter(Q(reporter=person) | Q(device_owner=person))

    def open(self) -> CaseQuerySet:
        """Return the cases that are not over."""
        return self.filter(stage__in=OPEN_CODES)

    def locked(self) -> CaseQuerySet:
        """Lock the case's own row until the transaction ends."""
        return self.select_for_update(of=("self",), no_key=True)


class CaseCounter(models.Model):
    """The last serial given out in a year; its row lock keeps the numbers without gaps."""

    year = models.PositiveIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        triggers = [NeverTruncated(name="case_counter_never_truncated")]

    def __str__(self) -> str:
        """Show year and serial."""
        return f"{self.year}: {self.last}"


class Case(models.Model):
    """One reported problem on one PC."""

    number = models.CharField(_("number"), max_length=20, unique=True)
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="cases")
    device = models.ForeignKey(Device, models.PROTECT, related_name="cases")
    # Whose PC it was when the case was opened: a later owner inherits none of it.
    device_owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=40)
    typed_address = models.CharField(max_length=2100)  # as typed, for the record
    indicator_kind = models.CharField(max_length=10)
    indicator_value = models.CharField(max_length=2100)
    indicator_host = models.CharField(max_length=253, db_index=True)
    indicator = models.JSONField()
    program = models.CharField(max_length=20)
    program_name = models.CharField(max_length=260, blank=True)
    happened_at = models.DateTimeField()
    saw = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    unblock = models.CharField(max_length=20, default=UnblockButton.UNKNOWN.value)
    stage = models.CharField(max_length=20, default=Stage.CHECKING.value)
    verdict_code = models.CharField(max_length=40, blank=True)
    verdict_confidence = models.CharField(max_length=10, blank=True)
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    search_text = models.GeneratedField(  # so that a search reads one column, and lowers nothing
        expression=Lower(Concat("number", Value(" "), "indicator_host", Value(" "), "indicator_value")),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = models.Manager.from_queryset(CaseQuerySet)()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="case_newest_change"),
            models.Index(fields=["reporter", "-opened_at"], name="case_of_reporter"),
            models.Index(fields=["stage", "-updated_at"], name="case_by_stage"),
            models.Index(fields=["verdict_code", "-updated_at", "-id"], name="case_by_verdict"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=codes(ProblemKind)), name="case_kind_known"),
            models.CheckConstraint(condition=Q(program__in=codes(Program)), name="case_program_known"),
            models.CheckConstraint(condition=Q(unblock__in=codes(UnblockButton)), name="case_unblock_known"),
            models.CheckConstraint(
                condition=Q(stage__in=OPEN_CODES, closed_at__isnull=True)
                | Q(stage__in=CLOSED_CODES, closed_at__isnull=False),
                name="case_closed_at_says_stage",
            ),
            models.CheckConstraint(
                condition=Q(verdict_code="", verdict_confidence="") | (~Q(verdict_code="") & ~Q(verdict_confidence="")),
                name="case_verdict_whole",
            ),
            models.CheckConstraint(condition=Q(updated_at__gte=F("opened_at")), name="case_updated_after_opened"),
        ]
        triggers = [NeverTruncated(name="case_never_truncated")]

    def __str__(self) -> str:
        """Show the number people use."""
        return self.number

    @property
    def report(self) -> Report:
        """Return the report as the rules need it."""
        return Report(
            kind=ProblemKind(self.kind),
            indicator=Indicator.from_json(self.indicator),
            program=Program(self.program),
            program_name=self.program_name,
            happened_at=self.happened_at,
            saw=self.saw,
            reason=self.reason,
            unblock=UnblockButton(self.unblock),
        )
