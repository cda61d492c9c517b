"""What an undo does in each place, and what its digest binds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troubleshooting.domain.emergency_stop.undo import BINDING, UndoStep, preview_digest, undo_step
from troubleshooting.domain.exclusions.placement import OPEN, PlacementStatus

SINCE = "2026-11-24T10:00:00.000000+00:00"


def row(**changes: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "placement": 1,
        "exclusion": 2,
        "kind": "ip_address",
        "value": "203.0.113.10",
        "place": "PC-0142",
        "step": UndoStep.TAKE_OFF.value,
        "put_at": None,
        "read_back_at": None,
    }
    return plain | changes


@pytest.mark.parametrize("before", [None, False, True])
@pytest.mark.parametrize("needed", [False, True])
def test_what_was_never_sent_is_not_sent(before, needed):
    step = undo_step(PlacementStatus.WAITING, was_there_before=before, is_needed_by_another=needed)

    assert step is UndoStep.NOT_SEND


@pytest.mark.parametrize("status", sorted(OPEN - {PlacementStatus.WAITING}))
@pytest.mark.parametrize(
    ("before", "needed", "step"),
    [
        (None, False, UndoStep.TAKE_OFF),
        (False, False, UndoStep.TAKE_OFF),
        (False, True, UndoStep.LEFT_FOR_ANOTHER),
        (True, False, UndoStep.LEFT_AS_BEFORE),
        (True, True, UndoStep.LEFT_AS_BEFORE),
    ],
)
def test_what_may_be_there_is_taken_off_unless_it_is_not_the_portals_alone(status, before, needed, step):
    assert undo_step(status, was_there_before=before, is_needed_by_another=needed) is step


@pytest.mark.parametrize("field", BINDING)
def test_every_binding_field_changes_the_digest(field):
    assert preview_digest(SINCE, [row()]) != preview_digest(SINCE, [row(**{field: "other"})])


@pytest.mark.parametrize("field", ["put_at", "read_back_at"])
def test_what_was_read_back_meanwhile_changes_nothing(field):
    assert preview_digest(SINCE, [row()]) == preview_digest(SINCE, [row(**{field: SINCE})])


def test_another_moment_or_another_number_of_rows_changes_the_digest():
    digests = {
        preview_digest(SINCE, [row()]),
        preview_digest(SINCE, []),
        preview_digest(SINCE, [row(), row()]),
        preview_digest("2026-11-24T11:00:00.000000+00:00", [row()]),
    }

    assert len(digests) == 4


@given(st.permutations([row(placement=number) for number in range(5)]))
def test_the_order_of_the_rows_does_not_matter(rows):
    assert preview_digest(SINCE, rows) == preview_digest(SINCE, sorted(rows, key=lambda r: str(r["placement"])))
