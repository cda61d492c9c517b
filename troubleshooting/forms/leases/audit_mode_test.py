"""What a person decides when agreeing to an audit-mode test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from troubleshooting.forms.base.fields import CardSelect, LongTextField

MYSELF, PC = "myself", "pc"
CARDS: Mapping[str, tuple[str, Any]] = {
    MYSELF: ("cursor-arrow-rays", _("Best if you are using that PC: the test sees exactly what you do.")),
    PC: ("computer-desktop", _("The PC requests the page once, without showing it. Takes about half a minute.")),
}


class ConsentForm(forms.Form):
    """Who opens the site during the test; nothing to choose for a dangerous one, which is never visited."""

    visit = forms.ChoiceField(
        label=_("Who opens the site?"),
        choices=[(MYSELF, _("I open it myself")), (PC, _("Let the PC request the page by itself"))],
        initial=MYSELF,
        widget=CardSelect(CARDS),
        error_messages={
            "required": _("Choose who opens the site, for example “I open it myself”."),
            "invalid_choice": _("Choose one of the two, for example “I open it myself”."),
        },
    )

    def __init__(self, *args: Any, is_missed: bool, **kwargs: Any) -> None:
        """Leave the question out where the site was reported as dangerous."""
        super().__init__(*args, **kwargs)
        if is_missed:
            del self.fields["visit"]

    @property
    def portal_visits(self) -> bool:
        """Tell whether the PC is to request the page; belongs after is_valid()."""
        return bool(self.cleaned_data.get("visit", PC) == PC)


class RejectForm(forms.Form):
    """Why IT says no to a test; the employee reads it."""

    note = LongTextField(required=False, max_length=2000)
