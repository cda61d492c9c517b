"""What a PC's own tries say about a site."""

from __future__ import annotations

import pytest

from tests.machines.test_parse import answer, snapshot
from troubleshooting.domain.evidence.snapshot import NameResolution, PageRequest, PortTest, ReadState


def refused(fq_error, message="…"):
    return [{"fq_error": f"{fq_error},Microsoft.X", "message": message}]


RECORD = {"Name": "a.example", "IPAddress": "192.0.2.1", "Section": "Answer"}
FOUND = NameResolution(("192.0.2.1",))
UNTRIED = {"state": ReadState.FAILED, "code": "timed_out"}
FAILED = {"state": ReadState.FAILED, "code": "command_failed"}


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (answer("resolve_name", [RECORD, RECORD]), FOUND),
        (answer("resolve_name", [{"Name": "a.example", "NameHost": "b.example", "Type": "CNAME"}, RECORD]), FOUND),
        (answer("resolve_name", [RECORD, {"IPAddress": "192.0.2.9", "Section": "Additional"}]), FOUND),
        (answer("resolve_name", [{"Name": "example", "Section": "Authority"}]), NameResolution()),
        (answer("resolve_name", **FAILED, errors=refused("DNS_ERROR_RCODE_NAME_ERROR")), NameResolution()),
        (answer("resolve_name", **FAILED, errors=refused("DNS_ERROR_RCODE_REFUSED")), NameResolution()),
        (answer("resolve_name", **FAILED, errors=refused("ERROR_TIMEOUT")), None),
        (answer("resolve_name", **UNTRIED), None),
        (
            answer("test_port", [{"RemoteAddress": "192.0.2.1", "RemotePort": 443, "TcpTestSucceeded": True}]),
            PortTest(is_open=True, address="192.0.2.1", port=443),
        ),
        (answer("test_port", [{"RemotePort": 443, "TcpTestSucceeded": False}]), PortTest(is_open=False, port=443)),
        (answer("test_port", **UNTRIED), None),
        (answer("request_page", [{"StatusCode": 200}]), PageRequest(was_reached=True)),
        (answer("request_page", **FAILED, errors=refused("Web", "(404) Not Found")), PageRequest(was_reached=True)),
        (answer("request_page", **FAILED, errors=refused("MaximumRedirectExceeded")), PageRequest(was_reached=True)),
        (answer("request_page", **FAILED, errors=refused("Web", "closed")), PageRequest(was_reached=False)),
        (answer("request_page", state=ReadState.FAILED, code="command_refused", errors=refused("X")), None),
        (answer("request_page", **UNTRIED), None),
    ],
)
def test_what_the_pc_tried_is_read(given, read):
    found = snapshot(given)

    assert {"resolve_name": found.name_resolution, "test_port": found.port_test, "request_page": found.page_request}[
        given.name
    ] == read
