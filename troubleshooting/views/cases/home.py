"""The first page, and how network protection works in plain words."""

from __future__ import annotations

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from troubleshooting.forms.cases.report import KIND_CARDS
from troubleshooting.models.choices import PROBLEM_LABELS, Role
from troubleshooting.permissions import may_renew_exclusion, sees_everything
from troubleshooting.queries.cases.home import own_cases, stage_counts
from troubleshooting.queries.cases.solving import said_to_be_blocked
from troubleshooting.queries.exclusions.ending import count_ending_soon, ending_soon
from troubleshooting.queries.submissions.awaited import awaited
from troubleshooting.views.base.rights import reader_of


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Ask what is going wrong and list the person's own cases; show IT and auditors what waits for whom."""
    person = reader_of(request)
    context = {
        "kinds": [(kind.value, label, *KIND_CARDS[kind]) for kind, label in PROBLEM_LABELS.items()],
        "may_report": person.role != Role.AUDITOR,
        "own": own_cases(person),
        "counts": stage_counts() if sees_everything(person) else (),
        "ending": ending_soon(person, may_renew=partial(may_renew_exclusion, person)),
        "ending_count": count_ending_soon() if sees_everything(person) else 0,
        "awaited": awaited(now=timezone.now()) if sees_everything(person) else None,
        "blocked_count": said_to_be_blocked().count() if sees_everything(person) else 0,
        "now": timezone.now(),
    }
    return render(request, "troubleshooting/home/home.html", context)


@require_safe
def how_it_works(request: HttpRequest) -> HttpResponse:
    """Explain network protection and this portal to employees."""
    return render(request, "troubleshooting/home/help.html")
