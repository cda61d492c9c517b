"""The page on which several requests with one cause are decided, and the one that says what came of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TypedDict
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from troubleshooting import permissions
from troubleshooting.actions.exclusions.binding import change_of
from troubleshooting.actions.exclusions.bulk import Outcome, approve_in_bulk, reject_in_bulk
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.exclusions.digest import canonical_json, digest
from troubleshooting.forms.exclusions.bulk import Answer, BulkForm, PickForm
from troubleshooting.models import Exclusion
from troubleshooting.models.choices import EXCLUSION_STATUS_LABELS
from troubleshooting.queries.base.words import label_of, translated
from troubleshooting.queries.exclusions.bulk import chosen, read_in_bulk
from troubleshooting.views.base.refusals import explain_in
from troubleshooting.views.base.rights import reader_of
from troubleshooting.views.exclusions.rules import exclusion_rules

ANSWERS = "decided_in_bulk"  # in the session: name of an answer -> what came of it
REMEMBERED = 5


class Kept(TypedDict):
    """What came of one answer, as plain JSON."""

    is_approved: bool
    lines: list[tuple[int, str]]  # number of the request, and why it was not decided ("": it was)


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
def exclusions_in_bulk(request: HttpRequest) -> HttpResponse:
    """Show the requests that were chosen, each with its exact change; POST answers all of them and goes on."""
    permissions.check_may_decide_in_bulk(reader_of(request))
    if request.method != "POST":
        form = PickForm(request.GET)
        form.is_valid()
        return _page(request, form, BulkForm())
    form = BulkForm(request.POST)
    if not form.is_valid():
        return _page(request, form, form)
    try:
        outcomes = _decide(request, form)
        return redirect(f"{reverse('exclusions-decided')}?{urlencode({'answer': _keep(request, form, outcomes)})}")
    except Refused as refused:
        explain_in(form, refused)
    return _page(request, form, form)  # which shows what belongs together


@require_GET
def exclusions_decided(request: HttpRequest) -> HttpResponse:
    """Say what came of an answer; what was decided stands, whatever became of the others."""
    reader = reader_of(request)
    permissions.check_may_decide_in_bulk(reader)
    kept: Kept | None = request.session.get(ANSWERS, {}).get(request.GET.get("answer", ""))
    if kept is None:
        messages.info(
            request, _("The result of that decision is no longer available. The list shows the status of each request.")
        )
        return redirect("exclusions")
    why_not = dict(kept["lines"])
    found = {exclusion.pk: exclusion for exclusion in chosen(reader, list(why_not))}
    lines = [_line(pk, words, found.get(pk)) for pk, words in why_not.items()]
    context = {
        "decided": [line for line in lines if not line.why_not],
        "left": [line for line in lines if line.why_not],
        "is_approved": kept["is_approved"],
    }
    return render(request, "troubleshooting/exclusions/bulk_done.html", context)


def _page(request: HttpRequest, picked: PickForm, form: BulkForm) -> HttpResponse:
    """Show what was picked as it is now; nothing that was typed is lost."""
    reader = reader_of(request)
    requests = picked.readable
    exclusions = list(chosen(reader, [seen.exclusion_id for seen in requests]))
    changes = {exclusion.pk: change_of(exclusion) for exclusion in exclusions}
    bound = {pk: (change.as_json(), digest(change)) for pk, change in changes.items()}
    context = {
        "together": read_in_bulk(exclusions, reader=reader, changes=bound),
        "missing": len(requests) - len(exclusions),
        "picked": picked,
        "form": form,
        "now": timezone.now(),
    }
    return render(request, "troubleshooting/exclusions/bulk.html", context)


def _decide(request: HttpRequest, form: BulkForm) -> list[Outcome]:
    reader, now = reader_of(request), timezone.now()
    requests, note = form.cleaned_data["pick"], form.cleaned_data["note"]
    if form.cleaned_data["answer"] == Answer.REJECT:
        return reject_in_bulk(requests, by=reader, note=note, now=now)
    return approve_in_bulk(requests, by=reader, note=note, rules=exclusion_rules(), now=now)


def _keep(request: HttpRequest, form: BulkForm, outcomes: list[Outcome]) -> str:
    """Keep what came of an answer in the session, and give its name: the same one for the same answer sent again."""
    kept = Kept(
        is_approved=form.cleaned_data["answer"] == Answer.APPROVE,
        lines=[(one.exclusion_id, translated(one.why_not) if one.why_not else "") for one in outcomes],
    )
    requests = [[seen.exclusion_id, seen.digest] for seen in form.cleaned_data["pick"]]
    said = canonical_json([requests, form.cleaned_data["answer"], form.cleaned_data["note"]])
    name = hashlib.sha256(said.encode()).hexdigest()[:16]
    before = [(known, value) for known, value in request.session.get(ANSWERS, {}).items() if known != name]
    request.session[ANSWERS] = dict([*before, (name, kept)][-REMEMBERED:])
    return name


def _line(pk: int, why_not: str, exclusion: Exclusion | None) -> Line:
    if exclusion is None:
        return Line(pk, "", why_not, "", None, 0)
    given = [decision for decision in exclusion.decisions.all() if decision.round == exclusion.round]
    return Line(
        pk=exclusion.pk,
        case_number=exclusion.case.number,
        why_not=why_not,
        status=exclusion.status,
        status_label=label_of(EXCLUSION_STATUS_LABELS, exclusion.status),
        approvals_missing=max(exclusion.approvals_needed - len(given), 0),
    )
