"""A person changes their own password. The current one is asked for; guessing it is slowed down as at the sign-in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _

from troubleshooting.actions.sign_in import begin_attempt, forget_attempt, record_password
from troubleshooting.forms.base.password import OwnPasswordForm
from troubleshooting.views.base.rights import reader_of
from troubleshooting.views.base.sign_in import attempt_of, said, too_early


class OwnPassword(PasswordChangeView):
    """Django's own page, with waits between attempts."""

    form_class = OwnPasswordForm
    success_url = reverse_lazy("home")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Look at the current password only if the attempt does not come too early."""
        attempt = attempt_of(request, reader_of(request).username)
        wait = begin_attempt(attempt, now=timezone.now())
        if wait is not None:
            empty = OwnPasswordForm(reader_of(request))
            return too_early(self.render_to_response(self.get_context_data(form=empty, wait=said(wait))), wait)
        form = self.get_form()
        is_valid = form.is_valid()
        if "old_password" not in form.errors:
            forget_attempt(attempt)
        return self.form_valid(form) if is_valid else self.form_invalid(form)

    @method_decorator(transaction.atomic)
    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Save it, and say what else ended with the old one."""
        person = reader_of(self.request)
        person.must_change_password = False  # saved by the form, whose person this is
        response = super().form_valid(form)
        record_password(person, now=timezone.now())
        messages.info(self.request, _("Your password is changed. You are signed out in every other browser."))
        return response
