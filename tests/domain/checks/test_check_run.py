from __future__ import annotations

from datetime import timedelta

from tests.domain.builders import NOW
from troubleshooting.domain.checks.check_run import next_attempt


def test_there_is_no_next_visit_after_the_deadline():
    assert next_attempt(attempt=1, now=NOW, deadline=NOW + timedelta(minutes=2)) == NOW + timedelta(minutes=1)
    assert next_attempt(attempt=1, now=NOW, deadline=NOW + timedelta(minutes=1)) is None
