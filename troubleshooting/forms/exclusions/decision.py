"""What people say about a request: approve (narrower), reject, ask a question, answer, revoke."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from troubleshooting.domain.exclusions.exclusion import LOCAL_KINDS, Scope, ScopeKind, is_wider
from troubleshooting.forms.base.fields import LongTextField
from troubleshooting.forms.exclusions.request import EndField
from troubleshooting.models import Exclusion

TOO_LONG = gettext_lazy("Shorten this to 2,000 characters.")
NO_CONTROL = gettext_lazy("This contains control characters. Type it again.")


def _note(label: Any, required: Any = None, hint: Any = "") -> LongTextField:
    """Make a field for words; ``required`` is the sentence where they are missing, None: they may be."""
    messages = {"max_length": TOO_LONG, "null_characters_not_allowed": NO_CONTROL}
    if required is not None:
        messages["required"] = required
    return LongTextField(
        label=label, help_text=hint, required=required is not None, max_length=2000, error_messages=messages
    )


class ApproveForm(forms.Form):
    """An approval, as asked for or narrower. The digest says what the page showed."""

    digest = forms.Field(required=False)  # whatever is not the digest of the request counts as read before a change
    scope = forms.ChoiceField(
        label=gettext_lazy("For whom"),
        required=False,
        error_messages={
            "invalid_choice": gettext_lazy("Choose the requested scope or a narrower one, for example one PC.")
        },
    )
    ends_on = EndField(label=gettext_lazy("Last day"), required=False)
    note = _note(gettext_lazy("Note"))

    def __init__(self, *args: Any, exclusion: Exclusion, now: datetime, zone: tzinfo, **kwargs: Any) -> None:
        """Take the exclusion with its scope and its case's PC joined, the moment and the reviewer's zone."""
        super().__init__(*args, **kwargs)
        self.exclusion = exclusion
        self.fields["scope"].choices = self._scopes()  # type: ignore[attr-defined]
        end = self.fields["ends_on"]
        assert isinstance(end, EndField)
        end.prepare(now=now, latest=exclusion.expires_at, zone=zone)
        end.initial = exclusion.expires_at.astimezone(zone).date()

    @property
    def wanted_scope(self) -> Scope | None:
        """Return the narrower scope; None leaves it as it is."""
        device = self.exclusion.case.device
        targets = {ScopeKind.DEVICE.value: device.pk, ScopeKind.GROUP.value: device.group_id}
        chosen = str(self.cleaned_data.get("scope") or "")
        return Scope(ScopeKind(chosen), targets[chosen]) if chosen in targets else None

    @property
    def wanted_end(self) -> datetime | None:
        """Return the earlier end; None leaves it as it is."""
        end: datetime | None = self.cleaned_data.get("ends_on")
        return end if end is not None and end < self.exclusion.expires_at else None

    @property
    def is_narrower(self) -> bool:
        """Tell whether less is granted than was asked for."""
        return self.wanted_scope is not None or self.wanted_end is not None

    def _scopes(self) -> list[tuple[str, str]]:
        device, present = self.exclusion.case.device, ScopeKind(self.exclusion.scope_kind)
        narrower = [
            (ScopeKind.GROUP, _("All PCs in the group %(group)s") % {"group": device.group.name}),
            (ScopeKind.DEVICE, _("Only %(pc)s") % {"pc": device.hostname}),
        ]
        is_local = self.exclusion.kind in LOCAL_KINDS
        offered = ((k, words) for k, words in narrower if is_wider(present, k) and (is_local or k is ScopeKind.GROUP))
        return [("", _("As requested")), *((k.value, words) for k, words in offered)]


class RejectForm(forms.Form):
    """A no, with what would change the answer."""

    note = _note(
        gettext_lazy("Why you reject it, and what would change the decision"),
        gettext_lazy("Say why, and what would change the decision, for example “Ask for this PC only”."),
        gettext_lazy("The person who asked can read this."),
    )


class AskQuestionForm(forms.Form):
    """A question to the requester."""

    note = _note(
        gettext_lazy("Your question"),
        gettext_lazy("Write what you need to know, for example “Who at the supplier can confirm the address?”."),
        gettext_lazy("The person who asked can read this and answers here."),
    )


class AnswerForm(forms.Form):
    """The requester's answer; it replaces the reason."""

    reason = _note(
        gettext_lazy("What is it needed for?"),
        gettext_lazy("Answer the question, for example “The address was confirmed by Contoso by phone today”."),
        gettext_lazy("Keep what is right, and add your answer. Then a reviewer decides again."),
    )


class RevokeForm(forms.Form):
    """Why an exclusion ends early."""

    note = _note(
        gettext_lazy("Why it ends early"), gettext_lazy("Write why it ends early, for example “No longer needed”.")
    )
