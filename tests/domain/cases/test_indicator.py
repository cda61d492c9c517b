"""The reported address: what is accepted, in which canonical form, and what is refused with which sentence."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from troubleshooting.domain.cases.indicator import (
    Indicator,
    IndicatorKind,
    InvalidIndicator,
    Refusal,
    covers,
    parse_exact,
    parse_indicator,
    refang,
)
from troubleshooting.domain.cases.indicator_errors import REFUSALS

ACCEPTED = [
    # typed, kind, canonical, host
    ("https://www.Example.com/a?b=c#d", IndicatorKind.URL, "https://www.example.com/a?b=c", "www.example.com"),
    ("HTTP://EXAMPLE.COM", IndicatorKind.URL, "http://example.com/", "example.com"),
    ("https://example.com:443/x", IndicatorKind.URL, "https://example.com/x", "example.com"),
    ("https://example.com:8443/x", IndicatorKind.URL, "https://example.com:8443/x", "example.com"),
    ("ftp://files.example.com/pub", IndicatorKind.URL, "ftp://files.example.com/pub", "files.example.com"),
    ("https://example.com?q=1", IndicatorKind.URL, "https://example.com/?q=1", "example.com"),
    ('https://example.com/ä"b', IndicatorKind.URL, "https://example.com/%C3%A4%22b", "example.com"),
    ("example.com", IndicatorKind.HOST, "example.com", "example.com"),
    ("example.com.", IndicatorKind.HOST, "example.com", "example.com"),
    ("example.com/", IndicatorKind.HOST, "example.com", "example.com"),
    ("example.com#top", IndicatorKind.HOST, "example.com", "example.com"),
    ("example.com/login", IndicatorKind.URL, "example.com/login", "example.com"),
    ("example.com:8443", IndicatorKind.HOST, "example.com:8443", "example.com"),
    ("intranet", IndicatorKind.HOST, "intranet", "intranet"),
    ("http:8080", IndicatorKind.HOST, "http:8080", "http"),
    ("my_pc.corp.example", IndicatorKind.HOST, "my_pc.corp.example", "my_pc.corp.example"),
    ("r3---sn-x.example.com", IndicatorKind.HOST, "r3---sn-x.example.com", "r3---sn-x.example.com"),
    ("bücher.de", IndicatorKind.HOST, "xn--bcher-kva.de", "xn--bcher-kva.de"),
    ("BÜCHER。de", IndicatorKind.HOST, "xn--bcher-kva.de", "xn--bcher-kva.de"),
    ("straße.de", IndicatorKind.HOST, "xn--strae-oqa.de", "xn--strae-oqa.de"),
    ("203.0.113.7", IndicatorKind.IPV4, "203.0.113.7", "203.0.113.7"),
    ("203.0.113.7:8080", IndicatorKind.IPV4, "203.0.113.7:8080", "203.0.113.7"),
    ("http://203.0.113.7/24", IndicatorKind.URL, "http://203.0.113.7/24", "203.0.113.7"),
    ("２０３.0.113.7", IndicatorKind.IPV4, "203.0.113.7", "203.0.113.7"),
    ("2001:DB8:0::1", IndicatorKind.IPV6, "2001:db8::1", "2001:db8::1"),
    ("[2001:db8::1]", IndicatorKind.IPV6, "2001:db8::1", "2001:db8::1"),
    ("[2001:db8::1]:443", IndicatorKind.IPV6, "[2001:db8::1]:443", "2001:db8::1"),
    ("http://[2001:db8::1]:80/x", IndicatorKind.URL, "http://[2001:db8::1]/x", "2001:db8::1"),
    ("  “https://example.com/x” \n", IndicatorKind.URL, "https://example.com/x", "example.com"),
    ("<https://example.com/x>", IndicatorKind.URL, "https://example.com/x", "example.com"),
    ("hxxps://bad[.]example/x", IndicatorKind.URL, "https://bad.example/x", "bad.example"),
    ("hXXp[:]//bad(.)example", IndicatorKind.URL, "http://bad.example/", "bad.example"),
    ("hxxps[://]bad[.]example[:]8443/a(.)b", IndicatorKind.URL, "https://bad.example:8443/a(.)b", "bad.example"),
]

REFUSED = [
    ("", Refusal.EMPTY),
    (" \"' ", Refusal.EMPTY),
    ("https://example.com/" + "a" * 2040, Refusal.TOO_LONG),
    ("https://example.com/" + "ä" * 1000, Refusal.TOO_LONG),
    ("exam\x00ple.com", Refusal.CONTROL_CHARACTERS),
    ("exam\u202eple.com", Refusal.CONTROL_CHARACTERS),
    ("https://example.com/\ud800", Refusal.CONTROL_CHARACTERS),
    ("one.example two.example", Refusal.SPACES),
    ("one.example\ntwo.example", Refusal.SPACES),
    ("file:///c:/windows", Refusal.SCHEME),
    ("javascript://example.com", Refusal.SCHEME),
    ("http:/example.com", Refusal.SCHEME),
    ("https:example.com", Refusal.SCHEME),
    ("https://emma:secret@example.com/", Refusal.USER_INFO),
    ("emma@example.com", Refusal.USER_INFO),
    ("*.example.com", Refusal.WILDCARD),
    ("https://example.com/*", Refusal.WILDCARD),
    ("10.0.0.0/8", Refusal.NETWORK),
    ("2001:db8::/32", Refusal.NETWORK),
    ("10.0.0.1-10.0.0.9", Refusal.RANGE),
    ("10.0.0.1-9", Refusal.RANGE),
    ("2001:db8::1-2001:db8::9", Refusal.RANGE),
    ("example.com:0", Refusal.PORT),
    ("example.com:65536", Refusal.PORT),
    ("example.com:", Refusal.PORT),
    ("mailto:emma", Refusal.PORT),
    ("https://", Refusal.HOST_MISSING),
    ("https:///path", Refusal.HOST_MISSING),
    (".", Refusal.HOST_MISSING),
    (".".join(["a" * 60] * 5), Refusal.HOST_TOO_LONG),
    ("a" * 64 + ".example", Refusal.LABEL_TOO_LONG),
    ("a..example", Refusal.LABEL_EMPTY),
    (".example", Refusal.LABEL_EMPTY),
    ("0127.0.0.1", Refusal.AMBIGUOUS_NUMBER),
    ("0x7f.0.0.1", Refusal.AMBIGUOUS_NUMBER),
    ("0x7f000001", Refusal.AMBIGUOUS_NUMBER),
    ("2130706433", Refusal.AMBIGUOUS_NUMBER),
    ("127.1", Refusal.AMBIGUOUS_NUMBER),
    ("256.0.0.1", Refusal.AMBIGUOUS_NUMBER),
    ("1.2.3.4.5", Refusal.AMBIGUOUS_NUMBER),
    ("[::1", Refusal.IPV6_FORM),
    ("[::1]x", Refusal.IPV6_FORM),
    ("fe80::1%eth0", Refusal.IPV6_FORM),
    ("1:2:3", Refusal.IPV6_FORM),
    ("-a.example", Refusal.CHARACTERS),
    ("a,b.example", Refusal.CHARACTERS),
    ("https://good.example\\x", Refusal.CHARACTERS),
    ("a℀b.example", Refusal.CHARACTERS),
    ("☃.example", Refusal.CHARACTERS),
    ("\u0378.example", Refusal.CHARACTERS),
]

TYPED_REFUSED = [  # by what people type alone; tests/field has many more
    ("exam[ple].com", Refusal.BRACKETS),
    ("one.example and two.example", Refusal.SEVERAL),
    ("the shop", Refusal.NO_ADDRESS),
    ("emma@one.example", Refusal.MAIL_ADDRESS),
    ("C:\\Users\\emma\\page.html", Refusal.FILE),
    ("https://l.facebook.com/l.php?u=https%3A%2F%2Fone.example", Refusal.WRAPPED_LINK),
    ("https://bit.ly/3abc", Refusal.HIDDEN_ADDRESS),
]

labels = st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True).filter(lambda label: label[2:4] != "--")
hosts = st.lists(labels, min_size=1, max_size=5).map(".".join)
paths = st.text(alphabet=st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), max_size=40)


@pytest.mark.parametrize(("typed", "kind", "value", "host"), ACCEPTED, ids=[row[0] for row in ACCEPTED])
def test_parse_exact_gives_the_canonical_form(typed: str, kind: IndicatorKind, value: str, host: str):
    indicator = parse_exact(typed)

    assert (indicator.kind, indicator.value, indicator.host) == (kind, value, host)
    assert Indicator.from_json(indicator.as_json()) == indicator


@pytest.mark.parametrize(("typed", "code"), REFUSED, ids=[f"{code}-{place}" for place, (_, code) in enumerate(REFUSED)])
def test_parse_exact_refuses_with_a_code_and_a_sentence(typed: str, code: Refusal):
    with pytest.raises(InvalidIndicator) as caught:
        parse_exact(typed)

    assert (caught.value.code, caught.value.text.message) == (code, REFUSALS[code])


@pytest.mark.parametrize(("typed", "code"), TYPED_REFUSED)
def test_parse_indicator_refuses_with_a_code_and_a_sentence(typed: str, code: Refusal):
    with pytest.raises(InvalidIndicator) as caught:
        parse_indicator(typed)

    assert (caught.value.code, caught.value.text.message) == (code, REFUSALS[code])


def test_every_refusal_is_met_by_an_example_and_has_a_sentence():
    assert {code for _typed, code in (*REFUSED, *TYPED_REFUSED)} == set(Refusal) == set(REFUSALS)


@pytest.mark.parametrize("code", Refusal)
def test_every_refusal_names_a_right_example(code: Refusal):
    words = REFUSALS[code].replace(",", " ").split()

    assert any((accepted(word.rstrip(".")) and "." in word) or "::" in word for word in words)


def accepted(text: str) -> bool:
    """Tell whether a text is an address."""
    try:
        parse_exact(text)
    except InvalidIndicator:
        return False
    return True


@given(st.text(max_size=60) | st.from_regex(r"(hxxps?|http|ftp)(:|\[:\])//[a-z0-9.\[\]():@*%-]{0,30}(/.*)?"))
@example("https://x/a'#f")
@example("xn--a.example")
def test_parse_exact_raises_nothing_but_invalid_indicator_and_is_idempotent(text: str):
    try:
        indicator = parse_exact(text)
    except InvalidIndicator:
        return

    assert parse_exact(indicator.value) == indicator
    assert indicator.host.isascii()
    assert indicator.host == indicator.host.lower()
    assert indicator.display_host
    assert Indicator.from_json(indicator.as_json()) == indicator


@given(hosts, st.none() | st.integers(1, 65535), paths)
def test_a_defanged_address_means_the_same_as_the_plain_one(host: str, port: int | None, path: str):
    ending = (f":{port}" if port else "") + f"/{path}"
    plain = f"https://{host}{ending}"
    defanged = "hxxps[:]//" + host.replace(".", "[.]") + ending

    assert outcome_of(defanged) == outcome_of(plain)
    assert refang(defanged) == refang(plain)


def outcome_of(text: str) -> Indicator | Refusal:
    """Return what parsing comes to."""
    try:
        return parse_exact(text)
    except InvalidIndicator as refused:
        return refused.code


@given(hosts)
def test_a_host_is_the_same_in_any_case_and_with_a_trailing_dot(host: str):
    assert outcome_of(host.upper() + ".") == outcome_of(host)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("xn--bcher-kva.de", "bücher.de"),
        ("www.xn--i-7iq.ws", "www.xn--i-7iq.ws"),  # an emoji of older rules stays as it is
        ("my_pc.corp", "my_pc.corp"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_host_is_shown_as_people_write_it(typed: str, shown: str):
    assert parse_exact(typed).display_host == shown


@pytest.mark.parametrize(
    "typed",
    [
        "10.1.2.3",
        "http://192.168.1.1/",
        "127.0.0.1",
        "169.254.1.1",
        "100.64.0.1",
        "::1",
        "fd00::1",
        "fe80::1",
        "::ffff:10.0.0.1",
    ],
)
def test_internal_addresses_are_private(typed: str):
    assert parse_exact(typed).is_private


@pytest.mark.parametrize(
    "typed", ["203.0.113.7", "8.8.8.8", "2001:db8::1", "intranet", "example.com", "::ffff:8.8.8.8"]
)
def test_other_addresses_and_names_are_not_private(typed: str):
    assert not parse_exact(typed).is_private


@pytest.mark.parametrize(
    ("host", "other", "covered"),
    [
        ("example.com", "example.com", True),
        ("example.com", "www.example.com", True),
        ("www.example.com", "example.com", False),
        ("example.com", "notexample.com", False),
        ("10.0.0.1", "10.0.0.1", True),
        ("0.0.1", "10.0.0.1", False),
        ("2.3.4.5", "1.2.3.4.5", False),
    ],
)
def test_covers_knows_names_below_a_host(host: str, other: str, covered: bool):
    assert covers(host, other) is covered
