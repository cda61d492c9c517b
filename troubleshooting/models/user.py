"""People who sign in."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from troubleshooting.models.choices import ROLE_LABELS, Role, choices_of, codes
from troubleshooting.models.triggers import NeverTruncated


class User(AbstractUser):
    """A person with exactly one role, so that nobody decides through a second one."""

    role = models.CharField(_("role"), max_length=20, choices=choices_of(ROLE_LABELS), default=Role.EMPLOYEE.value)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    must_change_password = models.BooleanField(
        _("must change the password"),
        default=False,
        help_text=_("Set when an administrator sets the password; the next sign-in leads to the page that changes it."),
    )

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=codes(Role)), name="user_role_known"),
        ]
        triggers = [NeverTruncated(name="user_never_truncated")]

    def __str__(self) -> str:
        """Show the person's name, else the account's."""
        return self.get_full_name() or self.username
