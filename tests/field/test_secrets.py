"""Secrets in the addresses that people paste: what is kept of each, and that none is ever stored.

``fed`` is a text as it is typed or logged, ``right`` what is stored of it.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.field.rows import Row, each
from troubleshooting.domain.base.masking import mask_json, mask_text, masked_names, without_masked
from troubleshooting.domain.cases.indicator import parse_indicator
from troubleshooting.domain.cases.masked import mask_indicator, names_masked_in, plain_indicator

OWASP = "OWASP: information exposure through query strings in URL"
SAS = "Microsoft: create a service SAS"
OAUTH = "RFC 6749 and RFC 6750 section 5.3"
AWS = "AWS: authenticating requests by query parameters"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl"
LINKS = "generic: links that people copy from mails"
HARMLESS = "generic: what IT needs to see"

ROWS = (
    Row(
        "https://www.example.com/reset?token=SECRET&email=a%40b",
        "https://www.example.com/reset?token=***&email=***",
        "field case C78",
    ),
    Row("https://www.example.com/?access_token=abc123", "https://www.example.com/?access_token=***", OAUTH),
    Row("https://www.example.com/cb?code=SplxlOB&state=xyz", "https://www.example.com/cb?code=***&state=***", OAUTH),
    Row("https://www.example.com/cb#id_token=abc&x=1", "https://www.example.com/cb#id_token=***&x=1", OAUTH),
    Row("https://www.example.com/?passwordResetToken=ab12", "https://www.example.com/?passwordResetToken=***", LINKS),
    Row("https://www.example.com/?user_email=ann@b.example", "https://www.example.com/?user_email=***", LINKS),
    Row("https://www.example.com/?x=ann%40contoso.example", "https://www.example.com/?x=***", LINKS),
    Row("https://www.example.com/?login_hint=ann", "https://www.example.com/?login_hint=***", OAUTH),
    Row("https://www.example.com/?api_key=k1", "https://www.example.com/?api_key=***", OWASP),
    Row("https://www.example.com/?APIKEY=k1", "https://www.example.com/?APIKEY=***", OWASP),
    Row("https://www.example.com/?key=k1", "https://www.example.com/?key=***", OWASP),
    Row("https://www.example.com/?password=hunter", "https://www.example.com/?password=***", OWASP),
    Row("https://www.example.com/?pwd=hunter&page=2", "https://www.example.com/?pwd=***&page=2", OWASP),
    Row("https://www.example.com/?PHPSESSID=77ab", "https://www.example.com/?PHPSESSID=***", "PHP manual: sessions"),
    Row("https://www.example.com/?sid=77", "https://www.example.com/?sid=***", OWASP),
    Row(
        "https://www.example.com/a;jsessionid=1A2B3C?x=1",
        "https://www.example.com/a;jsessionid=***?x=1",
        "Java Servlet specification: URL rewriting",
    ),
    Row(
        "https://a.blob.core.example/c/f.pdf?sv=2022-11-02&se=2026-12-01T00:00:00Z&sr=b&sp=r&sig=ab%2Bcd%3D",
        "https://a.blob.core.example/c/f.pdf?sv=2022-11-02&se=2026-12-01T00:00:00Z&sr=b&sp=r&sig=***",
        SAS,
    ),
    Row(
        "https://b.s3.example/f?X-Amz-Expires=300&X-Amz-Signature=0f&X-Amz-Credential=AKIA",
        "https://b.s3.example/f?X-Amz-Expires=300&X-Amz-Signature=***&X-Amz-Credential=***",
        AWS,
    ),
    Row(f"https://www.example.com/?d={JWT}", "https://www.example.com/?d=***", "RFC 7519"),
    Row(f"https://www.example.com/?{JWT}", "https://www.example.com/?***", "RFC 7519"),
    Row(f"https://www.example.com/in/{JWT}/x", "https://www.example.com/in/***/x", "RFC 7519"),
    Row(f"It said {JWT}.", "It said ***.", "RFC 7519"),
    Row("https://www.example.com/#/reset/AbC99x", "https://www.example.com/#/reset/***", LINKS),
    Row("https://www.example.com/reset/AbC99x", "https://www.example.com/reset/***", LINKS),
    Row("https://www.example.com/verify/482913", "https://www.example.com/verify/***", LINKS),
    Row(
        "https://www.example.com/invite/0f8fad5b-d9cb-469f-a165-70867728950e",
        "https://www.example.com/invite/***",
        LINKS,
    ),
    Row("https://www.example.com/u/ann@b.example/inbox", "https://www.example.com/u/***/inbox", LINKS),
    Row(
        "https://www.example.com/f/5d41402abc4b2a76b9719d911017c592", "https://www.example.com/f/***", "a hash as a key"
    ),
    Row(
        "https://www.example.com/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit",
        "https://www.example.com/d/***/edit",
        "generic: links to shared documents open for whoever has them",
    ),
    Row("https://www.example.com/?r=SuPerSecReTvalue", "https://www.example.com/?r=***", OWASP, "no plain word"),
    Row("https://www.example.com/?t=a8f5f167f44f4964", "https://www.example.com/?t=***", OWASP),
    Row("https://www.example.com/?phone=004930123456", "https://www.example.com/?phone=***", LINKS),
    Row("https://www.example.com/?a8f5f167f44f4964e6c9=1", "https://www.example.com/?***=1", OWASP, "as a name"),
    Row("https://ann:pw@www.example.com/x", "https://***@www.example.com/x", "RFC 3986 section 3.2.1"),
    Row(
        "https://mail.example/?url=https%3A%2F%2Fwww.example.com%2Fr%3Ftoken%3DS1&sdata=aB3%3D",
        "https://mail.example/?url=https%3A%2F%2Fwww.example.com%2Fr%3Ftoken%3D***&sdata=***",
        "links that wrap links",
    ),
    Row(
        "https://www.example.com/in?next=%252Freset%253Ftoken%253DS1",
        "https://www.example.com/in?next=***",
        "encoded twice: nobody reads it, so all of it is hidden",
    ),
    Row("www.example.com/reset?token=SECRET), please", "www.example.com/reset?token=*** please", LINKS),
    Row("www.example.com?token=S1", "www.example.com?token=***", LINKS),
    Row("hxxps://bad[.]example/r?token=S1", "hxxps://bad[.]example/r?token=***", "defanged"),
    Row("https//www.example.com/?sid=88", "https//www.example.com/?sid=***", "field case C68"),
    Row("http__www.example.com/r?token=S1", "http__www.example.com/r?token=***", "field case C69"),
    Row("[page](https://www.example.com/?token=S1)", "[page](https://www.example.com/?token=***", "field case C71"),
    Row("URL: https://10.0.0.7:8443/reset/S1x?key=9", "URL: https://10.0.0.7:8443/reset/***?key=***", "field case C81"),
    Row("token=S1 was in it", "token=*** was in it", LINKS),
    Row(
        "<Data Name='Destination'>https://www.example.com/r?a=1&amp;token=S1</Data>",
        "<Data Name='Destination'>https://www.example.com/r?a=1&amp;token=***</Data>",
        "raw XML of an event",
    ),
    # What stays, because IT needs it and nobody is harmed.
    *(
        Row(text, text, HARMLESS)
        for text in (
            "https://www.example.com/search?q=network+protection&page=2&lang=en-US",
            "https://www.example.com/item?id=4711&utm_source=mail",
            "https://www.example.com/?from=2026-11-01&to=2026-11-30T08:00:00Z",
            "https://www.example.com/?v=1.2.3",
            "https://www.example.com/assets/main.4f3a9c2b1d.js?v=12",
            "https://www.example.com/password-reset/index.html",
            "https://www.example.com/reset?token=",
            "http://schemas.microsoft.com/win/2004/08/events/event",
            r"\\?\C:\Program Files\Token\app.exe",
            r"HKLM\SOFTWARE\Microsoft\Windows Defender\Exclusions\Paths\C:\key = 0x0",
            "Version=1.0.0.0, PublicKeyToken=31bf3856ad364e35",
            "Ask help@contoso.example about it; is it safe? Yes/No",
        )
    ),
)


@each(ROWS)
def test_what_is_stored_of_a_text(row: Row):
    assert mask_text(row.fed) == row.right
    assert mask_text(row.right) == row.right


def test_there_are_enough_rows():
    assert len(ROWS) >= 40


PARTS = (  # address, what the PC requests, names that are told
    ("https://www.example.com/reset?token=S1&page=2", "https://www.example.com/reset", ("token",)),
    ("https://www.example.com/reset/AbC99x/now?x=1", "https://www.example.com/reset/", ("",)),
    ("https://www.example.com/a?page=2", "https://www.example.com/a?page=2", ()),
    ("https://www.example.com/?sid=1&email=2", "https://www.example.com/", ("sid", "email")),
    ("www.example.com", "www.example.com", ()),
)


@pytest.mark.parametrize(("typed", "requested", "names"), PARTS)
def test_what_is_left_of_an_address_for_a_request_and_for_people(typed: str, requested: str, names: tuple[str, ...]):
    masked = mask_indicator(parse_indicator(typed))

    assert plain_indicator(masked).value == requested == without_masked(masked.value)
    assert names_masked_in(masked) == names == masked_names(masked.value)
    assert parse_indicator(masked.value) == masked
    assert (masked.host, masked.scheme) == (parse_indicator(typed).host, parse_indicator(typed).scheme)


SECRET_NAMES = ("token", "access_token", "apiKey", "email", "sessionId", "X-Amz-Signature", "sig", "password", "code")
HEX = st.text("0123456789abcdef", min_size=32, max_size=64)
SECRETS = st.one_of(
    HEX,
    st.uuids().map(str),
    st.from_regex(r"[A-Za-z0-9_-]{22,60}", fullmatch=True).filter(lambda text: any(map(str.isdigit, text))),
    st.from_regex(r"[a-z]{3,9}\.[a-z]{3,9}@[a-z]{4,9}\.example", fullmatch=True),
    st.from_regex(r"eyJ[A-Za-z0-9]{12,30}\.eyJ[A-Za-z0-9]{12,30}\.[A-Za-z0-9]{12,30}", fullmatch=True),
)
ANY_NAMES = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
PLACES = ("{a}?{n}={s}", "{a}?x=1&{n}={s}", "{a}#{n}={s}", "{a}?x=1&amp;{n}={s}&y=2", "{a}?{n}={s}#top", "{a}?{s}")
ROUND = ("{u}", "see {u} now", "<{u}>", '"{u}"', "Destination: {u}", "<Data>{u}</Data>")
HOSTS = st.sampled_from(
    ["https://www.example.com/a", "http://example.com:8080/", "www.example.com/reset", "hxxps://bad[.]example/"]
)


@st.composite
def texts_with_a_secret(draw: st.DrawFn) -> tuple[str, str]:
    secret = draw(SECRETS)
    name = draw(st.one_of(st.sampled_from(SECRET_NAMES), ANY_NAMES))
    address = draw(st.sampled_from(PLACES)).format(a=draw(HOSTS), n=name, s=secret)
    return draw(st.sampled_from(ROUND)).format(u=address), secret


@given(texts_with_a_secret())
def test_no_secret_of_a_query_is_left_in_a_text(made: tuple[str, str]):
    text, secret = made

    masked = mask_text(text)

    assert secret not in masked
    assert mask_text(masked) == masked


@given(name=st.sampled_from(SECRET_NAMES), value=st.text("abcXYZ019._~%-", min_size=1, max_size=40))
def test_what_has_the_name_of_a_secret_is_hidden_whatever_it_is(name: str, value: str):
    assert mask_text(f"https://www.example.com/?{name}={value}") == f"https://www.example.com/?{name}=***"


@given(st.text(max_size=300))
def test_any_text_is_masked_once(text: str):
    once = mask_text(text)

    assert mask_text(once) == once


def test_every_text_of_an_answer_is_masked_and_nothing_else_is_changed():
    answer = [{"Url": "https://x.example/?token=S1", "Count": 3, "On": True, "Of": None, "List": ["x.example/?sid=1"]}]

    assert mask_json(answer) == [
        {"Url": "https://x.example/?token=***", "Count": 3, "On": True, "Of": None, "List": ["x.example/?sid=***"]}
    ]
