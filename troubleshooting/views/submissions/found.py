"""The case whose submission or evidence a page is about."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from troubleshooting import permissions
from troubleshooting.domain.submissions.submission import Company
from troubleshooting.models import Case, CheckRun
from troubleshooting.queries.base.people import zone_of
from troubleshooting.queries.submissions.sheet import SubmissionSheet, judged_run, read_sheet
from troubleshooting.views.base.rights import reader_of


def case_of(request: HttpRequest, number: str) -> Case:
    """Return the case if the reader may open it and its submission: else 404, or 403 with the reason."""
    reader = reader_of(request)
    visible = Case.objects.visible_to(reader).select_related("device", "reporter")
    case = get_object_or_404(visible, number=number)
    permissions.check_may_see_submission(reader, case)
    return case


def evidence_of(request: HttpRequest, number: str) -> tuple[Case, CheckRun]:
    """Return such a case with the run that its evidence is from; 404 where there is none."""
    case = case_of(request, number)
    run = judged_run(case) or case.check_runs.first()
    if run is None:
        raise Http404
    return case, run


def sheet_of(request: HttpRequest, case: Case, *, category: str = "") -> SubmissionSheet:
    """Return the sheet for Microsoft's form as the reader would send it."""
    return read_sheet(
        case,
        company=Company(name=settings.COMPANY_NAME, said=settings.COMPANY_SAID),
        contact=reader_of(request).email,
        time_zone=zone_of(case.reporter),
        category=category,
    )
