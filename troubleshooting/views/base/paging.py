"""Where a page of a list begins, as the address bar says it."""

from __future__ import annotations

from django.http import HttpRequest

from troubleshooting.queries.base.paging import Cursor, read_cursor


def cursor_of(request: HttpRequest) -> Cursor | None:
    """Return where the wanted page begins; None for the first one."""
    newer = request.GET.get("newer", "")
    return read_cursor(newer or request.GET.get("older", ""), newer=bool(newer))


def page_urls(query: str, *, newer: Cursor | None, older: Cursor | None) -> dict[str, str]:
    """Return the addresses of the pages beside this one, "" where there is none; ``query`` is the list's filter."""
    before = f"?{query}&" if query else "?"
    return {
        "newer_url": f"{before}newer={newer}" if newer else "",
        "older_url": f"{before}older={older}" if older else "",
    }
