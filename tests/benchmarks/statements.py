"""SQL statements of a stretch of work: recorded on this thread's connection, counted by kind and by shape."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection
from django.test.utils import CaptureQueriesContext

KINDS = ("SELECT", "INSERT", "UPDATE", "DELETE")
SAVEPOINTS = ("SAVEPOINT", "RELEASE", "ROLLBACK TO")
TRANSACTIONS = ("BEGIN", "COMMIT", "ROLLBACK")
SAVES_ANSWERS = re.compile(r"^(INSERT INTO|UPDATE) .?troubleshooting_deviceanswer")

_LITERAL = re.compile(r"E?'(?:[^']|'')*'(?:::\w+)?|\b\d+(?:\.\d+)?\b|\b(?:true|false|NULL)\b")
_VALUES = re.compile(r"VALUES \(.*", re.DOTALL)
_LIST = re.compile(r"\(\?(?:, \?)+\)")


@dataclass(frozen=True)
class Shape:
    """Statements that differ in their values only."""

    text: str
    times: int
    times_the_same: int  # how often the most frequent one came with the very same values


@dataclass
class Statements:
    """What was sent to the database, in order."""

    sent: list[str] = field(default_factory=list)

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Record what is sent inside; may be called again and again."""
        with CaptureQueriesContext(connection) as captured:
            yield
        self.sent += [query["sql"].strip() for query in captured.captured_queries]

    @property
    def total(self) -> int:
        """Count statements; savepoints, and where transactions begin and end, are counted apart."""
        return sum(self.by_kind().values())

    def by_kind(self) -> Counter[str]:
        """Count SELECT, INSERT, UPDATE, DELETE and the others ("other": locks of tables, settings)."""
        words = [sql.split(maxsplit=1)[0].upper() for sql in self.sent if not _is_frame(sql)]
        return Counter(word if word in KINDS else "other" for word in words)

    @property
    def savepoints(self) -> int:
        """Count savepoints set, released and gone back to."""
        return sum(sql.startswith(SAVEPOINTS) for sql in self.sent)

    @property
    def transactions(self) -> int:
        """Count transactions that were written out."""
        return sum(sql == "BEGIN" for sql in self.sent)

    @property
    def saving_answers(self) -> int:
        """Count the statements of those transactions that store what a PC answered."""
        return sum(len(group) for group in self._groups() if any(map(SAVES_ANSWERS.match, group)))

    def repeated(self, *, top: int = 10) -> list[Shape]:
        """Return what was sent more than once, the most frequent shape first."""
        shapes: dict[str, Counter[str]] = {}
        for sql in self.sent:
            if not _is_frame(sql):
                shapes.setdefault(_shape(sql), Counter())[sql] += 1
        found = [Shape(text, same.total(), max(same.values())) for text, same in shapes.items() if same.total() > 1]
        return sorted(found, key=lambda shape: (-shape.times, shape.text))[:top]

    def _groups(self) -> Iterator[list[str]]:
        """Yield the statements between BEGIN and its end; each one outside of a transaction stands alone."""
        group: list[str] = []
        is_open = False
        for sql in self.sent:
            if sql in TRANSACTIONS:
                is_open = sql == "BEGIN"
                yield group
                group = []
            elif not _is_frame(sql):
                group.append(sql)
                if not is_open:
                    yield group
                    group = []
        yield group


def _is_frame(sql: str) -> bool:
    return sql.startswith(SAVEPOINTS) or sql in TRANSACTIONS


def _shape(sql: str) -> str:
    return _LIST.sub("(?)", _LITERAL.sub("?", _VALUES.sub("VALUES …", sql)))
