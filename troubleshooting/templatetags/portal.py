"""Helpers of the templates: sentences, statuses and icons, times, and what the frame of every page shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from heroicons.templatetags.heroicons import heroicon_mini, heroicon_outline

from troubleshooting.domain.base.masking import masked_names, without_masked
from troubleshooting.domain.base.text import Text
from troubleshooting.models.choices import CHECK_STATUS_LABELS, Role
from troubleshooting.permissions import sees_everything
from troubleshooting.queries.base.nav_counts import nav_counts
from troubleshooting.queries.base.people import zone_of
from troubleshooting.queries.base.words import translated as in_words

register = template.Library()

# --- Sentences --------------------------------------------------------------------------------------------------------


@register.filter
def translated(text: Text | Mapping[str, Any] | str | Promise | None) -> str:
    """Return a rule's sentence in the reader's language; it is escaped like any other value of a template."""
    if text is None or text == "":
        return ""
    if isinstance(text, Mapping):
        text = Text.from_json(text)
    if not isinstance(text, Text):
        return str(text)
    return in_words(text)


@register.filter
def breakable(text: str) -> SafeString:
    """Let a path or an address go on in the next line after its separators."""
    return format_html_join(SafeString("<wbr>"), "{}", ((part,) for part in re.split(r"(?<=[\\/])", str(text))))


@register.inclusion_tag("components/_dialog.html")
def dialog(
    name: str, url: str, *, opener: str, title: str, text: Text | str, keep: str, confirm: str = "", note: str = ""
) -> dict[str, Any]:
    """Draw the question before an action that cannot be undone; ``url`` gets the POST, with "note" if asked for."""
    words = {"opener": opener, "title": title, "text": text, "keep": keep, "confirm": confirm or opener, "note": note}
    return {"id": name, "url": url, **words}


@register.inclusion_tag("components/_masked.html")
def masked_note(address: str, *, will_be: bool = False, is_requested: bool = False) -> dict[str, Any]:
    """Say what is hidden in an address, and what a PC requests instead; nothing where nothing is hidden."""
    names = [name or gettext("a part of the address") for name in masked_names(str(address))]
    requested = without_masked(str(address)) if is_requested else ""
    return {"names": names, "will_be": will_be, "requested": requested}


# --- Statuses and icons -----------------------------------------------------------------------------------------------

TONE_ICONS: Mapping[str, str] = {
    "good": "check-circle",
    "bad": "x-circle",
    "warn": "exclamation-triangle",
    "info": "information-circle",
    "quiet": "minus-circle",
}

# Code of any status -> (tone, icon). Codes of the same spelling mean the same to the eye.
STATUS_LOOKS: Mapping[str, tuple[str, str]] = {
    "pass": ("good", "check-circle"),
    "fail": ("bad", "x-circle"),
    "warn": ("warn", "exclamation-triangle"),
    "info": ("info", "information-circle"),
    "unknown": ("quiet", "question-mark-circle"),
    "not_applicable": ("quiet", "minus-circle"),
    "waiting": ("quiet", "clock"),
    # check runs
    "queued": ("quiet", "clock"),
    "running": ("info", "arrow-path"),
    "finished": ("good", "check-circle"),
    "failed": ("bad", "x-circle"),
    "cancelled": ("quiet", "no-symbol"),
    # audit-mode tests
    "asked": ("warn", "clock"),
    "starting": ("info", "arrow-path"),
    "open": ("info", "play-circle"),
    "ending": ("info", "arrow-path"),
    "done": ("good", "check-circle"),
    "not_done": ("warn", "exclamation-triangle"),
    "rejected": ("quiet", "no-symbol"),
    # exclusions, and where they are ("failed", "rejected" and "withdrawn" stand elsewhere in this table)
    "requested": ("warn", "clock"),
    "question_asked": ("warn", "question-mark-circle"),
    "approved": ("info", "check"),
    "applying": ("info", "arrow-path"),
    "applied": ("info", "arrow-path"),
    "verified": ("good", "check-circle"),
    "expired": ("info", "arrow-path"),
    "revoked": ("info", "arrow-path"),
    "removed": ("quiet", "minus-circle"),
    "not_applied": ("quiet", "minus-circle"),
    "removing": ("info", "arrow-path"),
    # differences from the register
    "not_approved": ("bad", "x-circle"),
    "ended_but_present": ("warn", "exclamation-triangle"),
    "approved_but_missing": ("warn", "question-mark-circle"),
    "broader_than_approved": ("bad", "exclamation-triangle"),
    "put_right": ("good", "check-circle"),
    # stages of a case
    "checking": ("info", "arrow-path"),
    "checked": ("warn", "document-magnifying-glass"),
    "submitted": ("info", "paper-airplane"),
    "solved": ("good", "check-circle"),
    "withdrawn": ("quiet", "minus-circle"),
    # answers of a PC
    "answered": ("good", "check-circle"),
    "absent": ("quiet", "minus-circle"),
    "refused": ("bad", "no-symbol"),
    # submissions
    "draft": ("quiet", "document-text"),
    "ready": ("info", "document-check"),
    "sent": ("info", "paper-airplane"),
    "in_progress": ("info", "clock"),
    "closed": ("good", "check-circle"),
}
UNKNOWN_LOOK = ("quiet", "question-mark-circle")

MESSAGE_TONES: Mapping[str, str] = {"success": "good", "warning": "warn", "error": "bad"}


@lru_cache(maxsize=256)
def _draw(name: str, size: int, css_class: str) -> SafeString:
    draw = heroicon_mini if size <= 20 else heroicon_outline
    attributes: dict[str, Any] = {"aria-hidden": "true", "class": f"icon {css_class}".strip()}
    return SafeString(draw(name, size=size, **attributes))


@register.simple_tag
def icon(name: str, *, size: int = 20, **attributes: str) -> SafeString:
    """Draw a heroicon that only decorates; words stand beside it."""
    return _draw(str(name), size, str(attributes.get("class", "")))


@register.simple_tag
def status_icon(status: str, *, size: int = 20) -> SafeString:
    """Draw the icon of a status code."""
    tone, name = STATUS_LOOKS.get(str(status), UNKNOWN_LOOK)
    return _draw(name, size, f"tone-{tone}")


@register.simple_tag
def tone_icon(tone: str, *, size: int = 20) -> SafeString:
    """Draw the icon of a notice or a verdict."""
    return _draw(TONE_ICONS.get(str(tone), TONE_ICONS["info"]), size, f"tone-{tone}")


@register.filter
def status_tone(status: str) -> str:
    """Return the tone of a status code: good, bad, warn, info or quiet."""
    return STATUS_LOOKS.get(str(status), UNKNOWN_LOOK)[0]


@register.filter
def status_word(status: str) -> str:
    """Return the word for a check's status."""
    words = {code.value: label for code, label in CHECK_STATUS_LABELS.items()}
    return str(words.get(str(status), status))


@register.filter
def message_tone(level_tag: str) -> str:
    """Return the tone of a flash message."""
    return MESSAGE_TONES.get(level_tag, "info")


# --- Times ------------------------------------------------------------------------------------------------------------

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


def _ago(seconds: int) -> str:
    if seconds < MINUTE_S:
        return gettext("just now")
    if seconds < HOUR_S:
        minutes = seconds // MINUTE_S
        return ngettext("%(n)d minute ago", "%(n)d minutes ago", minutes) % {"n": minutes}
    if seconds < DAY_S:
        hours = seconds // HOUR_S
        return ngettext("%(n)d hour ago", "%(n)d hours ago", hours) % {"n": hours}
    days = seconds // DAY_S
    return ngettext("%(n)d day ago", "%(n)d days ago", days) % {"n": days}


def _ahead(seconds: int) -> str:
    if seconds < MINUTE_S:
        return gettext("in less than a minute")
    if seconds < HOUR_S:
        minutes = round(seconds / MINUTE_S)
        return ngettext("in %(n)d minute", "in %(n)d minutes", minutes) % {"n": minutes}
    if seconds < DAY_S:
        hours = round(seconds / HOUR_S)
        return ngettext("in %(n)d hour", "in %(n)d hours", hours) % {"n": hours}
    days = round(seconds / DAY_S)
    return ngettext("in %(n)d day", "in %(n)d days", days) % {"n": days}


def relative_time(at: datetime, *, now: datetime) -> str:
    """Return a moment in words as seen from ``now``: days at most, for what is older see the exact time."""
    seconds = int((now - at).total_seconds())
    return _ago(seconds) if seconds >= 0 else _ahead(-seconds)


@register.filter
def how_often(every: timedelta) -> str:
    """Say at what rhythm the sweep does something: "every 2 hours", "only when asked" for no time at all."""
    if not every:
        return gettext("only when asked")
    seconds = -(-int(every.total_seconds()) // MINUTE_S) * MINUTE_S  # the sweep itself comes once a minute
    if seconds % DAY_S == 0:
        days = seconds // DAY_S
        return ngettext("every day", "every %(n)d days", days) % {"n": days}
    if seconds % HOUR_S == 0:
        hours = seconds // HOUR_S
        return ngettext("every hour", "every %(n)d hours", hours) % {"n": hours}
    minutes = seconds // MINUTE_S
    return ngettext("every minute", "every %(n)d minutes", minutes) % {"n": minutes}


def exact_time(at: datetime, *, person: Any) -> str:
    """Return a moment in the person's zone: ``24 Nov 2026, 14:05 CET``."""
    local = at.astimezone(zone_of(person))
    return f"{date_format(local, gettext('j M Y, H:i'))} {local.tzname()}"


def _reader(context: template.Context) -> Any:
    request = getattr(context, "request", None)  # survives {% include … only %}
    return getattr(request, "user", None)


@register.simple_tag(takes_context=True)
def when(context: template.Context, at: datetime, now: datetime) -> SafeString:
    """Show a moment in relative words, exact on hover; older than a week only the exact time."""
    exact_words = exact_time(at, person=_reader(context))
    words = exact_words if abs((now - at).days) >= 7 else relative_time(at, now=now)
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact_words, words)


@register.simple_tag
def time_ahead(at: datetime, now: datetime) -> str:
    """Say how long something still holds, in words: "in 29 days", "over"."""
    return relative_time(at, now=now) if at > now else gettext("over")


@register.simple_tag(takes_context=True)
def exact(context: template.Context, at: datetime) -> str:
    """Return a moment in the person's zone, for tables."""
    return exact_time(at, person=_reader(context))


# --- The frame of every page ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NavLink:
    """One page in the header."""

    url: str
    label: str | Promise
    is_current: bool
    count: int = 0  # what awaits the person there
    counted: str | Promise = ""  # what is counted, in words


COUNTED: Mapping[str, Promise] = {"exclusions": _("to decide"), "drift": _("to resolve")}


def _places(person: Any) -> list[tuple[str, Promise]]:
    places: list[tuple[str, Promise]] = [("home", _("Home"))]
    if person.role != Role.AUDITOR:
        places.append(("report", _("Report a problem")))
    if sees_everything(person):
        places.append(("cases", _("Cases")))
        places.append(("exclusions", _("Exclusions")))
        places.append(("drift", _("Differences")))
        places.append(("emergency-stop", _("Emergency stop")))
    if person.role == Role.ADMINISTRATOR and person.is_staff:
        places.append(("admin:index", _("Administration")))
    return places


@register.simple_tag(takes_context=True)
def nav_links(context: template.Context) -> list[NavLink]:
    """Return the pages for the person's role."""
    request: HttpRequest = context["request"]
    match = request.resolver_match
    here = match.view_name if match else ""
    person: Any = request.user
    counts = nav_counts() if sees_everything(person) else {}
    return [
        NavLink(reverse(name), label, name == here, counts.get(name, 0), COUNTED.get(name, ""))
        for name, label in _places(person)
    ]


@register.simple_tag
def support_contact() -> str:
    """Return whom to ask, or nothing where the settings do not say."""
    return str(settings.SUPPORT_CONTACT)


@register.simple_tag
def company_name() -> str:
    """Return the company's name, or nothing where the settings do not say."""
    return str(settings.COMPANY_NAME)
