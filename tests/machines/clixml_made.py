"""CLIXML made up for property tests: every kind of value that pypsrp reads well, nested, with shared references."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from pypsrp.serializer import Serializer

_CHARACTERS = st.characters(codec="utf-8", exclude_characters="\x00\ufffe\uffff")
_TEXTS = st.text(_CHARACTERS, max_size=12)
_NAMES = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)


def _escaped(text: str) -> str:
    return (Serializer()._serialize_string(text) or "").translate({38: "&amp;", 60: "&lt;", 62: "&gt;", 34: "&quot;"})


def _element(tag: str, text: str, name: str | None) -> str:
    return f"<{tag}{_named(name)}>{text}</{tag}>"


def _named(name: str | None) -> str:
    return f' N="{name}"' if name is not None else ""


class _Numbers:
    """RefIds, in the order that the objects begin."""

    def __init__(self) -> None:
        self.next = 0
        self.whole: list[int] = []  # of objects that have ended, which a reference may point to

    def take(self) -> int:
        self.next += 1
        return self.next


_PRIMITIVES = st.one_of(
    st.tuples(st.sampled_from(["S", "URI", "XD", "SBK"]), _TEXTS.map(_escaped)),
    st.tuples(st.sampled_from(["I32", "I64", "U64", "By"]), st.integers(-(2**63), 2**64 - 1).map(str)),
    st.tuples(st.sampled_from(["Db", "Sg"]), st.floats().map(str)),
    st.tuples(st.just("B"), st.sampled_from(["true", "false"])),
    st.tuples(st.just("DT"), st.datetimes().map(lambda moment: moment.isoformat())),
    st.tuples(st.just("TS"), st.just("PT1H2M3.5S")),
    st.tuples(st.just("Version"), st.just("10.0.26100.1")),
    st.tuples(st.just("D"), st.decimals(allow_nan=False, allow_infinity=False).map(str)),
    st.tuples(st.just("C"), st.integers(32, 0xD7FF).map(str)),
    st.tuples(st.just("G"), st.uuids().map(str)),
    st.tuples(st.just("BA"), st.just("AP8=")),
    st.tuples(st.just("Nil"), st.just("")),
)
_LIST_TYPE = "<TN RefId='{0}'><T>System.Collections.ArrayList</T><T>System.Object</T></TN>"
_TABLE_TYPE = "<TN RefId='{0}'><T>System.Collections.Hashtable</T><T>System.Object</T></TN>"


@st.composite
def messages(draw: Any) -> str:
    """Return one message."""
    return _value(draw, _Numbers(), None, 0)


def _value(draw: Any, numbers: _Numbers, name: str | None, depth: int) -> str:
    kinds = ["primitive"] if depth > 3 else ["primitive", "list", "table", "object", "enumeration", "reference"]
    kind = draw(st.sampled_from(kinds))
    if kind == "reference" and numbers.whole:
        return f'<Ref{_named(name)} RefId="{draw(st.sampled_from(numbers.whole))}"/>'
    if kind in {"primitive", "reference"}:
        return _element(*draw(_PRIMITIVES), name)
    number = numbers.take()
    inside = {"list": _list, "table": _table, "object": _object, "enumeration": _enumeration}[kind]
    made = f'<Obj{_named(name)} RefId="{number}">{inside(draw, numbers, number, depth + 1)}</Obj>'
    numbers.whole.append(number)
    return made


def _list(draw: Any, numbers: _Numbers, number: int, depth: int) -> str:
    """Objects first: of a list that begins with anything else, pypsrp gives its objects as their XML."""
    values = [_value(draw, numbers, None, depth) for _ in range(draw(st.integers(0, 4)))]
    values.sort(key=lambda value: not value.startswith("<Obj"))
    return f"{_LIST_TYPE.format(number)}<LST>{''.join(values)}</LST>"


def _table(draw: Any, numbers: _Numbers, number: int, depth: int) -> str:
    keys = draw(st.lists(_NAMES, max_size=3, unique=True))
    entries = [f"<En>{_element('S', key, 'Key')}{_value(draw, numbers, 'Value', depth)}</En>" for key in keys]
    return f"{_TABLE_TYPE.format(number)}<DCT>{''.join(entries)}</DCT>"


def _object(draw: Any, numbers: _Numbers, number: int, depth: int) -> str:
    text = draw(st.none() | _TEXTS.map(_escaped))
    groups = []
    for group in ("Props", "MS"):
        names = draw(st.lists(_NAMES, max_size=3, unique=True))
        groups.append(f"<{group}>{''.join(_value(draw, numbers, name, depth) for name in names)}</{group}>")
    return ("" if text is None else f"<ToString>{text}</ToString>") + "".join(groups)


def _enumeration(draw: Any, numbers: _Numbers, number: int, depth: int) -> str:
    return f"<ToString>{draw(_NAMES)}</ToString><I32>{draw(st.integers(0, 9))}</I32>"
