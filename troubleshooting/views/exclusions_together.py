"""The page on which several requests with one cause are decided."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from troubleshooting import permissions
from troubleshooting.actions.exclusion_change import change_of
from troubleshooting.actions.exclusion_decisions import RequestChanged
from troubleshooting.actions.exclusions_together import (
    DifferentCauses,
    Outcome,
    approve_together,
    reject_together,
)
from troubleshooting.domain.exclusion import ExclusionKind
from troubleshooting.domain.exclusion_digest import digest
from troubleshooting.forms.exclusions_together import Answer, PickForm, TogetherForm
from troubleshooting.models import Exclusion
from troubleshooting.models.choices import EXCLUSION_STATUS_LABELS
from troubleshooting.queries.exclusions_together import chosen, read_together
from troubleshooting.queries.words import label_of
from troubleshooting.views.exclusion_rules import exclusion_rules, sentence_for
from troubleshooting.views.rights import or_forbidden, reader_of


@dataclass(frozen=True, slots=True)
class Line:
    """What came of one request."""

    pk: int
    case_number: str
    why_not: str  # "" where it was decided
    status: str
    status_label: Promise | None
    approvals_missing: int


@require_http_methods(["GET", "HEAD", "POST"])
def exclusions_together(request: HttpRequest) -> HttpResponse:
    """Show the requests that were chosen, each with its exact change; POST answers all of them."""
    with or_forbidden():
        permissions.check_may_decide_together(reader_of(request))
    if request.method != "POST":
        form = PickForm(request.GET)
        form.is_valid()
        return _page(request, form, TogetherForm())
    form = TogetherForm(request.POST)
    if not form.is_valid():
        return _page(request, form, form)
    try:
        outcomes = _decide(request, form)
    except DifferentCauses:
        return _page(request, form, form)  # which shows what belongs together
    return _done(request, form, outcomes)


def _page(request: HttpRequest, picked: PickForm, form: TogetherForm) -> HttpResponse:
    """Show what was picked as it is now; nothing that was typed is lost."""
    reader = reader_of(request)
    requests = picked.readable
    exclusions = list(chosen(reader, [seen.exclusion_id for seen in requests]))
    changes = {exclusion.pk: change_of(exclusion) for exclusion in exclusions}
    bound = {pk: (change.as_json(), digest(change)) for pk, change in changes.items()}
    context = {
        "together": read_together(exclusions, reader=reader, changes=bound),
        "missing": len(requests) - len(exclusions),
        "picked": picked,
        "form": form,
        "now": timezone.now(),
    }
    return render(request, "troubleshooting/exclusions/together.html", context)


def _decide(request: HttpRequest, form: TogetherForm) -> list[Outcome]:
    reader, now = reader_of(request), timezone.now()
    requests, note = form.cleaned_data["pick"], form.cleaned_data["note"]
    if form.cleaned_data["answer"] == Answer.REJECT:
        return reject_together(requests, by=reader, note=note, now=now)
    return approve_together(requests, by=reader, note=note, rules=exclusion_rules(), now=now)


def _done(request: HttpRequest, form: TogetherForm, outcomes: list[Outcome]) -> HttpResponse:
    """Say what came of each; what was decided stands, whatever became of the others."""
    reader = reader_of(request)
    found = {exclusion.pk: exclusion for exclusion in chosen(reader, [outcome.exclusion_id for outcome in outcomes])}
    lines = [_line(outcome, found.get(outcome.exclusion_id)) for outcome in outcomes]
    context = {
        "decided": [line for line in lines if not line.why_not],
        "left": [line for line in lines if line.why_not],
        "is_approved": form.cleaned_data["answer"] == Answer.APPROVE,
    }
    return render(request, "troubleshooting/exclusions/together_done.html", context)


def _line(outcome: Outcome, exclusion: Exclusion | None) -> Line:
    if exclusion is None:
        return Line(outcome.exclusion_id, "", _("There is no such request."), "", None, 0)
    given = [decision for decision in exclusion.decisions.all() if decision.round == exclusion.round]
    return Line(
        pk=exclusion.pk,
        case_number=exclusion.case.number,
        why_not=_why_not(outcome.error, exclusion) if outcome.error else "",
        status=exclusion.status,
        status_label=label_of(EXCLUSION_STATUS_LABELS, exclusion.status),
        approvals_missing=max(exclusion.approvals_needed - len(given), 0),
    )


def _why_not(error: Exception, exclusion: Exclusion) -> str:
    if isinstance(error, permissions.NotAllowed):
        return error.reason
    if isinstance(error, RequestChanged):
        return _("The request is not what you read: it changed meanwhile. Read it again and decide.")
    if isinstance(error, ObjectDoesNotExist):
        return _("There is no such request.")
    return sentence_for(error, kind=ExclusionKind(exclusion.kind), value=exclusion.value, scope=exclusion.scope)
