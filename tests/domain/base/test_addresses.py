from __future__ import annotations

import pytest

from troubleshooting.domain.base.addresses import is_host, is_local, why_not_visited

OWN = {("portal.contoso.example", 443), ("db.contoso.example", 5432), ("2001:db8::1", 6379)}


@pytest.mark.parametrize("text", ["PC-0142", "pc_1.contoso.example", "pc.contoso.example.", "192.0.2.7", "2001:db8::7"])
def test_names_and_addresses_are_hosts(text):
    assert is_host(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://pc.contoso.example",
        "pc.contoso.example:5985",
        "user@pc.contoso.example",
        "pc.contoso.example/wsman",
        "[2001:db8::7]",
        "fe80::1%eth0",
        "pc contoso",
        "pc..contoso",
        "-pc",
        "pc\n",
        "127.1",
        "2130706433",
        "0x7f000001",
        "192.0.2.300",
        "a" * 64,
        ".".join(["abcdefgh"] * 40),
    ],
)
def test_anything_else_is_none(text):
    assert not is_host(text)
    assert why_not_visited(text, 5986, own=(), may_be_local=True) is not None


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("169.254.169.254", True),
        ("0.0.0.0", True),
        ("224.0.0.1", True),
        ("::1", True),
        ("::", True),
        ("fe80::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("LOCALHOST.", True),
        ("a.localhost", True),
        ("10.0.0.7", False),
        ("::ffff:10.0.0.7", False),
        ("localhost.contoso.example", False),
        ("PC-0142", False),
    ],
)
def test_what_is_local(host, expected):
    assert is_local(host) is expected
    assert (why_not_visited(host, 5986, own=(), may_be_local=False) is not None) is expected
    assert why_not_visited(host, 5986, own=(), may_be_local=True) is None


@pytest.mark.parametrize(
    ("host", "port", "refused"),
    [
        ("db.contoso.example", 5432, True),
        ("DB.contoso.example.", 5432, True),
        ("2001:db8:0::1", 6379, True),
        ("portal.contoso.example", 443, True),
        ("db.contoso.example", 5986, False),
        ("pc.contoso.example", 5432, False),
    ],
)
def test_no_pc_is_where_the_portal_itself_is(host, port, refused):
    assert (why_not_visited(host, port, own=OWN, may_be_local=True) is not None) is refused
