"""The live checklist, what ran on the PC, and the buttons that steer a check run."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from troubleshooting import permissions
from troubleshooting.actions.checks import check_runs as actions
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.models import CheckRun
from troubleshooting.queries.base.processes import is_worker_lost
from troubleshooting.queries.checks import checklist as checklists
from troubleshooting.queries.checks.given import read_given
from troubleshooting.queries.checks.transcript import read_transcript
from troubleshooting.views.base.fragments import CASE_CHANGED, raw_answer, short_answer
from troubleshooting.views.base.refusals import told
from troubleshooting.views.base.rights import is_refresh, reader_of, rights_of


@login_not_required  # the signed token answers for an unchanged poll; everything else signs in below
@require_GET
def checklist(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the checklist of a run; 204 where the page that asks shows it as it is, and a worker is there."""
    token = request.GET.get("seen", "")
    good_token = "" if _waits_in_vain(pk, token) else token
    short = short_answer(request, checklists.is_unchanged, pk=pk, token=good_token)
    return short or _changed_checklist(request, pk, token)


@require_GET
def transcript(request: HttpRequest, pk: int) -> HttpResponse:
    """Show every command that a run sent to the PC, or one raw answer (``?answer=``)."""
    reader = reader_of(request)
    run = _run(request, pk)
    permissions.check_may_see_transcript(reader, run.case)
    wanted = request.GET.get("answer", "")
    if wanted:
        return raw_answer(request, run, wanted)
    context = {
        "run": run,
        "case": run.case,
        "visits": read_transcript(run),
        "given": read_given(run, reader=reader),
        "for_it": permissions.sees_everything(reader),
        "now": timezone.now(),
    }
    return render(request, "troubleshooting/checks/transcript.html", context)


@require_POST
def check_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a check."""
    run = _run(request, pk)
    with told(request, _("The check is stopping. What the PC has answered so far is kept.")):
        actions.cancel_check_run(run.pk, by=reader_of(request), now=timezone.now())
    return redirect("case", number=run.case.number)


@require_POST
def check_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a PC that is waited for at once."""
    run = _run(request, pk)
    with told(request, _("The portal is trying to reach the PC now.")):
        actions.retry_check_run(run.pk, by=reader_of(request), now=timezone.now())
    return redirect("case", number=run.case.number)


def _waits_in_vain(pk: int, token: str) -> bool:
    """Tell whether the page shows a queued run, and no worker is there to take it; a query only for queued ones."""
    seen = checklists.read_token(token, pk)
    return seen is not None and seen.status == RunStatus.QUEUED and is_worker_lost(now=timezone.now())


def _changed_checklist(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    """Render the fragment for whoever may open the case."""
    run = _run(request, pk)
    reader, now = reader_of(request), timezone.now()
    is_missed = run.status in {RunStatus.QUEUED, RunStatus.WAITING} and is_worker_lost(now=now)
    context = {
        "checklist": checklists.read_checklist(run, reader=reader, is_worker_lost=is_missed),
        "rights": rights_of(reader, run.case),
        "is_refresh": is_refresh(request),
        "now": now,
    }
    response = render(request, "troubleshooting/checks/_checklist.html", context)
    seen = checklists.read_token(token, pk)
    if seen is None or seen.status != run.status:
        response["HX-Trigger-After-Swap"] = CASE_CHANGED
    return response


def _run(request: HttpRequest, pk: int) -> CheckRun:
    return get_object_or_404(checklists.runs_visible_to(reader_of(request)), pk=pk)
