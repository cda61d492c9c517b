"""The band of IT's pages while the worker or the scheduler is missing."""

from __future__ import annotations

from django import template
from django.utils import timezone

from troubleshooting.models import User
from troubleshooting.permissions import sees_everything
from troubleshooting.queries.base.processes import LostProcess, lost_processes

register = template.Library()


@register.simple_tag(takes_context=True)
def missing_processes(context: template.Context) -> tuple[LostProcess, ...]:
    """Return the missing processes to IT and auditors; one query for them, none for others."""
    person = getattr(context.get("request"), "user", None)  # no request on the page for server errors
    is_told = isinstance(person, User) and sees_everything(person)
    return lost_processes(now=timezone.now()) if is_told else ()
