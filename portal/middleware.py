"""What holds for every request, whatever page it is for."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from io import BytesIO
from math import ceil
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from django.conf import settings
from django.contrib.auth import middleware
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from portal.rates import counts_in, rate_limit_of

log = structlog.get_logger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# PostgreSQL has no NUL in a text, and half of a surrogate pair has no UTF-8.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
UNREADABLE = "unreadable"
MOST_DIGITS = 18

BAD_CHARACTER = gettext_noop(
    "It contains a character that cannot be stored. This can happen when text is copied from a file that is not plain "
    "text. Type the text again."
)
BAD_CHARSET = gettext_noop("It is written in a character set other than UTF-8.")
BAD_PAGE = gettext_noop("It does not say properly which page it comes from. Load the page again.")
TOO_LARGE = gettext_noop("It is larger than %(kilobytes)s KB, the most that the portal takes at once.")
TOO_OFTEN = gettext_noop(
    "You have done this many times in a short while. You can do it again in %(wait)s. Nothing was changed."
)
A_WHILE_S = 90  # beyond it, in minutes
BAD_FORM = gettext_noop("Its form arrived incomplete or damaged. Send it again.")


class LoginRequiredMiddleware(middleware.LoginRequiredMiddleware):
    """Django's own would ask for the person first, and cost views that need none a query (the checklist's poll)."""

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: tuple[Any, ...], view_kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Let views pass that need no sign-in; ask for it everywhere else."""
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


class OwnPasswordMiddleware:
    """Lead a person whose password somebody else has set to the page that changes it, and nowhere else but out."""

    allowed = frozenset({"password", "logout"})

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Hand the request on; the view is not known yet."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: tuple[Any, ...], view_kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Ask only where a sign-in is asked for."""
        match = request.resolver_match
        if not getattr(view_func, "login_required", True) or (match and match.url_name in self.allowed):
            return None
        return redirect("password") if getattr(request.user, "must_change_password", False) else None


class NoStoreMiddleware:
    """Nothing that a view answers is kept by a browser or a proxy; static files are served above this, and are."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set the header on every answer."""
        response = self.get_response(request)
        response["Cache-Control"] = "no-store"
        return response


class BodyLimitMiddleware:
    """Refuse with 413 and a sentence what is larger than its path takes, before it is read."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer 413, or 400 where the length is no number, or hand the request on."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdecimal() and len(length) <= MOST_DIGITS):
            return _refusal(400, BAD_FORM)
        most = _largest_body(request.path_info)
        if int(length) > most:
            return _refusal(413, TOO_LARGE, kilobytes=most // 1024)
        return self.get_response(request)


def _largest_body(path: str) -> int:
    """Return how many bytes a request to that path may have."""
    return next((most for shape, most in settings.LARGER_BODIES if shape.fullmatch(path)), settings.LARGEST_BODY)


class OddInputMiddleware:
    """Refuse with 400 and a sentence what no view or table can hold, before anything reads it.

    In a form, the view comes first: it can say which field is meant, and keep the others as they were typed.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer 400, or hand the request on."""
        wrong = _what_is_wrong(request)
        if wrong is None:
            return self.get_response(request)
        return _refusal(400, wrong)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Refuse a form that holds what cannot be stored, where the view did not say so beside the field."""
        if isinstance(exception, (ValueError, DatabaseError)) and _holds_unstorable(request.POST):
            return _refusal(400, BAD_CHARACTER)
        return None


class RateLimitMiddleware:
    """Refuse with 429 and a sentence what one person does too often (portal/rates.py), before its view does anything.

    Stands below whatever asks who it is and whether the form is ours.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Hand the request on; the view is not known yet."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: tuple[Any, ...], view_kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Count the request, or say how long to wait."""
        match = request.resolver_match
        limit = rate_limit_of(match.view_name, request.method or "", request.GET.dict()) if match else None
        rates = settings.RATES.get(limit.name) if limit else None
        if limit is None or rates is None or request.user.pk is None:
            return None
        wait = counts_in(settings.REDIS_URL).take(rates, limit.name, str(request.user.pk))
        if wait is None:
            return None
        log.warning("too_often", limit=limit.name, user_id=request.user.pk)
        return _too_often(request, wait)


class ReadableRequest(WSGIRequest):
    """Django reads the content type before any middleware; a broken one would end in a traceback.

    It also takes a body in chunks for none. It is read here, up to the first byte that is too many.
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        if environ.get("HTTP_TRANSFER_ENCODING") and not environ.get("CONTENT_LENGTH"):
            _take_chunks(environ)
        super().__init__(environ)

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]  # not in the stubs
        except (LookupError, ValueError):  # it also decodes the query, in whatever the content type names
            self.content_type, self.content_params = "", {"charset": UNREADABLE}


def _take_chunks(environ: dict[str, Any]) -> None:
    try:
        body = environ["wsgi.input"].read(settings.LARGEST_BODY + 1)
    except OSError:
        environ["CONTENT_LENGTH"] = UNREADABLE
        return
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = BytesIO(body), str(len(body))


def _refusal(status: int, reason: str, **values: object) -> HttpResponse:
    """Return the page without asking who is signed in, since that would read a cookie."""
    page = "413.html" if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else "400.html"
    return HttpResponse(render_to_string(page, {"reason": _(reason) % values}), status=status)


def _too_often(request: HttpRequest, wait: timedelta) -> HttpResponse:
    """Return the sentence as a message for htmx, else as a page that can send the same again, with what was typed."""
    seconds = ceil(wait.total_seconds())
    sentence = _(TOO_OFTEN) % {"wait": _in_words(seconds)}
    headers = {"Retry-After": str(seconds)}
    if request.headers.get("HX-Request") == "true":
        notice = {"tone": "warn", "text": sentence}
        headers |= {"HX-Retarget": "#messages", "HX-Reswap": "innerHTML"}
        return HttpResponse(render_to_string("components/_notice.html", notice), status=429, headers=headers)
    is_form = request.content_type == "application/x-www-form-urlencoded"
    typed = [(name, text) for name, texts in request.POST.lists() for text in texts] if is_form else []
    context = {
        "reason": sentence,
        "typed": [(name, text) for name, text in typed if name != "csrfmiddlewaretoken"],
        "is_form": is_form,
        "path": request.get_full_path(),
    }
    return HttpResponse(render_to_string("429.html", context, request), status=429, headers=headers)


def _in_words(seconds: int) -> str:
    if seconds <= A_WHILE_S:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    minutes = ceil(seconds / 60)
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


def _what_is_wrong(request: HttpRequest) -> str | None:
    charset = (request.content_params or {}).get("charset", "utf-8")
    if charset.lower() != "utf-8":
        return BAD_CHARSET
    if not _is_address(request.headers.get("HX-Current-URL", "")):
        return BAD_PAGE
    around = [request.path, *request.COOKIES.keys(), *request.COOKIES.values()]
    if any(map(UNSTORABLE.search, around)) or _holds_unstorable(request.GET):
        return BAD_CHARACTER
    try:
        request.POST  # noqa: B018  parsed here, once
    except SuspiciousOperation:
        raise  # too large, or too many fields: Django's own answer
    except (LookupError, MultiPartParserError, UnreadablePostError, ValueError):
        return BAD_FORM
    return None


def _is_address(text: str) -> bool:
    try:
        for spelling in (text, unquote(text)):
            urlsplit(spelling).port  # noqa: B018  raises
    except ValueError:
        return False
    return UNSTORABLE.search(unquote(text)) is None


def _holds_unstorable(query: QueryDict) -> bool:
    texts = (text for name, values in query.lists() for text in (name, *map(str, values)))
    return any(map(UNSTORABLE.search, texts))
