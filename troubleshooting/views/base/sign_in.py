"""The way in: guessing is slowed down, and what happens is recorded."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, redirect_to_login
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from troubleshooting.actions.sign_in import (
    Attempt,
    account_key,
    begin_attempt,
    record_failure,
    record_sign_in,
)
from troubleshooting.models import User

COOKIE = "known_browser"
COOKIE_AGE = timedelta(days=180)
SALT = "portal.known-browser"
MOST_ACCOUNTS = 5  # of one browser; those that signed in last


class SignIn(LoginView):
    """Django's own page, with waits between attempts."""

    redirect_authenticated_user = True
    attempt: Attempt

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Look at the password only if the attempt does not come too early."""
        account = request.POST.get("username", "").strip()
        if not account or not request.POST.get("password"):
            return super().post(request, *args, **kwargs)
        self.attempt = attempt_of(request, account)
        wait = begin_attempt(self.attempt, now=timezone.now())
        if wait is not None:
            form = AuthenticationForm(request, initial={"username": account})
            return too_early(self.render_to_response(self.get_context_data(form=form, wait=said(wait))), wait)
        return super().post(request, *args, **kwargs)

    @method_decorator(transaction.atomic)
    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, record it, and know this browser from now on."""
        person = form.get_user()
        assert isinstance(person, User)
        response = super().form_valid(form)
        record_sign_in(self.attempt, person, now=timezone.now())
        _remember(self.request, response, self.attempt)
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Record it, unless a field was left empty."""
        if hasattr(self, "attempt"):
            record_failure(self.attempt, now=timezone.now())
        return super().form_invalid(form)


def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Send people from the administration's own sign-in to the portal's, which is the only one."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next", ""))


def attempt_of(request: HttpRequest, account: str) -> Attempt:
    """Return who wants to sign in from where."""
    known = _known(request)
    browser = known["browser"] if account_key(account) in known["accounts"] else ""
    return Attempt(account, address_of(request), browser)


def address_of(request: HttpRequest) -> str:
    """Return the client's address; the last of a list is the one that our own proxy has seen."""
    if settings.BEHIND_TLS_PROXY:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded
    return str(request.META.get("REMOTE_ADDR", ""))


def too_early(response: HttpResponse, wait: timedelta) -> HttpResponse:
    """Mark an answer as given before the attempt was looked at."""
    response.status_code = 429
    response["Retry-After"] = str(ceil(wait.total_seconds()))
    return response


def said(wait: timedelta) -> str:
    """Return the sentence that tells a person to wait."""
    seconds = ceil(wait.total_seconds())
    message = ngettext(
        "There were several wrong passwords. Wait one second, then try again.",
        "There were several wrong passwords. Wait %(seconds)d seconds, then try again.",
        seconds,
    )
    return f"{message % {'seconds': seconds}} {_('This attempt was not checked.')}"


def _known(request: HttpRequest) -> dict[str, Any]:
    """Return the browser's mark and the accounts that have signed in with it."""
    try:
        found = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=COOKIE_AGE)
    except signing.BadSignature:
        return {"browser": "", "accounts": []}
    return dict(found)


def _remember(request: HttpRequest, response: HttpResponse, attempt: Attempt) -> None:
    known = _known(request)
    others = [key for key in known["accounts"] if key != attempt.account_key]
    now_known = {
        "browser": known["browser"] or uuid4().hex,
        "accounts": [*others, attempt.account_key][-MOST_ACCOUNTS:],
    }
    response.set_cookie(
        COOKIE,
        signing.dumps(now_known, salt=SALT, compress=True),
        max_age=COOKIE_AGE,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
