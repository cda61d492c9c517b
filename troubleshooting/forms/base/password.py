"""A person changes their own password."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import PasswordChangeForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from troubleshooting.models import User


class OwnPasswordForm(PasswordChangeForm):
    """Django's own, which also refuses the password that is there already: somebody else may know it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = _("Current password")
        self.fields["new_password1"].help_text = _(
            "At least 12 characters, and hard to guess: several words that don't belong together are good. Your name, "
            "the company's name and common passwords are not."
        )
        self.fields["new_password2"].label = _("New password again")
        self.fields["new_password2"].help_text = ""

    @sensitive_variables()
    def clean_new_password1(self) -> str:
        """Refuse the current password."""
        new: str = self.cleaned_data["new_password1"]
        if self.user.check_password(new):
            raise ValidationError(_("Choose a password other than your current one."), code="same")
        return new

    def validate_password_for_user(self, user: User, *_args: Any, **_kwargs: Any) -> None:
        """Say what is wrong with the new password beside its first field."""
        super().validate_password_for_user(user, password_field_name="new_password1")  # noqa: S106  a name
