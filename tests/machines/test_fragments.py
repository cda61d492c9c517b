"""Fragments put together within bounds, and what they bring read or named."""

from __future__ import annotations

import contextlib
import json
import struct
from itertools import repeat
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypsrp.exceptions import FragmentError
from pypsrp.messages import MessageType

from tests.machines.clixml_made import messages
from tests.machines.recorded_entries import CLOCK
from tests.machines.replayed import CREDENTIAL, ReplayedShell, even, fragments, replay
from tests.machines.speaking import LIMITS
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.machines.base import Address
from troubleshooting.machines.clixml import MOST_MESSAGE_BYTES
from troubleshooting.machines.errors import WIRE_ERRORS, name_error
from troubleshooting.machines.fragments import MOST_OPEN, Defragmenter, Message
from troubleshooting.machines.pypsrp_pipeline import MOST_BYTES, Pipeline
from troubleshooting.machines.session import Session

TEXT = ("PIPELINE_OUTPUT", "<S>a text</S>")
DONE = ("PIPELINE_STATE", '<Obj RefId="0"><MS><I32 N="PipelineState">4</I32></MS></Obj>')
READ = Message(MessageType.PIPELINE_OUTPUT, b"\xef\xbb\xbf<S>a text</S>")


def fragment(number: int, part: int, piece: bytes, marks: int) -> bytes:
    return struct.pack(">QQBI", number, part, marks, len(piece)) + piece


def head(kind: int = MessageType.PIPELINE_OUTPUT) -> bytes:
    return struct.pack("<II", 1, kind) + bytes(32)


@given(st.lists(st.integers(1, 30), max_size=10))
def test_a_message_is_whole_whichever_way_it_was_cut(sizes):
    assert list(Defragmenter().messages(b"".join(fragments(7, TEXT, sizes)))) == [READ]


def test_fragments_of_two_messages_may_alternate():
    rows = zip(fragments(1, TEXT, even(TEXT, 10)), fragments(2, TEXT, even(TEXT, 10)), strict=True)

    assert list(Defragmenter().messages(b"".join(piece for row in rows for piece in row))) == [READ, READ]


def test_an_overlong_message_is_dropped_on_the_way_and_the_next_one_read():
    mine, piece = Defragmenter(), b"x" * 1_000_000
    assert not list(mine.messages(fragment(1, 0, head(), 1)))
    for part in range(1, 50):
        assert not list(mine.messages(fragment(1, part, piece, 0)))
        assert mine.kept_bytes <= MOST_MESSAGE_BYTES + len(head())

    assert list(mine.messages(fragment(1, 50, piece, 2))) == [Message(MessageType.PIPELINE_OUTPUT, None)]
    assert list(mine.messages(b"".join(fragments(2, TEXT, [])))) == [READ]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"x", "within its head"),
        (fragment(1, 0, b"x" * 50, 3)[:-1], "brought 49"),
        (fragment(1, 1, b"x", 0), "where 0 was due"),
        (fragment(1, 0, b"x", 0), "where 0 was due"),
        (fragment(1, 0, b"x", 1) + fragment(1, 0, b"x", 1), "where 1 was due"),
        (fragment(1, 0, b"x", 3), "message ends within its head"),
        (b"".join(fragment(n, 0, b"", 1) for n in range(MOST_OPEN + 1)), "at once"),
    ],
)
def test_what_is_no_row_of_fragments_is_refused(data, says):
    with pytest.raises(FragmentError, match=says):
        list(Defragmenter().messages(data))


@pytest.mark.fuzz
@given(st.lists(st.binary(max_size=80) | st.integers(0, 3).map(lambda n: fragment(n, 0, head(), n)), max_size=6))
def test_bytes_of_any_kind_are_fragments_or_refused(pieces):
    with contextlib.suppress(FragmentError):
        list(Defragmenter().messages(b"".join(pieces)))


@st.composite
def spoilt_receives(draw: Any) -> list[bytes]:
    """Return what a few Receives bring: messages of the kinds that are read, cut up and spoilt here and there."""
    kinds = ["PIPELINE_OUTPUT", "ERROR_RECORD", "PIPELINE_STATE", "SESSION_CAPABILITY", "RUNSPACEPOOL_STATE"]
    data = bytearray()
    for number in range(draw(st.integers(1, 4))):
        message = (draw(st.sampled_from(kinds)), draw(messages() | st.just(DONE[1])))
        data += b"".join(fragments(number, message, draw(st.lists(st.integers(1, 60), max_size=3))))
    for anywhere, piece in draw(st.lists(st.tuples(st.integers(0, 5_000), st.binary(max_size=9)), max_size=3)):
        place = anywhere % (len(data) + 1)
        data[place : place + len(piece)] = piece
    middle = draw(st.integers(0, len(data)))
    return draw(st.sampled_from([[bytes(data)], [bytes(data[:middle]), bytes(data[middle:])]]))


@pytest.mark.fuzz
@given(spoilt_receives())
def test_whatever_a_device_sends_is_read_or_named(receives):
    session = Session(Address("pc.example"), CREDENTIAL, limits=LIMITS, should_stop=lambda: False)
    pool: Any = session._pool
    pool.shell = ReplayedShell([], _waiting=list(receives))
    pipeline = Pipeline(pool)
    try:
        for _ in receives:
            pipeline.poll_invoke()
    except WIRE_ERRORS as error:
        code = name_error(error).code
    else:
        code = None

    assert code in {None, Code.PROTOCOL_BROKEN, Code.SERVICE_FAULT}
    for reply in pipeline.taken():
        assert json.dumps([reply.output, reply.error and reply.error.as_json()], allow_nan=False).encode()


def test_errors_without_end_are_left_and_named():
    error = f'<Obj RefId="0"><ToString>{"x" * 900_000}</ToString></Obj>'
    found = replay([CLOCK], list(repeat(("ERROR_RECORD", error), MOST_BYTES // 800_000)))

    reading = found.answers["clock"].reading
    assert reading.error_code == Code.PROTOCOL_BROKEN
    assert f"There is more than {MOST_BYTES} bytes of it." in reading.detail


def test_outputs_without_end_are_cut_off_and_marked():
    output = f"<S>{'x' * 900_000}</S>"
    found = replay([CLOCK], list(repeat(("PIPELINE_OUTPUT", output), 20)))

    assert found.answers["clock"].truncated


@pytest.mark.parametrize("output", ["<I32>9x</I32>", "<S>", "<!DOCTYPE S><S/>"])
def test_one_answer_that_cannot_be_read_costs_that_answer_only(output):
    found = replay([CLOCK], [("PIPELINE_OUTPUT", output), DONE])

    reading = found.answers["clock"].reading
    assert reading.error_code == Code.PROTOCOL_BROKEN
    assert reading.detail.startswith("The portal could not read this answer.")


def test_one_part_that_cannot_be_read_spoils_what_is_whole_beside_it():
    moment = ("PIPELINE_OUTPUT", "<DT>2026-11-24T02:22:04Z</DT>")
    found = replay([CLOCK], [moment, ("PIPELINE_OUTPUT", "<I32>9x</I32>"), DONE])

    assert found.answers["clock"].reading.error_code == Code.PROTOCOL_BROKEN
