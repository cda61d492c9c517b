"""CLIXML read as it comes, within bounds: from a message's bytes to objects that say only what they hold.

A device may mean harm. Every bound acts while reading: on bytes, elements, depth and time. Document types are refused
before anything in them is read, so there are no entities. A reference is the object that it points to, not a copy; what
it costs to write it out counts when it is written out (``plain``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn
from xml.parsers import expat

from troubleshooting.machines.clixml_texts import Unreadable, primitive, unescaped

MOST_MESSAGE_BYTES = 4_000_000
MOST_ELEMENTS = 200_000
DEEPEST_ELEMENT = 100
LOOK_EVERY = 500  # elements
_PIECE_BYTES = 65_536
_MOST_SILENT = 3  # pieces in a row without a text or the beginning or end of an element: one endless tag or comment
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_LISTS = frozenset({"LST", "IE", "QUE", "STK"})
_CONTAINERS = _LISTS | {"DCT"}
_TYPES = frozenset({"TN", "T", "TNRef"})  # names of .NET types: nothing is told by them
_GROUPS = frozenset({"Obj", "En", "Props", "MS", *_CONTAINERS, *_TYPES})

Look = Callable[[], None]
Value = Any  # None, bool, int, float, str, list of Value, Table, or Thing


class Table(list[tuple[Value, Value]]):
    """The keys and values of a dictionary, in their order."""


@dataclass(slots=True, eq=False)
class Thing:
    """One object: its text, its own values (an enumeration's number, a list), and its properties."""

    to_string: str | None = None
    values: list[Value] = field(default_factory=list)
    adapted: dict[str, Value] = field(default_factory=dict)
    extended: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True)
class _Open:
    """An element that has begun."""

    tag: str
    name: str | None
    value: Value


def do_not_look() -> None:
    """Read on, whatever the time."""


def read(message: bytes, *, look: Look = do_not_look) -> Value:
    """Return what a message holds; None for one of no bytes, as an empty pipeline output may be.

    ``look`` is called again and again and ends the reading by raising. Raises Unreadable.
    """
    message = message.removeprefix(_BYTE_ORDER_MARK)
    if not message:
        return None
    if len(message) > MOST_MESSAGE_BYTES:
        raise Unreadable(f"It has {len(message)} bytes; the portal reads {MOST_MESSAGE_BYTES}.")
    return _Reader(look).read(message)


class _Reader:
    """Reads one message."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._count = 0
        self._said = self._silent = 0  # events of the parser since the last piece; pieces without one
        self._open: list[_Open] = []
        self._text: list[str] | None = None  # of the innermost element, where that is read
        self._things: dict[str, Thing] = {}
        self._result: Value = None

    def read(self, message: bytes) -> Value:
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.buffer_size = _PIECE_BYTES
        parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse_document_type
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._add_text
        view = memoryview(message)
        try:
            for start in range(0, len(view), _PIECE_BYTES):
                self._look()
                parser.Parse(view[start : start + _PIECE_BYTES], False)
                self._refuse_endless_tag()
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise Unreadable(f"It is no XML: {error}.") from error
        return self._result

    def _refuse_endless_tag(self) -> None:
        """Refuse what expat would hold, and search again with each piece, until it ends."""
        self._silent = 0 if self._said else self._silent + 1
        self._said = 0
        if self._silent == _MOST_SILENT:
            raise Unreadable(f"It has a tag of more than {_PIECE_BYTES} bytes.")

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        self._said += 1
        if self._count > MOST_ELEMENTS:
            raise Unreadable(f"It has more than {MOST_ELEMENTS} elements.")
        if self._count % LOOK_EVERY == 0:
            self._look()
        if len(self._open) >= DEEPEST_ELEMENT:
            raise Unreadable(f"Its elements are nested more than {DEEPEST_ELEMENT} deep.")
        if self._text is not None:
            raise Unreadable(f"It has an element {tag[:40]} where a text was due.")
        self._text = None if tag in _GROUPS or tag == "Ref" else []
        self._open.append(_Open(tag, attributes.get("N"), self._start_of(tag, attributes)))

    def _start_of(self, tag: str, attributes: dict[str, str]) -> Value:
        if tag == "Obj":
            thing = Thing()
            if (number := attributes.get("RefId")) is not None:
                self._things[number] = thing  # from here on: it may hold itself
            return thing
        if tag == "Ref":
            return self._referred(attributes.get("RefId", ""))
        if tag in {"Props", "MS"}:
            return {}
        if tag == "DCT":
            return Table()
        return [] if tag in _GROUPS else None

    def _referred(self, number: str) -> Thing:
        thing = self._things.get(number)
        if thing is None:
            raise Unreadable(f"It refers to an object {number[:40]!r} that it does not hold.")
        return thing

    def _add_text(self, text: str) -> None:
        self._said += 1
        if self._text is not None:
            self._text.append(text)

    def _end(self, tag: str) -> None:
        self._said += 1
        closed = self._open.pop()
        if self._text is not None:
            closed.value, self._text = primitive(tag, "".join(self._text)), None
        if tag in _TYPES:
            return
        if not self._open:
            self._result = closed.value
        else:
            _put(closed, self._open[-1])


def _put(closed: _Open, parent: _Open) -> None:
    """Give an element's value to the element around it."""
    if parent.tag == "Obj":
        _put_into_thing(closed, parent.value)
    elif parent.tag in {"Props", "MS"}:
        if closed.name is None:
            raise Unreadable("It has a property without a name.")
        parent.value[unescaped(closed.name)] = closed.value
    elif parent.tag in _LISTS:
        parent.value.append(closed.value)
    elif parent.tag == "En":
        parent.value.append((closed.name, closed.value))
    elif parent.tag == "DCT" and closed.tag == "En":
        entry = dict(closed.value)
        parent.value.append((entry.get("Key", ""), entry.get("Value", "")))
    else:
        raise Unreadable(f"It has an element {closed.tag[:40]} in a {parent.tag}.")


def _put_into_thing(closed: _Open, thing: Thing) -> None:
    if closed.tag == "ToString":
        thing.to_string = closed.value
    elif closed.tag == "Props":
        thing.adapted.update(closed.value)
    elif closed.tag == "MS":
        thing.extended.update(closed.value)
    else:
        thing.values.append(closed.value)


def _refuse_document_type(*_: object) -> NoReturn:
    raise Unreadable("It has a document type, which the portal does not read.")
