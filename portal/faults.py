"""What a request gets that met a fault of the portal (``handler500``)."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults

RETRY_AFTER_S = 10
AWAY = (OperationalError, InterfaceError)  # gone, silent, too slow, without room: what time or an administrator heals


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 where the database did not answer in time, else 500; called while the error is handled.

    htmx puts nothing on a page that is not a success, so a page that polls keeps what it shows and asks again.
    """
    if not isinstance(sys.exc_info()[1], AWAY):
        return defaults.server_error(request)
    return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": str(RETRY_AFTER_S)})
