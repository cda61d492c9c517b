"""Bodies larger than any form are refused before they are read, by a real server too."""

from __future__ import annotations

import http.client
import io
import itertools
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from django.conf import settings

from portal.server import KEEP_ALIVE_S
from tests.layout.test_odd_input import BROKEN_FORM, FORM, answer_of_server
from tests.support.web import answers, running_web
from troubleshooting.queries.checks import checklist
from troubleshooting.queries.exclusions import live_state

pytestmark = pytest.mark.django_db

LIMIT = settings.LARGEST_BODY
TOO_LARGE = "larger than 64 KB, the most that the portal takes"
WITHIN_S = 30


class Unread(io.BytesIO):
    """A body that must not be read."""

    def read(self, *_args):
        raise AssertionError("the body was read")


class Chunks(io.BytesIO):
    """A body without an end; counts what was taken of it."""

    taken = 0

    def read(self, size=-1):
        assert size > 0
        self.taken += size
        return b"a" * size


def test_a_body_that_is_too_long_is_refused_unread():
    status, page = answer_of_server(
        REQUEST_METHOD="POST", CONTENT_TYPE=FORM, CONTENT_LENGTH=str(LIMIT + 1), **{"wsgi.input": Unread()}
    )

    assert status == "413 Request Entity Too Large"
    assert TOO_LARGE in page


@pytest.mark.parametrize("content_type", [FORM, "multipart/form-data; boundary=xx", "application/octet-stream"])
def test_chunks_without_an_end_are_refused_at_the_first_byte_too_many(content_type):
    chunks = Chunks()

    status, page = answer_of_server(
        REQUEST_METHOD="POST", CONTENT_TYPE=content_type, HTTP_TRANSFER_ENCODING="chunked", **{"wsgi.input": chunks}
    )

    assert status == "413 Request Entity Too Large"
    assert TOO_LARGE in page
    assert chunks.taken == LIMIT + 1


def test_a_form_in_chunks_is_read_like_another():
    body = (
        b'--xx\r\nContent-Disposition: form-data; name="a"; filename="a"\r\nContent-Transfer-Encoding: base64\r\n\r\na'
    )

    status, page = answer_of_server(
        REQUEST_METHOD="POST",
        CONTENT_TYPE="multipart/form-data; boundary=xx",
        HTTP_TRANSFER_ENCODING="chunked",
        **{"wsgi.input": io.BytesIO(body)},
    )

    assert status == "400 Bad Request"
    assert BROKEN_FORM in page


@pytest.mark.parametrize("length", ["-1", "many", "1e3", "²", "9" * 5000])
def test_a_length_that_is_no_number_is_refused(length):
    status, page = answer_of_server(REQUEST_METHOD="POST", CONTENT_TYPE=FORM, CONTENT_LENGTH=length)

    assert status == "400 Bad Request"
    assert BROKEN_FORM in page


def test_chunks_that_break_off_are_refused():
    class Broken(io.BytesIO):
        def read(self, *_args):
            raise OSError("the client has gone")

    status, page = answer_of_server(
        REQUEST_METHOD="POST", CONTENT_TYPE=FORM, HTTP_TRANSFER_ENCODING="chunked", **{"wsgi.input": Broken()}
    )

    assert status == "400 Bad Request"
    assert BROKEN_FORM in page


def test_the_largest_body_is_taken(client):
    body = "username=emma&password=".ljust(LIMIT, "x")

    assert client.post("/login/", body, content_type=FORM).status_code == 200
    assert client.post("/login/", body + "x", content_type=FORM).status_code == 413


@pytest.fixture
def server(tmp_path: Path) -> Iterator[int]:
    """Return the port of the real web server."""
    with running_web(tmp_path) as web:
        yield web.port


@pytest.fixture
def connection(server: int) -> Iterator[http.client.HTTPConnection]:
    with closing(http.client.HTTPConnection("127.0.0.1", server, timeout=WITHIN_S)) as opened:
        yield opened


def test_a_real_server_refuses_chunks_without_an_end_and_goes_on(server, connection):
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        for _ in itertools.repeat(None, 400):  # 400 MB, if nobody stops it
            sent += 1
            yield b"a" * 1024 * 1024

    with suppress(OSError):  # the server hangs up while we still send
        connection.request("POST", "/login/", chunks(), {"Content-Type": FORM}, encode_chunked=True)

    assert sent < 100
    assert answers(server)


def test_a_real_server_refuses_an_announced_length_without_waiting_for_the_body(connection):
    connection.putrequest("POST", "/login/")
    connection.putheader("Content-Type", FORM)
    connection.putheader("Content-Length", str(400 * 1024 * 1024))
    connection.endheaders()

    with connection.getresponse() as answer:
        assert answer.status == 413
        assert TOO_LARGE in answer.read().decode()
        assert answer.headers["Connection"] == "close"


def test_connections_outlive_the_pause_between_two_polls():
    polls = (checklist.POLL_S, checklist.SLOW_POLL_S, live_state.SLOW_POLL_S)

    assert max(polls) < KEEP_ALIVE_S
