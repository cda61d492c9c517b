"""Every part of the pages with one example, for developers; absent from production."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.checks.finding import CheckStatus
from troubleshooting.forms.base.fields import AddressField, CardSelect
from troubleshooting.forms.cases.case_filter import CaseFilterForm
from troubleshooting.forms.cases.report import KIND_CARDS
from troubleshooting.models.choices import PROBLEM_LABELS, choices_of

LONG = "https://an-unusually-long-host-name.department-of-something.example.com/" + "path/" * 30


class ExampleForm(forms.Form):
    """A field with a hint, one with an error, and a choice."""

    name = forms.CharField(label="Name of the program", help_text="As it is written in the Start menu.")
    address = AddressField(label="Address of the site", help_text="Copy it from the address bar.")
    kind = forms.ChoiceField(
        label="What is going wrong?", choices=choices_of(PROBLEM_LABELS), widget=CardSelect(KIND_CARDS)
    )


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show each component once."""
    if not settings.SHOW_STYLEGUIDE:
        raise Http404
    now = timezone.now()
    form = ExampleForm({"name": "Outlook", "address": "no address", "kind": ProblemKind.SAFE_SITE_BLOCKED})
    context = {"now": now, "form": form, "filter_form": CaseFilterForm(), "long": LONG, **_examples(now)}
    return render(request, "troubleshooting/styleguide/styleguide.html", context)


def _examples(now: datetime) -> dict[str, Any]:
    minutes = timedelta(minutes=1)
    return {
        "tones": ["good", "warn", "bad", "info", "quiet"],
        "statuses": [status.value for status in CheckStatus],
        "moments": [now - 20 * minutes / 60, now - 4 * minutes, now - 200 * minutes, now - timedelta(days=40)],
        "since": now - 2 * minutes,
        "ends_at": now + 13 * minutes,
        "steps": [
            {"label": "Reported", "state": "done", "note": "10:02"},
            {"label": "Checking the PC", "state": "current", "note": "since 2 minutes"},
            {"label": "Decision of IT", "state": "todo", "note": ""},
            {"label": "Solved", "state": "todo", "note": ""},
        ],
        "entries": [
            {"at": now - 9 * minutes, "who": "Emma Meyer", "text": "Reported the problem", "detail": "", "tone": ""},
            {"at": now - 8 * minutes, "who": "portal", "text": "PC-0142 was visited", "detail": LONG, "tone": "good"},
            {"at": now, "who": "Ivo Kern", "text": "Sent to Microsoft", "detail": "", "tone": "info"},
        ],
        "rows": [
            {"label": "Operating system", "value": "Windows 11 Enterprise 24H2", "note": "build 26100"},
            {"label": "Address", "value": LONG, "note": "", "is_code": True},
            {"label": "Running mode", "value": "", "note": ""},
        ],
        "words": {
            "notice": "Your PC is not fully protected: real-time protection is off. You don't need to do anything.",
            "next": "Next: IT decides, usually within one working day. You don't need to do anything.",
            "over": "Time is over. Protection is being turned back on.",
            "version": "1.421.1033.0",
            "hint": "At most 1,900 characters.",
        },
        "file": {
            "name": "NP-2026-00001-evidence.json",
            "about": "Everything the PC answered, unchanged.",
        },
        "empty": {
            "title": "No cases yet",
            "text": "A case appears here when someone reports a problem.",
        },
        "dialog_words": {
            "opener": "Withdraw the report",
            "title": "Withdraw this report?",
            "text": "The check is stopped and the case is closed. This cannot be undone.",
            "keep": "Keep it",
            "note": "Why?",
        },
        "chips": [{"name": "Stage", "value": "Checked", "query_without": "kind=safe_site_blocked"}],
    }
