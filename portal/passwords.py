"""Passwords that a program guesses soon are refused."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from zxcvbn import zxcvbn

LEAST_SCORE = 3  # of 4: more than 10^8 guesses
MOST_LETTERS = 72  # that are looked at; the rest makes nothing weaker


class GuessablePasswordValidator:
    """Knows words, names, keyboard rows, repetitions and dates, and what is known of the person."""

    @sensitive_variables()
    def validate(self, password: str, user: object = None) -> None:
        """Raise where zxcvbn guesses the password too soon."""
        about = [settings.COMPANY_NAME, "network protection portal"]
        about += [str(getattr(user, name, "") or "") for name in ("username", "first_name", "last_name", "email")]
        known = [part for part in about if part]
        if zxcvbn(password[:MOST_LETTERS], user_inputs=known)["score"] < LEAST_SCORE:
            raise ValidationError(
                _("This password is easy to guess. Several words that do not belong together are hard to guess."),
                code="password_guessable",
            )

    def get_help_text(self) -> str:
        """Return what a good password is."""
        return _("Your password should be hard to guess. Several words that do not belong together are a good one.")
