"""The page on which an exclusion is asked for."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from troubleshooting import permissions
from troubleshooting.actions.exclusions.requests import request_exclusion
from troubleshooting.domain.advice.proposal import NARROWEST_SCOPE
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.exclusions.exclusion import ExclusionKind, ScopeKind
from troubleshooting.domain.exclusions.value_errors import TENANT_NOT_SET_UP
from troubleshooting.forms.exclusions.request import ExclusionForm
from troubleshooting.models import Case
from troubleshooting.queries.base.people import zone_of
from troubleshooting.queries.exclusions.request_page import AskPage, read_ask_page
from troubleshooting.views.base.refusals import explain_in
from troubleshooting.views.base.rights import reader_of
from troubleshooting.views.exclusions.rules import exclusion_rules, kinds_set_up


@require_http_methods(["GET", "HEAD", "POST"])
def exclusion_ask(request: HttpRequest, number: str) -> HttpResponse:
    """Say what could be asked for and what each would open up, or why nothing; POST asks."""
    reader, now = reader_of(request), timezone.now()
    visible = Case.objects.visible_to(reader).select_related("device__group", "reporter")
    case = get_object_or_404(visible, number=number)
    permissions.check_may_request_exclusion(reader, case)
    page = read_ask_page(case)
    form = _form(request, case, page, now=now)
    if request.method == "POST" and page.why_not is None and form.is_valid():
        try:
            asked = request_exclusion(case.pk, form.request(), by=reader, rules=exclusion_rules(), now=now)
            messages.info(request, _("IT has been asked. A reviewer decides, and this page shows the decision."))
            return redirect("exclusion", pk=asked.pk)
        except Refused as refused:
            explain_in(form, refused)
    context = {
        "case": case,
        "page": page,
        "form": form,
        "for_it": permissions.sees_everything(reader),
        "not_set_up": TENANT_NOT_SET_UP,
        "kinds": [kind.value for kind in kinds_set_up()],
    }
    return render(request, "troubleshooting/exclusions/request.html", context)


def _form(request: HttpRequest, case: Case, page: AskPage, *, now: datetime) -> ExclusionForm:
    """Return the form: what was sent, else what a proposal names in the address."""
    named = {name: request.GET.get(name, "")[:1024] for name in ("kind", "value")}
    kinds = kinds_set_up()
    kind = named["kind"] if named["kind"] in set(kinds) else ""
    scope = NARROWEST_SCOPE[ExclusionKind(kind)] if kind else ScopeKind.DEVICE
    return ExclusionForm(
        request.POST if request.method == "POST" else None,
        initial={"kind": kind, "value": named["value"], "scope": scope.value},
        case=case,
        page=page,
        now=now,
        zone=zone_of(reader_of(request)),
        longest=exclusion_rules().longest,
        kinds=kinds,
    )
