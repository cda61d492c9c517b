"""The way out."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from troubleshooting.actions.sign_in import record_sign_out
from troubleshooting.models import User


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session and say that nothing else ends with it."""
    if isinstance(request.user, User):
        with transaction.atomic():
            record_sign_out(request.user, now=timezone.now())
            logout(request)
    messages.info(request, _("You are signed out. Checks that are running continue without you."))
    return redirect("login")
