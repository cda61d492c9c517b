"""SOAP envelopes looked at before pypsrp parses them: no document types, and no more elements than WinRM sends."""

from __future__ import annotations

from typing import Any, NoReturn
from xml.parsers import expat

from pypsrp.exceptions import WinRMError, WinRMTransportError

MOST_ELEMENTS = 5_000  # a Receive has one for each of its streams, which are half a megabyte together
_PIECE_BYTES = 65_536
_MOST_SILENT = 3  # pieces in a row without a text or the beginning of an element: one endless tag or comment


def check_envelope(envelope: bytes | str) -> None:
    """Raise WinRMError for an envelope that means harm; one that is no XML at all is left to pypsrp.

    A text is read as pypsrp reads one: whatever encoding it names, it is not asked.
    """
    count = said = silent = 0

    def begin(_tag: str, _attributes: object) -> None:
        nonlocal count, said
        count += 1
        said += 1
        if count > MOST_ELEMENTS:
            raise WinRMError(f"The device's envelope has more than {MOST_ELEMENTS} elements.")

    def say(_text: str) -> None:
        nonlocal said
        said += 1

    parser = expat.ParserCreate("utf-8" if isinstance(envelope, str) else None)
    parser.buffer_text = True
    parser.buffer_size = _PIECE_BYTES
    parser.StartElementHandler, parser.CharacterDataHandler = begin, say
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse
    view = memoryview(envelope.encode("utf-8", "replace") if isinstance(envelope, str) else envelope)
    try:
        for start in range(0, len(view), _PIECE_BYTES):
            said = 0
            parser.Parse(view[start : start + _PIECE_BYTES], False)
            silent = 0 if said else silent + 1
            if silent == _MOST_SILENT:
                raise WinRMError(f"The device's envelope has a tag of more than {_PIECE_BYTES} bytes.")
    except expat.ExpatError:
        return


def _refuse(*_: object) -> NoReturn:
    raise WinRMError("The device's envelope has a document type, which the portal does not read.")


def check_all(transport: Any) -> None:
    """Let pypsrp's transport hand nothing on that was not looked at; it is decrypted there."""
    send = transport.send

    def checked(*arguments: Any, **settings: Any) -> Any:
        try:
            envelope = send(*arguments, **settings)
        except WinRMTransportError as error:
            check_envelope(str(error.response_text))
            raise
        check_envelope(envelope)
        return envelope

    transport.send = checked
