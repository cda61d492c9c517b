"""The report of a problem: one form in five steps, or one page without JavaScript."""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from troubleshooting.actions.cases.cases import open_case
from troubleshooting.actions.checks.limits import TooMany
from troubleshooting.forms.cases.report import STEPS, ReportForm
from troubleshooting.models import User
from troubleshooting.models.choices import Role
from troubleshooting.permissions import NotAllowed
from troubleshooting.queries.base.people import zone_of
from troubleshooting.queries.cases.device_choices import DeviceChoice, device_choices
from troubleshooting.queries.cases.known_programs import known_programs
from troubleshooting.queries.cases.report_review import ReviewRow, review_rows
from troubleshooting.views.base.rights import reader_of

SENT = "sent_reports"  # in the session: token of a form -> number of the case it led to
REMEMBERED = 20


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Show the form, perhaps filled from the address bar; take the report and go on to its case."""
    person = _reporter(request)
    now = timezone.now()
    devices = device_choices(person)
    zone = zone_of(person)
    if request.method != "POST":
        form = ReportForm.prefilled(request.GET.dict(), devices=devices, now=now, zone=zone)
        return _show(request, form, devices, now=now)
    form = ReportForm(request.POST, devices=devices, now=now, zone=zone)
    if form.ask_to_look() or not form.is_valid():
        return _show(request, form, devices, now=now)
    try:
        number, is_new = _open_once(request, form, now=now)
    except TooMany as refused:
        return _show(request, form, devices, now=now, refused=refused)
    if not is_new:
        messages.info(request, _("You have already sent this report. Here is its case."))
    return redirect("case", number)


@require_POST
def report_step(request: HttpRequest, step: int) -> HttpResponse:
    """Judge one step of a form that is being filled in; the answer is that step, and whether to go on."""
    person = _reporter(request)
    present = next((known for known in STEPS if known.number == step), None)
    if present is None:
        raise Http404
    now = timezone.now()
    form = ReportForm(request.POST, devices=device_choices(person), now=now, zone=zone_of(person))
    context = _context(form, now=now) | {"step": present, "fields": form.fields_of(present), "has_review": True}
    response = render(request, "troubleshooting/report/_checked_step.html", context)
    verdict = {"step": step, "good": form.is_step_valid(present)}
    response["HX-Trigger-After-Settle"] = json.dumps({"report:checked": verdict})
    return response


def _reporter(request: HttpRequest) -> User:
    """Return the person; an auditor, who only reads, is sent away with a reason."""
    person = reader_of(request)
    if person.role == Role.AUDITOR:
        raise NotAllowed(_("Auditors have read access only; they cannot report problems."))
    return person


def _show(
    request: HttpRequest,
    form: ReportForm,
    devices: tuple[DeviceChoice, ...],
    *,
    now: datetime,
    refused: TooMany | None = None,
) -> HttpResponse:
    if not devices:
        return render(request, "troubleshooting/report/no_device.html")
    context = _context(form, now=now) | {
        "refused": refused,
        "token": request.POST.get("token") or secrets.token_urlsafe(16),
        "programs": known_programs((choice.device for choice in devices), now=now),
    }
    return render(request, "troubleshooting/report/report.html", context)


def _context(form: ReportForm, *, now: datetime) -> dict[str, Any]:
    wrong = form.first_wrong_step() if form.is_bound else None
    return {
        "form": form,
        "steps": [(step, form.fields_of(step)) for step in STEPS],
        "last_step": STEPS[-1].number,
        "wrong_step": wrong,
        "review": _review(form) if form.is_bound else [],
        "now": now,
    }


def _review(form: ReportForm) -> list[ReviewRow]:
    typed = form.typed_address if form.read_as else ""
    return review_rows(form.cleaned_data, hostname=form.hostname, typed_address=typed)


@transaction.atomic
def _open_once(request: HttpRequest, form: ReportForm, *, now: datetime) -> tuple[str, bool]:
    """Open the case of a form and give (its number, True); a form sent again leads to the same case (…, False).

    The person's row is locked, so that a double click is two sendings one after the other; what was sent is kept in
    the session, read afresh under the lock.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=reader_of(request).pk)
    token = request.POST.get("token", "")[:64]
    sent: dict[str, str] = type(request.session)(request.session.session_key).get(SENT, {})
    if token and token in sent and person.cases.filter(number=sent[token]).exists():
        return sent[token], False
    case = open_case(
        person,
        form.chosen_device,
        report=form.to_report(),
        typed_address=form.typed_address,
        now=now,
        deadline=settings.CHECK_RUN_DEADLINE,
        limits=settings.CASE_LIMITS,
    )
    if token:
        request.session[SENT] = dict([*sent.items(), (token, case.number)][-REMEMBERED:])
        request.session.save()
        request.session.modified = False  # the middleware has nothing more to save
    return case.number, True
