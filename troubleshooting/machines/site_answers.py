"""What a PC's own tries say about a site: its name, the connection to it, and the page.

Source: docs/reference/device-commands.md, "Notes on answers".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.snapshot import NameResolution, PageRequest, PortTest, ReadState
from troubleshooting.machines.base import Answer
from troubleshooting.machines.readers import flag, get, number, text

MOST_ADDRESSES = 20  # of one name; more say no more
_HTTP_STATUS = re.compile(r"\([1-5][0-9]{2}\)")  # "(404)" in the error's message, whatever the language
_NO_SUCH_NAME = ("dns_error_rcode_", "dns_info_no_records")  # what the name server answered, in any language


def read_name_resolution(answer: Answer | None) -> NameResolution | None:
    """Return the addresses of the name; None where nobody asked, or the name server did not answer."""
    if answer is None:
        return None
    if answer.reading.state is ReadState.ANSWERED:
        return NameResolution(tuple(dict.fromkeys(_addresses(answer)))[:MOST_ADDRESSES])
    said = [str(error.get("fq_error", "")).casefold() for error in answer.errors]
    return NameResolution() if any(each.startswith(_NO_SUCH_NAME) for each in said) else None


def read_port_test(answer: Answer | None) -> PortTest | None:
    """Return whether the connection was made; None where nobody asked, or the PC could not try."""
    found = next(_objects(answer), None) if answer is not None else None
    if found is None:
        return None
    return PortTest(
        is_open=flag(get(found, "TcpTestSucceeded")),
        address=text(get(found, "RemoteAddress")),
        port=number(get(found, "RemotePort")),
    )


def read_page_request(answer: Answer | None) -> PageRequest | None:
    """Return whether a server answered; None where nobody asked, or the PC could not try."""
    if answer is None:
        return None
    if was_reached(answer):
        return PageRequest(was_reached=True)
    has_tried = answer.reading.error_code == DeviceErrorCode.COMMAND_FAILED and bool(answer.errors)
    return PageRequest(was_reached=False) if has_tried else None


def was_reached(answer: Answer) -> bool:
    """Tell whether a server answered: a status, or an error that carries an HTTP answer (a redirect, a 404).

    Windows PowerShell 5.1 reports both as errors.
    """
    if answer.reading.state is ReadState.ANSWERED and answer.content:
        return True
    redirected = (error.get("fq_error", "").startswith("MaximumRedirectExceeded") for error in answer.errors)
    answered = (_HTTP_STATUS.search(error.get("message", "")) for error in answer.errors)
    return any(redirected) or any(answered)


def _objects(answer: Answer) -> Iterator[Mapping[str, object]]:
    if answer.reading.state is ReadState.ANSWERED and isinstance(answer.content, list):
        yield from (item for item in answer.content if isinstance(item, Mapping))


def _addresses(answer: Answer) -> Iterator[str]:
    for record in _objects(answer):
        section = get(record, "Section")
        address = text(get(record, "IPAddress"))
        if address is not None and (section is None or str(section).casefold() in {"answer", "1"}):
            yield address[:60]
