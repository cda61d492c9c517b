"""The filters of the list of differences from the register, read from the address bar."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.drift.drift import DriftCode
from troubleshooting.forms.cases.case_filter import ANY, Chip
from troubleshooting.models.choices import choices_of
from troubleshooting.queries.drift.drift_list import (
    DRIFT_LABELS,
    STATE_LABELS,
    WHERE_LABELS,
    DriftFilter,
    DriftState,
    Where,
)


class DriftFilterForm(forms.Form):
    """What to list. A value that is not known is left out, so that an old bookmark still opens."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Value, PC, account or case")}),
    )
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[(state.value, label) for state, label in STATE_LABELS.items()]
    )
    code = forms.ChoiceField(label=_("Difference"), required=False, choices=[*ANY, *choices_of(DRIFT_LABELS)])
    where = forms.ChoiceField(label=_("Where"), required=False, choices=[*ANY, *choices_of(WHERE_LABELS)])

    def wanted(self) -> DriftFilter:
        """Return the filter; fields in error count as empty, and without a state what differs now is shown."""
        self.is_valid()
        cleaned = self.cleaned_data
        return DriftFilter(
            state=DriftState(cleaned.get("state") or DriftState.PRESENT),
            code=DriftCode(cleaned["code"]) if cleaned.get("code") else None,
            where=Where(cleaned["where"]) if cleaned.get("where") else None,
            search=cleaned.get("q", ""),
        )


def query_string(wanted: DriftFilter) -> str:
    """Return the filter as it stands in the address bar, without the question mark."""
    parts = {
        "q": wanted.search,
        "state": wanted.state.value if wanted.state is not DriftState.PRESENT else "",
        "code": wanted.code.value if wanted.code else "",
        "where": wanted.where.value if wanted.where else "",
    }
    return urlencode({name: value for name, value in parts.items() if value})


def chips(wanted: DriftFilter) -> tuple[Chip, ...]:
    """Return one chip for each filter in force; taking the state away shows what differs now."""
    is_usual = wanted.state is DriftState.PRESENT
    found = [
        (_("Search"), wanted.search, replace(wanted, search="")),
        (_("State"), None if is_usual else STATE_LABELS[wanted.state], replace(wanted, state=DriftState.PRESENT)),
        (_("Difference"), wanted.code and DRIFT_LABELS[wanted.code], replace(wanted, code=None)),
        (_("Where"), wanted.where and WHERE_LABELS[wanted.where], replace(wanted, where=None)),
    ]
    return tuple(Chip(name, value, query_string(without)) for name, value, without in found if value)
