"""The submission to Microsoft: the sheet to copy from, what became of it, and the evidence to take along."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from troubleshooting import permissions
from troubleshooting.actions import submissions as actions
from troubleshooting.domain.submissions.submission import SubmissionStatus
from troubleshooting.forms.submissions.submission import CategoryForm, KeptForm, SentForm, StatusForm
from troubleshooting.models import Case
from troubleshooting.queries.base.people import zone_of
from troubleshooting.queries.checks.evidence import evidence_json as read_evidence_json
from troubleshooting.queries.checks.evidence import evidence_text as read_evidence_text
from troubleshooting.views.base.refusals import told
from troubleshooting.views.base.rights import reader_of, rights_of
from troubleshooting.views.submissions.found import case_of, evidence_of, sheet_of

RecordForm = SentForm | StatusForm


@require_http_methods(["GET", "HEAD", "POST"])
def submission(request: HttpRequest, number: str) -> HttpResponse:
    """Show the sheet, or why there is none; POST opens the submission."""
    case = case_of(request, number)
    if request.method == "POST":
        with told(request, _("The submission is ready to be sent. Copy its fields into Microsoft's form.")):
            actions.prepare_submission(case.pk, by=reader_of(request), now=timezone.now())
        return redirect("submission", number=number)
    return _page(request, case)


@require_POST
def submission_record(request: HttpRequest, number: str) -> HttpResponse:
    """Record the number after sending, or later what Microsoft says."""
    case = case_of(request, number)
    permissions.check_may_submit(reader_of(request), case)
    form: RecordForm = StatusForm(request.POST) if _is_sent(case) else SentForm(request.POST)
    if not form.is_valid():
        return _page(request, case, form=form)
    if isinstance(form, StatusForm):
        _record_status(request, case, form)
    else:
        _record_sent(request, case, form)
    return redirect("submission", number=number)


@require_POST
def submission_kept(request: HttpRequest, number: str) -> HttpResponse:
    """Record why the exclusion stays after Microsoft's answer."""
    case = case_of(request, number)
    permissions.check_may_submit(reader_of(request), case)
    form = KeptForm(request.POST)
    if not form.is_valid():
        return _page(request, case, kept_form=form)
    with told(request, _("Your reason is recorded. The exclusion still ends on its date.")):
        actions.record_kept(case.pk, by=reader_of(request), because=form.cleaned_data["because"], now=timezone.now())
    return redirect("submission", number=number)


@require_GET
def evidence_json(request: HttpRequest, number: str) -> HttpResponse:
    """Return the evidence as a JSON file."""
    case, run = evidence_of(request, number)
    now = timezone.now()
    actions.record_export(case.pk, by=reader_of(request), form="json", now=now)
    response = JsonResponse(read_evidence_json(case, run), json_dumps_params={"indent": 2, "ensure_ascii": False})
    return _as_download(response, f"{case.number}-evidence.json")


@require_GET
def evidence_text(request: HttpRequest, number: str) -> HttpResponse:
    """Return the evidence as a readable text file."""
    case, run = evidence_of(request, number)
    now = timezone.now()
    actions.record_export(case.pk, by=reader_of(request), form="text", now=now)
    text = read_evidence_text(case, run, time_zone=zone_of(case.reporter))
    return _as_download(HttpResponse(text, content_type="text/plain; charset=utf-8"), f"{case.number}-evidence.txt")


def _page(
    request: HttpRequest, case: Case, *, form: RecordForm | None = None, kept_form: KeptForm | None = None
) -> HttpResponse:
    reader = reader_of(request)
    categories = CategoryForm(request.GET)
    sheet = sheet_of(request, case, category=categories.category_or_none())
    right_form = sheet.links[0].code if sheet.links else ""
    is_sent = sheet.record is not None and sheet.record.is_sent
    context = {
        "case": case,
        "sheet": sheet,
        "category_form": categories,
        "record_form": form or (StatusForm() if is_sent else SentForm(initial={"form": right_form})),
        "kept_form": kept_form or KeptForm(),
        "rights": rights_of(reader, case),
        "now": timezone.now(),
    }
    return render(request, "troubleshooting/submissions/sheet.html", context)


def _is_sent(case: Case) -> bool:
    newest = case.submissions.last()
    return newest is not None and newest.sent_at is not None


def _record_sent(request: HttpRequest, case: Case, form: SentForm) -> None:
    reader, now = reader_of(request), timezone.now()
    done = _("The case is now waiting for Microsoft. Record their answer here once the submission history shows it.")
    with told(request, done):
        actions.prepare_submission(case.pk, by=reader, now=now)  # where the sheet was copied without opening it first
        actions.record_sent(case.pk, by=reader, now=now, **form.cleaned_data)


def _record_status(request: HttpRequest, case: Case, form: StatusForm) -> None:
    status, answer = SubmissionStatus(str(form.cleaned_data["status"])), str(form.cleaned_data["determination"])
    done = _("The answer is recorded. Next: have the PC checked again, and close the case if the problem is gone.")
    if status is not SubmissionStatus.CLOSED:
        done = _("The status is recorded. The case is still waiting for Microsoft's answer.")
    with told(request, done):
        actions.record_status(case.pk, by=reader_of(request), status=status, determination=answer, now=timezone.now())


def _as_download(response: HttpResponse, filename: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
