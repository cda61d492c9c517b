"""What the polled fragments and the transcripts share."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from troubleshooting.queries.checks.transcript import Visited, read_raw_answer
from troubleshooting.views.base.numbers import read_number
from troubleshooting.views.base.rights import is_refresh

CASE_CHANGED = "case-changed"  # the event on which the rest of the case page reloads itself


def short_answer(
    request: HttpRequest, is_unchanged: Callable[[int, str], bool], *, pk: int, token: str
) -> HttpResponse | None:
    """Answer 204 where the page that asks shows the row as it is, or send nobody to the sign-in; None: render it."""
    if token and is_unchanged(pk, token):
        return HttpResponse(status=204)
    is_free = request.user.is_authenticated and not request.user.must_change_password
    return None if is_free else _to_login(request)


def raw_answer(request: HttpRequest, of: Visited, wanted: str) -> HttpResponse:
    """Return one raw answer of a visit: a fragment for htmx, else plain text."""
    number = read_number(wanted)
    raw = read_raw_answer(of, number) if number is not None else None
    if raw is None:
        raise Http404
    if is_refresh(request):
        return render(request, "troubleshooting/checks/_raw_answer.html", {"raw": raw})
    return HttpResponse(raw, content_type="text/plain; charset=utf-8")


def _to_login(request: HttpRequest) -> HttpResponse:
    """Send the reader to the sign-in; htmx follows its own header."""
    if not is_refresh(request):
        return redirect_to_login(request.get_full_path())
    shown = urlsplit(request.headers.get("HX-Current-URL", "")).path or reverse("home")
    response = HttpResponse(status=401)
    response["HX-Redirect"] = redirect_to_login(shown).url
    return response
