"""What IT records about a submission, and what it has found in the Defender portal."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from troubleshooting.domain.submissions.alert_link import alert_link
from troubleshooting.domain.submissions.forms import FormCode
from troubleshooting.domain.submissions.lists import CATEGORIES
from troubleshooting.domain.submissions.submission import SubmissionStatus
from troubleshooting.forms.base.fields import LongTextField
from troubleshooting.models.choices import SUBMISSION_FORM_LABELS, SUBMISSION_STATUS_LABELS

SHORTEST_WORD, MOST_WORDS = 2, 50
ANSWERS = (SubmissionStatus.SENT, SubmissionStatus.IN_PROGRESS, SubmissionStatus.CLOSED)


class SentForm(forms.Form):
    """The number that Microsoft's form shows at its end, which form it was, and the alert that was named in it."""

    form = forms.ChoiceField(
        label=_("Form"),
        choices=[(code.value, label) for code, label in SUBMISSION_FORM_LABELS.items()],
        required=False,
    )
    reference = forms.CharField(
        label=_("Submission number"),
        help_text=_("Microsoft shows it after the form has been sent, and in your submission history."),
        max_length=100,
        error_messages={
            "required": _(
                "Enter the submission number, such as 7c9e6679-7425-40de-944b-e07fc1f90ae7. Without it, "
                "no one can find the submission again."
            ),
            "max_length": _("A submission number can have at most 100 characters."),
        },
    )
    alert_link = forms.CharField(
        label=_("Link to the alert"),
        help_text=_("With Defender for Endpoint Plan 2, Microsoft asks for it. Copy it from the alert's page."),
        required=False,
    )

    def clean_reference(self) -> str:
        """Return the number on one line."""
        return " ".join(str(self.cleaned_data["reference"]).split())

    def clean_form(self) -> FormCode | None:
        """Return the form."""
        chosen = self.cleaned_data["form"]
        return FormCode(chosen) if chosen else None

    def clean_alert_link(self) -> str:
        """Return the link with nothing in it that is not needed."""
        typed = str(self.cleaned_data["alert_link"])
        link = alert_link(typed) if typed else ""
        if link is None:
            raise forms.ValidationError(
                _("This is no link to an alert. It begins with https://security.microsoft.com/alerts/.")
            )
        return link


class StatusForm(forms.Form):
    """What the submission history says now."""

    status = forms.ChoiceField(
        label=_("Status in Microsoft's history"),
        choices=[(status.value, SUBMISSION_STATUS_LABELS[status]) for status in ANSWERS],
    )
    determination = LongTextField(
        label=_("Microsoft's answer"),
        help_text=_(
            "The final determination in Microsoft's words, such as “Not malware”. The person who "
            "reported the case can read it."
        ),
        required=False,
        max_length=2000,
        error_messages={"max_length": _("Shorten the answer to 2,000 characters. Microsoft's history keeps the rest.")},
    )

    def clean(self) -> dict[str, object]:
        """An answered submission has an answer."""
        cleaned: dict[str, object] = super().clean() or {}
        if cleaned.get("status") == SubmissionStatus.CLOSED and not cleaned.get("determination"):
            self.add_error("determination", _("Write what Microsoft answered, such as “Not malware”."))
        return cleaned


class KeptForm(forms.Form):
    """Why an exclusion stays although Microsoft has answered."""

    because = LongTextField(
        label=_("Why does the exclusion stay?"),
        help_text=_("For example: Microsoft has not corrected the rating. It still ends on its date."),
        max_length=1000,
        error_messages={
            "required": _("Say why the exclusion stays, or end it and have the PC checked again."),
            "max_length": _("Shorten this to 1,000 characters."),
        },
    )


class CategoryForm(forms.Form):
    """Whose list blocked the site, as advanced hunting names it; goes into the sheet."""

    category = forms.ChoiceField(
        label=_("ResponseCategory in advanced hunting"),
        help_text=_("The PC's log does not contain it. In the Defender portal: DeviceEvents, AdditionalFields."),
        required=False,
        choices=[("", _("Not looked up")), *((code, code) for code in CATEGORIES)],
    )

    def category_or_none(self) -> str:
        """Return the category, "" where none or an unknown one is named."""
        self.is_valid()
        return str(self.cleaned_data.get("category", ""))


class RedactionForm(forms.Form):
    """The words that a person wants to have out of a pack; nothing of it is stored."""

    words = forms.CharField(
        label=_("More words to take out"),
        help_text=_("One on each line, such as the name of a project or a customer. Capitals make no difference."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": _("These are too many words. Enter at most 2,000 characters.")},
    )

    def clean_words(self) -> tuple[str, ...]:
        """Return the words, each once."""
        lines = (" ".join(line.split()) for line in str(self.cleaned_data["words"]).splitlines())
        words = tuple(dict.fromkeys(filter(None, lines)))
        if any(len(word) < SHORTEST_WORD for word in words):
            raise forms.ValidationError(_("Enter words of at least two characters. A single one would empty the text."))
        if len(words) > MOST_WORDS:
            raise forms.ValidationError(_("Enter at most 50 words."))
        return words
