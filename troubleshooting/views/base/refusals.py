"""What a view says after it asked for an action: what happens next, or why nothing was done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from troubleshooting.actions.checks.limits import TooMany
from troubleshooting.domain.base.refused import Refused
from troubleshooting.permissions import NotAllowed
from troubleshooting.queries.base.words import translated


@contextmanager
def told(request: HttpRequest, done: str) -> Iterator[None]:
    """Say ``done`` after the action inside, or the sentence of its refusal; NotAllowed goes on and becomes a 403."""
    try:
        yield
    except NotAllowed:
        raise
    except Refused as refused:
        messages.warning(request, _said(refused))
    else:
        messages.info(request, done)


def _said(refused: Refused) -> str:
    """Return the sentence, with a link to the case that it leads to."""
    words = translated(refused.text)
    if not isinstance(refused, TooMany) or refused.case is None:
        return words
    link = _("Open case %(number)s") % {"number": refused.case.number}
    return format_html('{} <a href="{}">{}</a>', words, reverse("case", args=[refused.case.number]), link)


def explain_in(form: BaseForm, refused: Refused) -> None:
    """Put the sentence of a refusal into the form, where nothing that was typed is lost; NotAllowed becomes a 403."""
    if isinstance(refused, NotAllowed):
        raise refused
    form.add_error(None, translated(refused.text))
