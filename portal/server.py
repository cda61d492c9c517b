"""The web server: waitress, which reads a request whole before a thread has it (docs/adr/0013-web-server.md).

``python -m portal.server --listen 127.0.0.1:8000``. A slow client costs a socket and never a thread; what waitress
leaves open, a request that never ends, is closed here.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence

from django.conf import settings
from waitress import create_server
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask, Task, WSGITask
from waitress.utilities import RequestEntityTooLarge

from portal.wsgi import application

THREADS = 8
KEEP_ALIVE_S = 75  # above every poll of the pages, which would open a connection each
REQUEST_WITHIN_S = 30.0  # from its first byte to its last
LARGEST_HEAD = 32 * 1024  # bytes
MOST_CONNECTIONS = 1_000
LARGEST_REQUEST = max(settings.LARGEST_BODY, *(most for _path, most in settings.LARGER_BODIES))  # of any path


class TooLarge(WSGITask):  # type: ignore[misc]  # waitress has no types
    """Let the portal answer what is refused unread, with its own page."""

    def execute(self) -> None:
        """Answer, then hang up on the rest of the body."""
        self.set_close_on_finish()
        self.request.headers.setdefault("CONTENT_LENGTH", str(LARGEST_REQUEST + 1))  # chunks announce none
        super().execute()


def task_for_error(channel: HTTPChannel, request: HTTPRequestParser) -> Task:
    """Return what answers a request that waitress has refused."""
    answer = TooLarge if isinstance(request.error, RequestEntityTooLarge) else ErrorTask
    return answer(channel, request)


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection; waitress closes it when it is idle, this class also when a request takes too long to arrive."""

    error_task_class = staticmethod(task_for_error)
    began_at = 0.0

    def received(self, data: bytes) -> bool:
        """Note when a request begins to arrive."""
        before = self.request
        was_read: bool = super().received(data)
        if self.request is not before:
            self.began_at = time.monotonic()
        return was_read

    def readable(self) -> bool:
        """Hang up on a request that is not there in time; the server's loop asks at least once a second."""
        if self.request is not None and time.monotonic() - self.began_at > REQUEST_WITHIN_S:
            self.will_close = True
        is_readable: bool = super().readable()
        return is_readable


def serve(listen: str, *, threads: int) -> None:
    """Serve until SIGTERM or Ctrl-C; requests that have begun are answered."""
    server = create_server(
        application,
        listen=listen,
        threads=threads,
        channel_timeout=KEEP_ALIVE_S,
        cleanup_interval=5,
        connection_limit=MOST_CONNECTIONS,
        asyncore_use_poll=True,  # select() takes no more than 1,024 files
        max_request_body_size=LARGEST_REQUEST + 1,  # the first size that is refused
        max_request_header_size=LARGEST_HEAD,
        clear_untrusted_proxy_headers=False,  # BEHIND_TLS_PROXY says whether they count
        ident=None,
    )
    server.channel_class = Channel
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server.run()


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m portal.server", description="The portal's web server.")
    parser.add_argument("--listen", default="127.0.0.1:8000", help="address and port")
    parser.add_argument("--threads", type=int, default=THREADS, help="requests that are answered at the same time")
    chosen = parser.parse_args(arguments)
    serve(chosen.listen, threads=chosen.threads)


if __name__ == "__main__":
    main()
