"""What an administrator says to stop all changes, to let them go on, and to undo what was applied."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from troubleshooting.forms.base.fields import LongTextField, MomentField

TOO_LONG = _("Shorten this to 2,000 characters.")
NO_CONTROL = _("This contains control characters. Type it again.")
USUAL_SPAN = timedelta(hours=1)
LONGEST_AGO = timedelta(days=400)  # longer than any exclusion lasts


class StopForm(forms.Form):
    """Why all changes are stopped."""

    reason = LongTextField(
        label=_("Why all changes stop"),
        help_text=_("IT and auditors see this on every page while the stop is on."),
        max_length=2000,
        error_messages={
            "required": _("Write why, for example “An exclusion was applied to the wrong PCs”."),
            "max_length": TOO_LONG,
            "null_characters_not_allowed": NO_CONTROL,
        },
    )


class LiftForm(forms.Form):
    """What was found, when changes go on."""

    note = LongTextField(
        label=_("What was found, and why changes can resume"),
        required=False,
        max_length=2000,
        error_messages={"max_length": TOO_LONG, "null_characters_not_allowed": NO_CONTROL},
    )


class SinceForm(forms.Form):
    """Since when everything is to be undone."""

    since = MomentField(
        label=_("Undo what was approved or applied since"),
        error_messages={
            "required": _("Enter a starting time, for example %(example)s."),
            "invalid": _("Enter a date and a time, for example %(example)s."),
            "future": _("This is in the future. Enter a time in the past, for example %(example)s."),
            "too_old": _("This is more than %(days)d days ago. Enter a later time, for example %(example)s."),
        },
    )

    def __init__(self, *args: Any, now: datetime, zone: tzinfo, **kwargs: Any) -> None:
        """Take the moment of the request and the person's zone."""
        super().__init__(*args, **kwargs)
        since = self.fields["since"]
        assert isinstance(since, MomentField)
        since.prepare(now=now, zone=zone)
        since.longest_ago = LONGEST_AGO
        since.initial = (now - USUAL_SPAN).astimezone(zone).replace(tzinfo=None)


class UndoForm(forms.Form):
    """Why it is undone; ``seen`` is the digest of the preview that was read."""

    seen = forms.CharField(required=False, max_length=64)
    reason = LongTextField(
        label=_("Why it is undone"),
        help_text=_("The people in each case can read this."),
        max_length=2000,
        error_messages={
            "required": _("Write why, for example “The list of the supplier was wrong”."),
            "max_length": TOO_LONG,
            "null_characters_not_allowed": NO_CONTROL,
        },
    )
