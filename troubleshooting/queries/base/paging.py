"""Pages of a list, sought by the last row seen and never counted off: newest first, the id decides between equals.

Page 400 costs as much as page 1, and a row that changes meanwhile is not shown twice or left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

PAGE_SIZE = 50
EXPORT_PORTION = 2000  # rows that an export reads at once
COUNTED_TO = 1000  # counting further would cost more than it tells
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: beside this row, which is not part of it."""

    at: datetime
    pk: int
    newer: bool = False  # False: the rows after it (older); True: the rows before it

    def __str__(self) -> str:
        """Return the form for the address bar."""
        return f"{(self.at - EPOCH) // timedelta(microseconds=1)}-{self.pk}"


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """The rows of one page, and where the next ones begin."""

    rows: tuple[M, ...]
    total: int  # of the list, counted no further than COUNTED_TO
    older: Cursor | None
    newer: Cursor | None


def read_cursor(text: str, *, newer: bool = False) -> Cursor | None:
    """Read what ``str(cursor)`` gave; None for anything else, which means the first page."""
    moment, _, pk = text.partition("-")
    if not (moment.isascii() and moment.isdecimal() and pk.isascii() and pk.isdecimal()):
        return None
    if len(moment) > 17 or len(pk) > 18:
        return None
    return Cursor(EPOCH + timedelta(microseconds=int(moment)), int(pk), newer=newer)


def read_page(
    found: QuerySet[M],
    *,
    by: str,
    cursor: Cursor | None,
    page_size: int,
    load: Callable[[QuerySet[M]], QuerySet[M]],
    is_search: bool,
) -> Page[M]:
    """Return one page of what was found, in the order of the field ``by``; at most three queries.

    ``load`` joins what a row shows. A search has no index to lean on, so it is scanned once: list and count come from
    the same scan.
    """
    keys = list(found.order_by(f"-{by}", "-pk").values_list(by, "pk")[:COUNTED_TO]) if is_search else []
    if is_search and len(keys) < COUNTED_TO:
        return _page_of_all(keys, QuerySet(found.model), by, cursor, page_size, load)
    is_newer = cursor is not None and cursor.newer
    ordered = _beside(load(found), by, cursor).order_by(*((by, "pk") if is_newer else (f"-{by}", "-pk")))
    rows = list(ordered[: page_size + 1])
    has_more, rows = len(rows) > page_size, rows[:page_size]
    total = COUNTED_TO if is_search else found.order_by()[:COUNTED_TO].count()
    return _page(rows[::-1] if is_newer else rows, by, cursor, has_more=has_more, total=total)


def _beside(found: QuerySet[M], by: str, cursor: Cursor | None) -> QuerySet[M]:
    """Keep the rows on the cursor's side. The first condition is the bound of the index, the second only a filter."""
    if cursor is None:
        return found
    way = "gt" if cursor.newer else "lt"
    bound = Q(**{f"{by}__{way}e": cursor.at})
    return found.filter(bound & (Q(**{f"{by}__{way}": cursor.at}) | Q(**{f"pk__{way}": cursor.pk})))


def _page_of_all(
    keys: list[tuple[datetime, int]],
    rows: QuerySet[M],
    by: str,
    cursor: Cursor | None,
    page_size: int,
    load: Callable[[QuerySet[M]], QuerySet[M]],
) -> Page[M]:
    """Return a page where the keys of all rows are known."""
    if cursor is None:
        beside = keys
    elif cursor.newer:
        beside = [key for key in keys if key > (cursor.at, cursor.pk)][::-1]
    else:
        beside = [key for key in keys if key < (cursor.at, cursor.pk)]
    here = {pk for _at, pk in beside[:page_size]}
    loaded = list(load(rows.filter(pk__in=here)).order_by(f"-{by}", "-pk")) if here else []
    return _page(loaded, by, cursor, has_more=len(beside) > page_size, total=len(keys))


def _page(rows: list[M], by: str, cursor: Cursor | None, *, has_more: bool, total: int) -> Page[M]:
    is_newer = cursor is not None and cursor.newer
    has_older, has_newer = (True, has_more) if is_newer else (has_more, cursor is not None)
    return Page(
        rows=tuple(rows),
        total=total,
        older=_cursor_at(rows[-1], by) if rows and has_older else None,
        newer=_cursor_at(rows[0], by, newer=True) if rows and has_newer else None,
    )


def _cursor_at(row: Any, by: str, *, newer: bool = False) -> Cursor:
    return Cursor(getattr(row, by), row.pk, newer=newer)
