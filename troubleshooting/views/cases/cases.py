"""The list of cases, the page of one case, and what a person may do there."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from troubleshooting import permissions
from troubleshooting.actions.activity_log import record_list_export
from troubleshooting.actions.cases import cases as actions
from troubleshooting.actions.checks.check_runs import start_check_run
from troubleshooting.domain.base.masking import mask_text
from troubleshooting.domain.cases.case import Stage
from troubleshooting.forms.cases.case_filter import CaseFilterForm, chips, query_string
from troubleshooting.models import Case
from troubleshooting.queries.base.paging import COUNTED_TO
from troubleshooting.queries.base.processes import is_worker_lost
from troubleshooting.queries.cases.case_list import export_cases, list_cases
from troubleshooting.queries.cases.case_page import read_case_page
from troubleshooting.queries.cases.solving import read_solving
from troubleshooting.queries.cases.timeline import read_timeline_page
from troubleshooting.queries.exclusions.exclusion_list import exclusions_of, is_exclusion_sensible
from troubleshooting.views.base.files import csv_file
from troubleshooting.views.base.paging import cursor_of, page_urls
from troubleshooting.views.base.refusals import told
from troubleshooting.views.base.rights import is_refresh, reader_of, rights_of

LONGEST_NOTE = 2000  # characters
CSV_COLUMNS = (
    "number", "opened", "changed", "stage", "problem", "address", "program", "pc", "reporter", "verdict", "confidence",
)  # fmt: skip


@require_GET
def cases(request: HttpRequest) -> HttpResponseBase:
    """List the cases that the reader may open, filtered by the address bar; ``?as=csv`` gives all of them as a file."""
    reader = reader_of(request)
    form = CaseFilterForm(request.GET)
    wanted = form.wanted()
    if request.GET.get("as") == "csv" and permissions.may_list_all(reader):
        record_list_export("cases", by=reader, filters=query_string(wanted), now=timezone.now())
        return csv_file(export_cases(reader, wanted), columns=CSV_COLUMNS, name=f"cases-{timezone.now():%Y-%m-%d}")
    cursor = cursor_of(request)
    found = list_cases(reader, wanted, cursor=cursor)
    query = query_string(wanted)
    context = {
        "list": found,
        "form": form,
        "chips": chips(wanted),
        "is_filtered": not wanted.is_empty,
        "is_paged": cursor is not None,
        "found": _count(found.total),
        **page_urls(query, newer=found.newer, older=found.older),
        "csv_url": f"?{query}&as=csv" if query else "?as=csv",
        "list_url": reverse("cases"),
        "now": timezone.now(),
    }
    return render(request, "troubleshooting/cases/list.html", context)


@require_GET
def case(request: HttpRequest, number: str) -> HttpResponse:
    """Show one case."""
    found = _case(request, number)
    reader, now = reader_of(request), timezone.now()
    rights = rights_of(reader, found)
    is_missed = found.stage == Stage.CHECKING and is_worker_lost(now=now)
    page = read_case_page(found, reader=reader, may_test=rights.consent, is_worker_lost=is_missed)
    solving = read_solving(found)
    asks = solving.in_force is not None and not page.test.is_live
    context = {
        "page": page,
        "checklist": page.checklist,
        "step": page.test,
        "rights": rights,
        "exclusions": exclusions_of(found),
        "is_exclusion_sensible": is_exclusion_sensible(found),
        "solving": solving,
        "may_close": rights.solve and (solving.unproved is None or permissions.is_party(reader, found)),
        "asks_whether_it_works": rights.solve and asks and permissions.may_say_blocked(reader, found),
        "is_refresh": is_refresh(request),
        "now": now,
    }
    return render(request, "troubleshooting/cases/detail.html", context)


@require_GET
def case_timeline(request: HttpRequest, number: str) -> HttpResponse:
    """Show everything that happened in a case, a page at a time."""
    found = _case(request, number)
    timeline = read_timeline_page(found, reader=reader_of(request), cursor=cursor_of(request))
    pages = page_urls("", newer=timeline.newer, older=timeline.older)
    context = {"case": found, "timeline": timeline, "now": timezone.now(), **pages}
    return render(request, "troubleshooting/cases/timeline.html", context)


@require_POST
def check_start(request: HttpRequest, number: str) -> HttpResponse:
    """Have the PC checked (again)."""
    found, now = _case(request, number), timezone.now()
    done = _("The check of %(pc)s begins. The result will appear here. You can close this page.")
    with told(request, done % {"pc": found.device.hostname}):
        start_check_run(
            found.pk,
            by=reader_of(request),
            now=now,
            deadline=settings.CHECK_RUN_DEADLINE,
            limits=settings.CASE_LIMITS,
        )
    return redirect("case", number=number)


@require_POST
def case_withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Close a case because the reporter does not need it any more."""
    found = _case(request, number)
    with told(request, _("The case is withdrawn. You can report the problem again at any time.")):
        actions.withdraw_case(found.pk, by=reader_of(request), now=timezone.now())
    return redirect("case", number=number)


@require_POST
def case_solve(request: HttpRequest, number: str) -> HttpResponse:
    """Close a case because it works now."""
    found = _case(request, number)
    note = mask_text(request.POST.get("note", "").strip())[:LONGEST_NOTE]
    done = _("The case is closed as solved. If the problem comes back, have the PC checked again from here.")
    with told(request, done):
        actions.solve_case(found.pk, by=reader_of(request), note=note, now=timezone.now())
    return redirect("case", number=number)


def _case(request: HttpRequest, number: str) -> Case:
    """Return the case if the reader may open it, else 404."""
    visible = Case.objects.visible_to(reader_of(request)).select_related("device", "reporter")
    return get_object_or_404(visible, number=number)


def _count(total: int) -> str:
    if total >= COUNTED_TO:
        return _("More than %(count)s cases") % {"count": COUNTED_TO - 1}
    return ngettext("%(n)d case", "%(n)d cases", total) % {"n": total}
