"""Who may use the portal's own endpoint on PCs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from troubleshooting.machines.endpoint.files import Groups, InvalidGroup

USUAL = Groups()
LONGEST = 512


class GroupField(forms.CharField):
    r"""A group of Windows as ``DOMAIN\Name``."""

    def __init__(self, **kwargs: Any) -> None:
        """Take a name as Windows writes it."""
        super().__init__(
            max_length=LONGEST,
            error_messages={"required": _(r"Enter a group, for example CONTOSO\Portal Readers.")},
            widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        """Return the name, or the sentence that says how one is written."""
        name = str(super().clean(value))
        try:
            Groups(reading=name)
        except InvalidGroup as error:
            raise ValidationError(
                _(r"Write the group with its domain, for example CONTOSO\Portal Readers."), code="not_a_group"
            ) from error
        return name


class EndpointForm(forms.Form):
    """The two groups."""

    reading = GroupField(
        label=_("Group that may read"),
        help_text=_("Its members can check a PC over the endpoint and change nothing."),
        initial=USUAL.reading,
    )
    changing = GroupField(
        label=_("Group that may also change"),
        help_text=_("Its members can also run audit-mode tests and apply approved exclusions."),
        initial=USUAL.changing,
    )

    def groups(self) -> Groups:
        """Return the groups of a valid form."""
        return Groups(self.cleaned_data["reading"], self.cleaned_data["changing"])
