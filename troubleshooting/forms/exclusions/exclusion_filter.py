"""The filters of the list of exclusions, read from the address bar."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.forms.cases.case_filter import ANY, Chip
from troubleshooting.models.choices import EXCLUSION_KIND_LABELS, choices_of
from troubleshooting.queries.exclusions.exclusion_list import STATE_LABELS, ExclusionFilter, ListState


class ExclusionFilterForm(forms.Form):
    """What to list. A value that is not known is left out, so that an old bookmark still opens."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Value, case, PC or person")}),
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[(state.value, label) for state, label in STATE_LABELS.items()],
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[*ANY, *choices_of(EXCLUSION_KIND_LABELS)])

    def wanted(self) -> ExclusionFilter:
        """Return the filter; fields in error count as empty, and without a state what is to be decided comes first."""
        self.is_valid()
        cleaned = self.cleaned_data
        return ExclusionFilter(
            state=ListState(cleaned.get("state") or ListState.TO_DECIDE),
            kind=ExclusionKind(cleaned["kind"]) if cleaned.get("kind") else None,
            search=cleaned.get("q", ""),
        )


def query_string(wanted: ExclusionFilter) -> str:
    """Return the filter as it stands in the address bar, without the question mark."""
    parts = {
        "q": wanted.search,
        "state": wanted.state.value if wanted.state is not ListState.TO_DECIDE else "",
        "kind": wanted.kind.value if wanted.kind else "",
    }
    return urlencode({name: value for name, value in parts.items() if value})


def chips(wanted: ExclusionFilter) -> tuple[Chip, ...]:
    """Return one chip for each filter in force; taking the state away shows all."""
    is_all = wanted.state is ListState.ALL
    found = [
        (_("Search"), wanted.search, replace(wanted, search="")),
        (_("State"), None if is_all else STATE_LABELS[wanted.state], replace(wanted, state=ListState.ALL)),
        (_("Kind"), wanted.kind and EXCLUSION_KIND_LABELS[wanted.kind], replace(wanted, kind=None)),
    ]
    return tuple(Chip(name, value, query_string(without)) for name, value, without in found if value)
