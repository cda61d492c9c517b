"""Odd input at every URL: refused with 400 and a sentence, never a traceback."""

from __future__ import annotations

import io
import sys

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from portal.wsgi import application
from tests.layout.test_urls import TABLE, url_of
from tests.support.world import ADAM, EMMA, checked_case_on, device_at, person
from troubleshooting.domain.cases.case import Stage

pytestmark = pytest.mark.django_db

CANNOT_BE_STORED = "contains a character that cannot be stored"
OTHER_CHARSET = "character set other than UTF-8"
WHICH_PAGE = "which page it comes from"
BROKEN_FORM = "arrived incomplete or damaged"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=xx"


def part(head: str, body: str = "x") -> bytes:
    return f"--xx\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n--xx--\r\n".encode()


# kind: the sentence, then what is added to a plain request
ODD = {
    "NUL in the query": (CANNOT_BE_STORED, {"QUERY_STRING": "q=a%00b"}),
    "NUL in a name of the query": (CANNOT_BE_STORED, {"QUERY_STRING": "%00=a"}),
    "NUL in a cookie": (CANNOT_BE_STORED, {"HTTP_COOKIE": r'sessionid="a\000b"'}),
    "UTF-7": (OTHER_CHARSET, {"CONTENT_TYPE": f"{FORM}; charset=utf-7", "QUERY_STRING": "q=%2B2AA-"}),
    "UTF-16": (OTHER_CHARSET, {"CONTENT_TYPE": f"{FORM}; charset=utf-16"}),
    "unknown character set": (OTHER_CHARSET, {"CONTENT_TYPE": f"{FORM}; charset=klingon"}),
    "an address without an end": (WHICH_PAGE, {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "http://[oops"}),
    "an address without a port": (WHICH_PAGE, {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "http://a:99999/"}),
    "NUL in the address": (WHICH_PAGE, {"HTTP_HX_CURRENT_URL": "/%00", "HTTP_HX_CURRENT_URL_URI_AUTOENCODED": "true"}),
}  # fmt: skip

ODD_FORMS = {
    "UTF-7 in parts": (OTHER_CHARSET, f"{MULTIPART}; charset=utf-7", part('name="a"', "+2AA-")),
    "no boundary": (BROKEN_FORM, "multipart/form-data", b"x"),
    "half of base64": (
        BROKEN_FORM,
        MULTIPART,
        b'--xx\r\nContent-Disposition: form-data; name="a"; filename="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        b"aaaaa\r\n--xx--\r\n",
    ),
}


def administrator() -> Client:
    """Return the client of somebody who may see the most; a traceback fails the test."""
    client = Client()
    client.force_login(person(ADAM))
    return client


def assert_refused(response, sentence: str) -> None:
    page = response.content.decode()
    assert response.status_code == 400
    assert sentence in page
    assert "Nothing was changed." in page
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", TABLE)
def test_odd_requests_are_refused_at_every_url(name):
    client, url, method = administrator(), url_of(name, "NP-1", 1), TABLE[name][0].lower()

    for sentence, odd in ODD.values():
        assert_refused(getattr(client, method)(url, **odd), sentence)


@pytest.mark.parametrize("name", TABLE)
def test_odd_forms_are_refused_at_every_url(name):
    client, url = administrator(), url_of(name, "NP-1", 1)

    for sentence, content_type, body in ODD_FORMS.values():
        assert_refused(client.post(url, body, content_type=content_type), sentence)


@pytest.mark.parametrize("name", TABLE)
def test_nul_in_a_form_is_no_traceback_at_any_url(name):
    """Views may say it beside the field, and keep what was typed."""
    fields = ["answer", "by", "device", "digest", "kind", "next", "note", "pick", "reason", "scope", "status", "token"]

    response = administrator().post(url_of(name, "NP-1", 1), dict.fromkeys([*fields, "\0"], "a\0b"))

    assert response.status_code < 500


def test_nul_in_a_form_that_the_view_did_not_look_at_is_refused():
    client, emma = Client(), person(EMMA)
    client.force_login(emma)
    case = checked_case_on(device_at(None, owner=emma), by=emma)

    response = client.post(reverse("case-solve", args=[case.number]), {"note": "a\0b"})

    assert_refused(response, CANNOT_BE_STORED)
    case.refresh_from_db()
    assert case.stage == Stage.CHECKED


@pytest.mark.parametrize("path", ["/%00", "/cases/%00/", "/cases/NP-1%00/", "/static/%00.css", "/admin/%00/"])
def test_nul_in_a_path_is_refused(path):
    assert_refused(administrator().get(path), CANNOT_BE_STORED)


@pytest.mark.parametrize("name", ["login", "cases", "exclusions"])
def test_half_of_a_surrogate_pair_in_utf_8_does_no_harm(name):
    """It is no UTF-8, so Django reads replacement characters."""
    odd = "%ED%A0%80"

    assert administrator().get(f"{reverse(name)}?q={odd}&next={odd}").status_code in (200, 302)
    assert Client().post(reverse("login"), f"username={odd}&password={odd}", content_type=FORM).status_code == 200


def answer_of_server(**environ) -> tuple[str, str]:
    """Return status and page past the test client, whose requests are made elsewhere than the server's."""
    answered = []
    plain = RequestFactory().get("/login/").environ | {"wsgi.errors": sys.stderr, "wsgi.input": io.BytesIO()}
    page = b"".join(application(plain | environ, lambda status, headers: answered.append(status)))
    return answered[0], page.decode()


@pytest.mark.parametrize("charset", ["charset*=klingon''x", "charset*=utf-8''%00", "charset=rot13", "charset=utf-16"])
def test_a_content_type_that_cannot_be_read_is_refused(charset):
    status, page = answer_of_server(CONTENT_TYPE=f"{FORM}; {charset}", QUERY_STRING="q=abc")

    assert status == "400 Bad Request"
    assert OTHER_CHARSET in page


def test_a_form_that_breaks_off_is_refused():
    class Broken(io.BytesIO):
        def read(self, *_args):
            raise OSError("the client has gone")

    status, page = answer_of_server(
        REQUEST_METHOD="POST", CONTENT_TYPE=FORM, CONTENT_LENGTH="9", **{"wsgi.input": Broken()}
    )

    assert status == "400 Bad Request"
    assert BROKEN_FORM in page


def test_utf_8_by_any_spelling_of_its_name_is_read():
    response = Client().post("/login/", "username=%C3%A4&password=x", content_type=f'{FORM}; charset="UTF-8"')

    assert response.status_code == 200
    assert "ä" in response.content.decode()
