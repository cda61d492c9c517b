"""The request to renew an exclusion: a new end and why; value and scope stay."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from troubleshooting.domain.advice.lint_base import Draft, LintFinding
from troubleshooting.domain.advice.lint_texts import LintCode
from troubleshooting.domain.advice.linter import lint
from troubleshooting.domain.evidence.snapshot import Snapshot
from troubleshooting.domain.exclusions.exclusion import USUAL_LIFETIME, ExclusionKind
from troubleshooting.domain.exclusions.values import read_value
from troubleshooting.forms.base.fields import LongTextField
from troubleshooting.forms.exclusions.request import EndField, sentences
from troubleshooting.models import Exclusion
from troubleshooting.models.choices import EXCLUSION_REASON_LABELS, choices_of
from troubleshooting.queries.exclusions.request_page import lint_context

OWN_DOING = frozenset({LintCode.PRESENT_ON_DEVICE, LintCode.ALREADY_ALLOWED})  # what is to be renewed put it there


class RenewForm(forms.Form):
    """A new last day, and why it is needed for longer. What the linter refuses stands at the top."""

    ends_on = EndField(label=gettext_lazy("New last day"))
    reason_code = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[("", gettext_lazy("Choose …")), *choices_of(EXCLUSION_REASON_LABELS)],
        error_messages={
            "required": gettext_lazy("Choose a reason, for example “Business need”."),
            "invalid_choice": gettext_lazy("Choose a reason from the list, for example “Business need”."),
        },
    )
    reason = LongTextField(
        label=gettext_lazy("Why is it needed for longer?"),
        help_text=gettext_lazy(
            "The people who decide read this: what still does not work without it, and what you have tried."
        ),
        max_length=2000,
        error_messages={
            "required": gettext_lazy("Write why it is needed for longer, for example “Microsoft has not answered”."),
            "max_length": gettext_lazy("Shorten this to 2,000 characters."),
            "null_characters_not_allowed": gettext_lazy("This contains control characters. Type it again."),
        },
    )

    def __init__(
        self,
        *args: Any,
        exclusion: Exclusion,
        snapshot: Snapshot | None,
        now: datetime,
        zone: tzinfo,
        longest: timedelta,
        **kwargs: Any,
    ) -> None:
        """Take what is to be renewed, what its PC said last, the moment, the person's zone and the longest time."""
        super().__init__(*args, **kwargs)
        self.exclusion, self.snapshot, self.now, self.longest = exclusion, snapshot, now, longest
        self.findings: tuple[LintFinding, ...] = ()
        end = self.fields["ends_on"]
        assert isinstance(end, EndField)
        end.prepare(now=now, latest=now + longest, zone=zone)
        end.initial = (now + min(USUAL_LIFETIME, longest)).astimezone(zone).date()

    def clean(self) -> dict[str, Any]:
        """Ask the linter once more; the exclusion that is to be renewed speaks not against itself."""
        cleaned = super().clean() or {}
        end: datetime | None = cleaned.get("ends_on")
        if end is None:
            return cleaned
        kind = ExclusionKind(self.exclusion.kind)
        draft = Draft(kind, read_value(kind, self.exclusion.value), self.exclusion.scope, end - self.now)
        report = self.exclusion.case.report
        context = lint_context(report, self.snapshot, draft, longest=self.longest, renews=self.exclusion)
        found = lint(draft, context)
        self.findings = tuple(finding for finding in found if finding.code not in OWN_DOING)
        for finding in self.findings:
            if finding.is_refusal:
                self.add_error(None, sentences(finding))
        return cleaned
