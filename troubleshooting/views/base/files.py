"""Downloads: lists for a spreadsheet, and scripts."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

from django.http import HttpResponse, StreamingHttpResponse

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class Echo:
    """A file that hands back what is written, for a CSV that is made row by row."""

    def write(self, value: str) -> str:
        """Return the text back."""
        return value


def csv_file(rows: Iterable[Sequence[object]], *, columns: Sequence[str], name: str) -> StreamingHttpResponse:
    """Return rows as a file of that name, in portions."""
    response = StreamingHttpResponse(_lines(rows, columns), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def script_file(script: bytes, *, name: str) -> HttpResponse:
    """Return a script as a download; as octets, since no browser should show or change it."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(script, content_type="application/octet-stream", headers=headers)


def _lines(rows: Iterable[Sequence[object]], columns: Sequence[str]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield "\ufeff" + writer.writerow(columns)  # the mark lets Excel read UTF-8
    for row in rows:
        yield writer.writerow([_harmless(str(cell)) for cell in row])


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from reading what a person typed as a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA_STARTS) else cell
