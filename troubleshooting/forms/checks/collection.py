"""The file that the collector wrote."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class CollectionForm(forms.Form):
    """One file; what is in it is read by the action."""

    file = forms.FileField(
        label=_("File that the script wrote"),
        help_text=_("Its name begins with “network-protection” and ends in “.json”."),
        allow_empty_file=True,  # refused with a sentence of its own
        error_messages={"required": _("Choose the file that the script wrote.")},
        widget=forms.FileInput(attrs={"accept": ".json,.txt"}),
    )

    def content(self) -> bytes:
        """Return the bytes of a valid form's file; the request was no larger than the portal takes."""
        read: bytes = self.cleaned_data["file"].read()
        return read
