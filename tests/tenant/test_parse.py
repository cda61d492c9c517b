"""Whatever JSON comes, it becomes a value of ours or the one error that says it cannot be read."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troubleshooting.domain.tenant.errors import TenantErrorCode as Code
from troubleshooting.tenant import parse
from troubleshooting.tenant.client import error_of, items_of
from troubleshooting.tenant.errors import TenantError
from troubleshooting.tenant.wire import Reply

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
GOOD: dict[str, Any] = {"id": "995", "indicatorValue": "a.example", "indicatorType": "DomainName", "action": "Allowed"}
FIELDS = [
    *GOOD,
    "title",
    "expirationTime",
    "rbacGroupNames",
    "sourceType",
    "lastSeen",
    "computerDnsName",
    "lastEventTime",
    "evidence",
]
odd_entities = json_values | st.builds(
    lambda changes: GOOD | changes, st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=4)
)


def code_of(read: Callable[[Any], Any], entity: Any) -> Code | None:
    """Return the code of the error that reading raises, None where it raises none."""
    try:
        read(entity)
    except TenantError as error:
        return error.code
    return None


@pytest.mark.fuzz
@given(odd_entities)
@pytest.mark.parametrize("read", [parse.indicator, parse.machine, parse.alert, items_of])
def test_an_odd_answer_is_read_or_refused_as_broken(read: Callable[[Any], Any], entity: Any):
    assert code_of(read, entity) in {None, Code.BROKEN_ANSWER}


@pytest.mark.fuzz
@given(st.integers(100, 599), st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_whatever_the_api_answers_is_read_or_named(status: int, body: bytes):
    reply = Reply(status, {"retry-after": body[:9].decode("latin-1")}, body)

    assert isinstance(error_of(reply), TenantError)
    with contextlib.suppress(TenantError):
        items_of(reply.json())


@pytest.mark.parametrize("name", GOOD)
def test_an_indicator_without_what_makes_it_one_is_broken(name: str):
    with pytest.raises(TenantError):
        parse.indicator({**GOOD, name: None})


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (None, None),
        ("", None),
        ("2026-12-12T01:02:03Z", datetime(2026, 12, 12, 1, 2, 3, tzinfo=UTC)),
        ("2026-12-12T01:02:03.1234567Z", datetime(2026, 12, 12, 1, 2, 3, 123_456, tzinfo=UTC)),
        ("2026-12-12T01:02:03", datetime(2026, 12, 12, 1, 2, 3, tzinfo=UTC)),
        ("2026-12-12T03:02:03+02:00", datetime(2026, 12, 12, 1, 2, 3, tzinfo=UTC)),
    ],
)
def test_dates_are_utc_whatever_their_form(text: str | None, moment: datetime | None):
    assert parse.indicator({**GOOD, "expirationTime": text}).expiration_time == moment


@pytest.mark.parametrize(
    ("read", "entity"),
    [
        (parse.indicator, {**GOOD, "rbacGroupNames": "Finance"}),
        (parse.indicator, {**GOOD, "rbacGroupNames": [None]}),
        (parse.indicator, {**GOOD, "expirationTime": "0001-01-01T00:00:00+10:00"}),
        (parse.indicator, {**GOOD, "title": 7}),
        (parse.alert, {**GOOD, "evidence": {}}),
        (parse.alert, {**GOOD, "evidence": ["url"]}),
        (parse.machine, [GOOD]),
        (items_of, {"value": [GOOD, None]}),
    ],
)
def test_a_field_of_another_type_is_broken(read: Callable[[Any], Any], entity: Any):
    assert code_of(read, entity) is Code.BROKEN_ANSWER


def test_a_number_is_an_id_too_and_truth_is_not():
    assert parse.indicator({**GOOD, "id": 995}).id == "995"
    with pytest.raises(TenantError):
        parse.indicator({**GOOD, "id": True})


def test_actions_and_types_that_the_portal_does_not_make_are_read_as_they_are():
    read = parse.indicator({**GOOD, "indicatorType": "FileSha256", "action": "AlertAndBlock"})

    assert (read.type, read.action, read.is_allow, read.is_ours) == ("FileSha256", "AlertAndBlock", False, False)
