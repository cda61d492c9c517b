"""CLIXML read within bounds, and read as pypsrp reads it wherever pypsrp reads it well."""

from __future__ import annotations

import contextlib
import json
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.machines.clixml_made import messages
from tests.machines.pypsrp_reader import read_by_pypsrp
from tests.machines.replayed import recorded
from troubleshooting.machines import clixml
from troubleshooting.machines.clixml_texts import Unreadable
from troubleshooting.machines.plain import DEEPEST_OBJECT, MOST_VALUES, TOO_DEEP, plain

FILES = ("catalogue", "errors-and-types", "restricted-endpoint", "working-endpoint")
OUTPUTS = sorted(
    {text for name in FILES for one in recorded(name).values() for kind, text in one.messages if "OUTPUT" in kind}
)
# What a real PowerShell sent and pypsrp does not read, or reads as raw XML; what the portal reads instead.
BETTER: dict[str, Any] = {
    "": None,
    "a_x0007_b_xD800_": "a\x07b\ufffd",
    '<TNRef RefId="0" /><LST><I32>1</I32><I32>2</I32></LST>': [[1, 2]],
    '<DCT><En><S N="Key">z</S>': {"z": 1, "y": None},
    "<SS>": "j02T+DTTmE4KyoIaB5ARHQ==",
    '<S N="Key">self</S>': {"self": {"self": TOO_DEEP}},
}


def new(message: str | bytes) -> Any:
    return plain(clixml.read(message if isinstance(message, bytes) else message.encode()))


def old(message: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_by_pypsrp(message)


def better(message: str) -> list[str]:
    return [mark for mark in BETTER if mark == message or (mark and mark in message)]


def test_what_a_real_powershell_sent_is_read_as_before():
    differ = {message for message in OUTPUTS if not better(message) and new(message) != old(message)}

    assert len(OUTPUTS) > 300
    assert not differ


def below(number: int) -> str:
    """Return a reference to the object before."""
    return f'<Ref RefId="{number - 1}"/>'


@pytest.mark.parametrize("mark", BETTER)
def test_what_pypsrp_cannot_read_is_read(mark):
    (message,) = {text for text in OUTPUTS if mark == text or (mark and mark in text)}

    found = new(message)

    assert found == BETTER[mark]


@pytest.mark.fuzz
@given(messages())
def test_what_is_made_up_is_read_as_before(message):
    assert new(message) == old(message)


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("<S>a_x005F_x0041_b</S>", "a_x0041_b"),
        ("<S>_xD83D__xDE00_</S>", "\U0001f600"),
        ("<S>_xDE00__xD83D_</S>", "\ufffd\ufffd"),
        ("<S><![CDATA[<a>]]></S>", "<a>"),
        ("<S>a<!-- b -->c</S>", "ac"),
        ("<DT>2026-11-24T02:22:04.1234567</DT>", "2026-11-24T02:22:04.1234567"),
        ("<Db>NaN</Db>", "nan"),
        ("<Db>-INF</Db>", "-inf"),
        ("<U64>18446744073709551615</U64>", 18446744073709551615),
        ('<Obj RefId="0"><TN RefId="0"><T>x</T></TN><ToString>' + "9" * 5_000 + "</ToString></Obj>", "9" * 5_000),
        ("<BA>AP8=</BA>", "AP8="),
        ("<XX>a kind of its own</XX>", "a kind of its own"),
        ('<Obj RefId="0"><MS><S N="a_x005F_x">b</S></MS></Obj>', {"a_x": "b"}),
        ('<Obj RefId="0"><QUE><I32>1</I32></QUE></Obj>', [1]),
        ('<Obj RefId="0"><IE><I32>1</I32></IE></Obj>', [1]),
        ('<Obj RefId="0"><S>a</S><MS><I32 N="ReadCount">1</I32></MS></Obj>', "a"),
        (b"\xef\xbb\xbf<I32>1</I32>", 1),
        ("", None),
    ],
)
def test_a_value_is_read(message, found):
    assert new(message) == found


def test_an_object_that_holds_itself_costs_nothing():
    inside = '<Ref N="{}" RefId="0"/>'
    table = f'<Obj RefId="0"><DCT><En><S N="Key">self</S>{inside.format("Value")}</En></DCT></Obj>'
    thing = f'<Obj RefId="0"><MS>{inside.format("me")}<I32 N="n">1</I32></MS></Obj>'

    assert new(table) == {"self": TOO_DEEP}
    assert new(thing) == {"me": TOO_DEEP, "n": 1}


def test_an_object_that_is_referred_to_is_written_out_each_time():
    one = '<Obj RefId="1"><LST><I32>1</I32></LST></Obj>'

    assert new(f'<Obj RefId="0"><LST>{one}<Ref RefId="1"/><Ref RefId="1"/></LST></Obj>') == [[1], [1], [1]]


def test_a_chain_of_references_is_never_deeper_than_the_limit():
    links = "".join(f'<Obj RefId="{n}"><LST><Ref RefId="{n - 1}"/></LST></Obj>' for n in range(2, 5_000))

    found = new(f'<Obj RefId="0"><LST><Obj RefId="1"><LST/></Obj>{links}</LST></Obj>')

    assert found[-1] == [[[[[TOO_DEEP]]]]]


def test_a_chain_of_objects_is_never_deeper_than_the_limit():
    links = "".join(f'<Obj RefId="{n}"><MS><Ref N="N" RefId="{n - 1}"/></MS></Obj>' for n in range(2, 500))

    found = new(f'<Obj RefId="0"><LST><Obj RefId="1"><LST/></Obj>{links}</LST></Obj>')

    assert json.dumps(found[-1]).count("N") == DEEPEST_OBJECT - 1
    assert TOO_DEEP in str(found[-1])


@pytest.mark.parametrize("look_at", [1, 2])
def test_the_clock_is_looked_at_while_reading_and_while_writing_out(look_at):
    class Enough(Exception):
        """Time is up."""

    left = iter(range(look_at))

    def look() -> None:
        if next(left, None) is None:
            raise Enough

    many = f'<Obj RefId="0"><LST>{"<S>x</S>" * 5_000}</LST></Obj>'.encode()
    with pytest.raises(Enough):
        clixml.read(many, look=look)
    shared = '<Obj RefId="0"><LST>' + "<S>x</S>" * 300 + "</LST></Obj>"
    value = clixml.read(f'<Obj RefId="1"><LST>{shared}{below(1) * 100}</LST></Obj>'.encode())
    with pytest.raises(Enough):
        plain(value, look=look)


@pytest.mark.parametrize(
    "tag",
    ["<!--{}-->", "<?a {}?>", "<S {0}a='' />", "<S N='{}' />", "<S N='>{}' />", "<{} />"],
    ids=["comment", "instruction", "gap", "attribute", "closed_looking", "name"],
)
def test_a_tag_that_goes_on_and_on_is_refused_before_it_ends(tag):
    long = " " * 300_000 if "{0}" in tag else "x" * 300_000

    with pytest.raises(Unreadable, match="a tag of more than"):
        clixml.read(f"<LST>{tag.format(long)}".encode())


@pytest.mark.parametrize("text", ["x" * 1_000_000, "é" * 400_000, " \n" * 300_000, "&lt;" * 200_000])
def test_a_long_text_is_read_whole(text):
    assert new(f"<S>{text}</S>") == text.replace("&lt;", "<")


def test_references_that_would_multiply_are_refused():
    lists = [f'<Obj RefId="0"><LST>{"<S>x</S>" * 60}</LST></Obj>']
    lists += [f'<Obj RefId="{n}"><LST>{below(n) * 60}</LST></Obj>' for n in range(1, 6)]

    with pytest.raises(Unreadable, match=f"more than {MOST_VALUES} values"):
        new(f'<Obj RefId="9"><LST>{"".join(lists)}</LST></Obj>')


@pytest.mark.fuzz
@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_read_or_unreadable(message):
    read_or_refused(message)


@pytest.mark.fuzz
@given(messages(), st.lists(st.tuples(st.integers(0, 5_000), st.binary(max_size=12)), min_size=1, max_size=4))
def test_messages_that_were_spoilt_are_read_or_unreadable(message, spoilt):
    data = bytearray(message.encode())
    for anywhere, piece in spoilt:
        place = anywhere % (len(data) + 1)
        data[place : place + len(piece)] = piece

    read_or_refused(bytes(data))


def read_or_refused(message: bytes) -> None:
    with contextlib.suppress(Unreadable):
        assert json.dumps(new(message), allow_nan=False).encode()
