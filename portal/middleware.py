"""What holds for every request, whatever page it is for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from django.contrib.auth import middleware
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# PostgreSQL has no NUL in a text, and half of a surrogate pair has no UTF-8.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
UNREADABLE_CHARSET = "unreadable"

BAD_CHARACTER = gettext_noop(
    "It contains a character that cannot be stored. This can happen when text is copied from a file that is not plain "
    "text. Type the text again."
)
BAD_CHARSET = gettext_noop("It is written in a character set other than UTF-8.")
BAD_PAGE = gettext_noop("It does not say properly which page it comes from. Load the page again.")
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


class NoStoreMiddleware:
    """Nothing that a view answers is kept by a browser or a proxy; static files are served above this, and are."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set the header on every answer."""
        response = self.get_response(request)
        response["Cache-Control"] = "no-store"
        return response


class OddInputMiddleware:
    """Refuse with 400 and a sentence what no view or table can hold, before anything reads it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer 400, or hand the request on."""
        wrong = _what_is_wrong(request)
        if wrong is None:
            return self.get_response(request)
        return HttpResponse(render_to_string("400.html", {"reason": _(wrong)}), status=400)


class ReadableRequest(WSGIRequest):
    """Django reads the content type before any middleware; a broken one would end in a traceback."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]  # not in the stubs
        except (LookupError, ValueError):  # it also decodes the query, in whatever the content type names
            self.content_type, self.content_params = "", {"charset": UNREADABLE_CHARSET}


def _what_is_wrong(request: HttpRequest) -> str | None:
    charset = (request.content_params or {}).get("charset", "utf-8")
    if charset.lower() != "utf-8":
        return BAD_CHARSET
    if not _is_address(request.headers.get("HX-Current-URL", "")):
        return BAD_PAGE
    if any(map(UNSTORABLE.search, _texts_around(request))):
        return BAD_CHARACTER
    try:
        form = list(_texts_of(request.POST))  # names of files: Django drops what cannot be printed
    except SuspiciousOperation:
        raise  # too large, or too many fields: Django's own answer
    except (LookupError, MultiPartParserError, UnreadablePostError, ValueError):
        return BAD_FORM
    return BAD_CHARACTER if any(map(UNSTORABLE.search, form)) else None


def _is_address(text: str) -> bool:
    try:
        for spelling in (text, unquote(text)):
            urlsplit(spelling).port  # noqa: B018  raises
    except ValueError:
        return False
    return UNSTORABLE.search(unquote(text)) is None


def _texts_around(request: HttpRequest) -> Iterator[str]:
    yield request.path
    yield from request.COOKIES.keys()
    yield from request.COOKIES.values()
    yield from _texts_of(request.GET)


def _texts_of(query: QueryDict) -> Iterator[str]:
    for name, values in query.lists():
        yield name
        yield from map(str, values)
