"""The way out."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session and say that nothing else ends with it."""
    logout(request)
    messages.info(request, _("You are signed out. Checks that are running continue without you."))
    return redirect("login")
