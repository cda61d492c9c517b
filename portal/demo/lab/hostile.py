"""What a PC may send that means harm to whoever reads it, one kind of it at a time (``Fault.HOSTILE``)."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum

from psrpcore.types import PSRPMessageType

FRAGMENT_BYTES = 32_768
_FIRST_NUMBER = 2**40  # of messages, far from those of the honest ones
_DRIP_BYTES = 16
OUTPUT, ERROR, STATE = PSRPMessageType.PipelineOutput, PSRPMessageType.ErrorRecord, PSRPMessageType.PipelineState
PROGRESS = PSRPMessageType.ProgressRecord


class Hostile(StrEnum):
    """One kind of harm."""

    SHARED_REFERENCES = "shared_references"  # 60 to the power of 6 texts when written out
    SHARED_OBJECTS = "shared_objects"  # the same with objects and their properties
    MANY_SHARED = "many_shared"  # many messages, each of which stays just below a limit
    ENTITIES = "entities"  # one long entity, used often
    NESTED_ENTITIES = "nested_entities"
    EXTERNAL_ENTITY = "external_entity"
    DEEP_NESTING = "deep_nesting"
    MANY_ELEMENTS = "many_elements"
    MANY_ATTRIBUTES = "many_attributes"
    LONG_TEXT = "long_text"  # 5 MB
    HUGE_TEXT = "huge_text"  # 50 MB
    HUGE_INTEGER = "huge_integer"
    HUGE_NUMBER = "huge_number"
    WRONG_CHARACTER = "wrong_character"
    WRONG_GUID = "wrong_guid"
    WRONG_BYTES = "wrong_bytes"
    UNKNOWN_REFERENCE = "unknown_reference"
    NAMELESS_PROPERTY = "nameless_property"
    ELEMENT_IN_TEXT = "element_in_text"
    NO_XML = "no_xml"
    NO_UTF_8 = "no_utf_8"
    LONE_SURROGATE = "lone_surrogate"
    CYCLE = "cycle"
    NOT_A_NUMBER = "not_a_number"
    NUL = "nul"
    NO_BYTES = "no_bytes"
    SHARED_IN_ERROR = "shared_in_error"  # where an error record should have a text
    WRONG_ERROR = "wrong_error"
    EMPTY_ERROR = "empty_error"
    WRONG_STATE = "wrong_state"
    ENDLESS_FRAGMENTS = "endless_fragments"
    ENDLESS_OUTPUTS = "endless_outputs"
    ENDLESS_ERRORS = "endless_errors"
    ENDLESS_PROGRESS = "endless_progress"
    DRIP = "drip"  # a few bytes at a time, for ever
    MANY_MESSAGES_AT_ONCE = "many_messages_at_once"  # begun and never ended
    FRAGMENTS_OUT_OF_ORDER = "fragments_out_of_order"
    CUT_FRAGMENT = "cut_fragment"
    CUT_MESSAGE = "cut_message"
    ENVELOPE_ENTITIES = "envelope_entities"
    ENVELOPE_ELEMENTS = "envelope_elements"
    ENVELOPE_ATTRIBUTES = "envelope_attributes"


Message = tuple[int, bytes]


def _shared(levels: int, width: int) -> str:
    """Lists of which each holds the one before many times over."""
    lists = [f'<Obj RefId="0"><LST>{"<S>x</S>" * width}</LST></Obj>']
    for number in range(1, levels):
        below = f'<Ref RefId="{number - 1}"/>' * width
        lists.append(f'<Obj RefId="{number}"><LST>{below}</LST></Obj>')
    return f'<Obj RefId="99"><LST>{"".join(lists)}</LST></Obj>'


def _shared_objects(levels: int, width: int) -> str:
    """The same with objects and their properties."""
    properties = "".join(f'<I32 N="p{place}">1</I32>' for place in range(width))
    objects = [f'<Obj RefId="0"><MS>{properties}</MS></Obj>']
    for number in range(1, levels):
        properties = "".join(f'<Ref N="p{place}" RefId="{number - 1}"/>' for place in range(width))
        objects.append(f'<Obj RefId="{number}"><MS>{properties}</MS></Obj>')
    return f'<Obj RefId="99"><LST>{"".join(objects)}</LST></Obj>'


def _attributes(count: int) -> str:
    return " ".join(f"a{number}=''" for number in range(count))


def _made(make: Callable[[], str], count: int = 1) -> Callable[[], Iterable[Message]]:
    """For what is large, and is made when it is sent."""
    return lambda: itertools.repeat((OUTPUT, make().encode()), count)


def _one(body: bytes | str, kind: int = OUTPUT) -> Callable[[], Iterable[Message]]:
    return lambda: [(kind, body if isinstance(body, bytes) else body.encode())]


def _for_ever(body: str, kind: int) -> Callable[[], Iterable[Message]]:
    return lambda: itertools.repeat((kind, body.encode()))


_LAUGHS = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
MESSAGES: Mapping[Hostile, Callable[[], Iterable[Message]]] = {
    Hostile.SHARED_REFERENCES: _made(lambda: _shared(6, 60)),
    Hostile.SHARED_OBJECTS: _made(lambda: _shared_objects(6, 60)),
    Hostile.MANY_SHARED: _made(lambda: _shared(3, 55), count=200),
    Hostile.ENTITIES: _made(lambda: f'<!DOCTYPE S [<!ENTITY a "{"x" * 1_000}">]><S>{"&a;" * 350_000}</S>'),
    Hostile.NESTED_ENTITIES: _one(f'<!DOCTYPE S [<!ENTITY e0 "ha">{_LAUGHS}]><S>&e9;</S>'),
    Hostile.EXTERNAL_ENTITY: _one('<!DOCTYPE S [<!ENTITY a SYSTEM "file:///etc/passwd">]><S>&a;</S>'),
    Hostile.DEEP_NESTING: _made(lambda: "<LST>" * 50_000 + "</LST>" * 50_000),
    Hostile.MANY_ELEMENTS: _made(lambda: f"<LST>{'<S/>' * 900_000}</LST>"),
    Hostile.MANY_ATTRIBUTES: _made(lambda: f"<S {_attributes(300_000)}><I32/></S>"),
    Hostile.LONG_TEXT: _made(lambda: f"<S>{'x' * 5_000_000}</S>"),
    Hostile.HUGE_TEXT: _made(lambda: f"<S>{'x' * 50_000_000}</S>"),
    Hostile.HUGE_INTEGER: _one(f"<I64>{'9' * 5_000}</I64>"),
    Hostile.HUGE_NUMBER: _made(lambda: f"<Db>{'9' * 500_000}</Db>"),
    Hostile.WRONG_CHARACTER: _one("<C>99999999</C>"),
    Hostile.WRONG_GUID: _one("<G>none</G>"),
    Hostile.WRONG_BYTES: _one("<BA>A</BA>"),
    Hostile.UNKNOWN_REFERENCE: _one('<Ref RefId="7"/>'),
    Hostile.NAMELESS_PROPERTY: _one('<Obj RefId="0"><MS><S>x</S></MS></Obj>'),
    Hostile.ELEMENT_IN_TEXT: _one("<S>a<S>b</S></S>"),
    Hostile.NO_XML: _one("this is no XML"),
    Hostile.NO_UTF_8: _one(b"<S>\xff\xfe\xed\xa0\x80</S>"),
    Hostile.LONE_SURROGATE: _one("<S>a_xD800_b</S>"),
    Hostile.CYCLE: _one('<Obj RefId="0"><DCT><En><S N="Key">self</S><Ref N="Value" RefId="0"/></En></DCT></Obj>'),
    Hostile.NOT_A_NUMBER: _one("<Db>NaN</Db>"),
    Hostile.NUL: _one("<S>a_x0000_b</S>"),
    Hostile.NO_BYTES: _one(b""),
    Hostile.SHARED_IN_ERROR: _one(
        f'<Obj RefId="98"><MS><LST N="ErrorCategory_Reason">{_shared(6, 60)}</LST></MS></Obj>', ERROR
    ),
    Hostile.WRONG_ERROR: _one('<Obj RefId="0"><MS><I32 N="ErrorCategory_Category">9x</I32></MS></Obj>', ERROR),
    Hostile.EMPTY_ERROR: _one(b"", ERROR),
    Hostile.WRONG_STATE: _one('<Obj RefId="0"><MS><I32 N="PipelineState">4', STATE),
    Hostile.ENDLESS_OUTPUTS: _for_ever(f"<S>{'x' * 100_000}</S>", OUTPUT),
    Hostile.ENDLESS_ERRORS: _for_ever(f'<Obj RefId="0"><ToString>{"x" * 10_000}</ToString></Obj>', ERROR),
    Hostile.ENDLESS_PROGRESS: _for_ever(f"<S>{'x' * 100_000}</S>", PROGRESS),
}


def _fragment(number: int, part: int, piece: bytes, *, is_last: bool) -> bytes:
    return struct.pack(">QQBI", number, part, (part == 0) | is_last << 1, len(piece)) + piece


def _head(kind: int) -> bytes:
    return struct.pack("<II", 1, kind) + bytes(32)


def _cut_up(number: int, message: Message) -> Iterator[bytes]:
    kind, body = message
    data = _head(kind) + body
    for part, start in enumerate(range(0, len(data), FRAGMENT_BYTES)):
        piece = data[start : start + FRAGMENT_BYTES]
        yield _fragment(number, part, piece, is_last=start + FRAGMENT_BYTES >= len(data))


def _without_end(size: int) -> Iterator[bytes]:
    yield _fragment(_FIRST_NUMBER, 0, _head(OUTPUT) + b"<S>", is_last=False)
    for part in itertools.count(1):
        yield _fragment(_FIRST_NUMBER, part, b"x" * size, is_last=False)


FRAGMENTS: Mapping[Hostile, Callable[[], Iterable[bytes]]] = {
    Hostile.ENDLESS_FRAGMENTS: lambda: _without_end(FRAGMENT_BYTES),
    Hostile.DRIP: lambda: _without_end(_DRIP_BYTES),
    Hostile.MANY_MESSAGES_AT_ONCE: lambda: (
        _fragment(_FIRST_NUMBER + n, 0, _head(OUTPUT), is_last=False) for n in range(5_000)
    ),
    Hostile.FRAGMENTS_OUT_OF_ORDER: lambda: [_fragment(_FIRST_NUMBER, 5, b"x", is_last=False)],
    Hostile.CUT_FRAGMENT: lambda: [_fragment(_FIRST_NUMBER, 0, b"x" * 100, is_last=True)[:50]],
    Hostile.CUT_MESSAGE: lambda: [_fragment(_FIRST_NUMBER, 0, b"x" * 10, is_last=True)],
}


def fragments_of(kind: Hostile) -> Iterator[bytes]:
    """Return the fragments with which a PC of this kind answers a command; there may be no end of them."""
    if kind in FRAGMENTS:
        yield from FRAGMENTS[kind]()
    for number, message in enumerate(MESSAGES[kind]() if kind in MESSAGES else ()):
        yield from _cut_up(_FIRST_NUMBER + number, message)


def pause_s(kind: Hostile) -> float:
    """Return how long it waits between two fragments."""
    return 0.05 if kind is Hostile.DRIP else 0.0


def envelope(kind: Hostile, honest: bytes) -> bytes:
    """Return what it sends in place of an envelope."""
    if kind is Hostile.ENVELOPE_ENTITIES:
        return f'<!DOCTYPE a [<!ENTITY a "{"x" * 1_000}">]><a>{"&a;" * 350_000}</a>'.encode()
    if kind is Hostile.ENVELOPE_ELEMENTS:
        return b"<a>" + b'<b c="" d=""/>' * 500_000 + b"</a>"
    if kind is Hostile.ENVELOPE_ATTRIBUTES:
        return f"<a {_attributes(600_000)}/>".encode()
    return honest
