"""The pack of a case: everything as it was found, or without names for people outside IT."""

from __future__ import annotations

from typing import NamedTuple

from django.contrib import messages
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from troubleshooting.actions.submissions import record_export
from troubleshooting.domain.submissions.pack import CHECKSUMS, MANIFEST, PackFile
from troubleshooting.domain.submissions.redaction import TooManyNames
from troubleshooting.forms.submissions.submission import RedactionForm
from troubleshooting.models import Case
from troubleshooting.queries.base.words import translated
from troubleshooting.queries.submissions.pack import Pack, read_pack, read_redacted_pack
from troubleshooting.views.base.rights import reader_of
from troubleshooting.views.submissions.found import evidence_of, sheet_of

LONGEST_SHOWN = 1_000_000  # characters of one file that a browser still shows well


class ShownFile(NamedTuple):
    """A file of the pack with its text, to look at before it leaves."""

    file: PackFile
    text: str
    is_cut: bool


@require_http_methods(["GET", "HEAD", "POST"])
def pack(request: HttpRequest, number: str) -> HttpResponseBase:
    """Show what is in the pack; POST downloads it."""
    case, run = evidence_of(request, number)
    whole = read_pack(case, run, sheet_of(request, case))
    if request.method == "POST":
        return _download(request, case, whole, form="pack")
    return render(request, "troubleshooting/submissions/pack.html", {"case": case, "pack": whole})


@sensitive_post_parameters("words")
@require_http_methods(["GET", "HEAD", "POST"])
def redacted_pack(request: HttpRequest, number: str) -> HttpResponseBase:
    """Show the pack without names, whole; POST downloads exactly what was shown, or shows it anew."""
    case, run = evidence_of(request, number)
    form = RedactionForm(request.POST or None)
    words = form.cleaned_data["words"] if form.is_valid() else ()
    try:
        redacted = read_redacted_pack(case, run, sheet_of(request, case), own_words=words)
    except TooManyNames as refused:
        messages.warning(request, translated(refused.text))
        return redirect("pack", number=number)
    wants_file = request.method == "POST" and "download" in request.POST and form.is_valid()
    was_seen = request.POST.get("seen") == redacted.digest
    if wants_file and was_seen:
        return _download(request, case, redacted, form="redacted pack")
    context = {
        "case": case,
        "pack": redacted,
        "shown": [_shown(one) for one in redacted.files if one.name not in (MANIFEST, CHECKSUMS)],
        "form": form if request.method == "POST" else RedactionForm(),
        "is_changed": wants_file,
    }
    return render(request, "troubleshooting/submissions/redacted_pack.html", context)


def _shown(file: PackFile) -> ShownFile:
    text = b"".join(file.chunks()).decode()
    return ShownFile(file, text[:LONGEST_SHOWN], is_cut=len(text) > LONGEST_SHOWN)


def _download(request: HttpRequest, case: Case, found: Pack, *, form: str) -> StreamingHttpResponse:
    record_export(case.pk, by=reader_of(request), form=form, now=timezone.now())
    response = StreamingHttpResponse(found.chunks(), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{found.name}"'
    return response
