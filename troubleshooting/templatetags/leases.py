"""Helpers for temporary changes: the countdown, and the PCs whose protection was not yet put back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from troubleshooting.models import User
from troubleshooting.permissions import is_it, sees_everything
from troubleshooting.queries.base.people import zone_of
from troubleshooting.queries.leases.not_restored import NotRestoredList, not_yet_restored
from troubleshooting.templatetags.portal import exact_time

register = template.Library()


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """What is left of a lease."""

    seconds: int
    total: int  # seconds of the whole lease, for the bar

    @property
    def clock(self) -> str:
        """Return minutes and seconds as ``14:05``."""
        return f"{self.seconds // 60}:{self.seconds % 60:02}"


@register.simple_tag
def time_left(ends_at: datetime, now: datetime, *, started_at: datetime) -> TimeLeft:
    """Return what is left until the end, never less than nothing."""
    total = max(round((ends_at - started_at).total_seconds()), 1)
    return TimeLeft(min(max(round((ends_at - now).total_seconds()), 0), total), total)


@register.simple_tag(takes_context=True)
def clock_time(context: template.Context, at: datetime) -> SafeString:
    """Show a moment of today as its time in the person's zone (``14:05 CET``), with the date on hover."""
    reader = getattr(getattr(context, "request", None), "user", None)  # survives {% include … only %}
    local = at.astimezone(zone_of(reader))
    words = f"{date_format(local, gettext('H:i'))} {local.tzname()}"
    title = exact_time(at, person=reader)
    return format_html('<time class="nowrap" datetime="{}" title="{}">{}</time>', at.isoformat(), title, words)


@register.simple_tag(takes_context=True)
def late_leases(context: template.Context) -> NotRestoredList:
    """Return the PCs that IT has to know of on every page; one query for IT and auditors, none for others."""
    reader = _reader(context)
    return not_yet_restored(now=_moment(context)) if reader and sees_everything(reader) else NotRestoredList()


@register.simple_tag(takes_context=True)
def may_retry_late(context: template.Context) -> bool:
    """Tell whether the reader may have the portal try again; auditors only read."""
    reader = _reader(context)
    return reader is not None and is_it(reader)


@register.simple_tag(takes_context=True)
def page_moment(context: template.Context) -> datetime:
    """Return the moment of the page, also where its view had no use for one."""
    return _moment(context)


def _reader(context: template.Context) -> User | None:
    """Return who is signed in; None for nobody, and on the page for server errors."""
    person = getattr(context.get("request"), "user", None)
    return person if isinstance(person, User) else None


def _moment(context: template.Context) -> datetime:
    moment = context.get("now")
    return moment if isinstance(moment, datetime) else timezone.now()
