"""The filters of the list of cases, read from the address bar."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.cases.case import ProblemKind, Stage
from troubleshooting.models.choices import PROBLEM_LABELS, STAGE_LABELS, VERDICT_LABELS, choices_of
from troubleshooting.queries.cases.case_list import NO_VERDICT, CaseFilter

ANY = [("", _("Any"))]


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in force, and the query string that takes it away."""

    name: Promise
    value: str | Promise
    query_without: str


class CaseFilterForm(forms.Form):
    """What to list. A value that is not known is left out, so that an old bookmark still opens."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Number, site, PC or person")}),
    )
    stage = forms.ChoiceField(label=_("Stage"), required=False, choices=[*ANY, *choices_of(STAGE_LABELS)])
    kind = forms.ChoiceField(label=_("Problem"), required=False, choices=[*ANY, *choices_of(PROBLEM_LABELS)])
    verdict = forms.ChoiceField(
        label=_("Verdict"),
        required=False,
        choices=[*ANY, (NO_VERDICT, _("None yet")), *choices_of(VERDICT_LABELS)],
    )
    waiting = forms.BooleanField(label=_("Waiting for IT"), required=False)

    def wanted(self) -> CaseFilter:
        """Return the filter; fields in error count as empty."""
        self.is_valid()
        cleaned = self.cleaned_data
        return CaseFilter(
            stage=Stage(cleaned["stage"]) if cleaned.get("stage") else None,
            kind=ProblemKind(cleaned["kind"]) if cleaned.get("kind") else None,
            verdict=cleaned.get("verdict", ""),
            waiting_for_it=cleaned.get("waiting", False),
            search=cleaned.get("q", ""),
        )


def query_string(wanted: CaseFilter) -> str:
    """Return the filter as it stands in the address bar, without the question mark."""
    parts = {
        "q": wanted.search,
        "stage": wanted.stage.value if wanted.stage else "",
        "kind": wanted.kind.value if wanted.kind else "",
        "verdict": wanted.verdict,
        "waiting": "on" if wanted.waiting_for_it else "",
    }
    return urlencode({name: value for name, value in parts.items() if value})


def chips(wanted: CaseFilter) -> tuple[Chip, ...]:
    """Return one chip for each filter in force."""
    verdicts = {NO_VERDICT: _("None yet"), **dict(choices_of(VERDICT_LABELS))}
    found: list[tuple[Promise, str | Promise | None, CaseFilter]] = [
        (_("Search"), wanted.search, replace(wanted, search="")),
        (_("Stage"), wanted.stage and STAGE_LABELS[wanted.stage], replace(wanted, stage=None)),
        (_("Problem"), wanted.kind and PROBLEM_LABELS[wanted.kind], replace(wanted, kind=None)),
        (_("Verdict"), wanted.verdict and verdicts.get(wanted.verdict), replace(wanted, verdict="")),
        (_("Waiting for"), _("IT") if wanted.waiting_for_it else None, replace(wanted, waiting_for_it=False)),
    ]
    return tuple(Chip(name, value, query_string(without)) for name, value, without in found if value)
