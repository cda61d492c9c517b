"""Logs are events with fields: readable lines in development, one JSON object a line in production."""

from __future__ import annotations

import logging.config
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware
from structlog.types import Processor

# Their debug lines print parameter values and whole requests, and with them what a PC was told and asked.
TALKATIVE = ("pypsrp", "spnego", "urllib3", "requests", "requests_credssp", "kombu", "amqp", "httpcore", "msal")
SILENT = ("httpx",)  # its information lines have whole addresses, and a filter in them has what an employee reported

SHARED_PROCESSORS: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.StackInfoRenderer(),
)

# One list per process: a logger keeps the list it saw first, and capture_logs changes the current one in place.
PROCESSORS: list[Processor] = [
    structlog.stdlib.filter_by_level,
    *SHARED_PROCESSORS,
    structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
]


def is_no_outage(record: logging.LogRecord) -> bool:
    """Leave out the traceback of each request that met a silent database; its own line says 503."""
    return getattr(record, "status_code", None) != HTTPStatus.SERVICE_UNAVAILABLE


class RequestLogMiddleware(RequestMiddleware):
    """One line a request, with its path only: a query string can carry the address that an employee reports."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Return the method and the path."""
        return f"{request.method} {request.path}"


def logging_config(*, as_json: bool, level: str) -> dict[str, Any]:
    """Return the dictionary for :func:`logging.config.dictConfig`; everything goes to standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": list(SHARED_PROCESSORS),
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(as_json)],
            },
        },
        "filters": {"no_outage": {"()": "django.utils.log.CallbackFilter", "callback": is_no_outage}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            **{name: {"level": "INFO" if level == "DEBUG" else "WARNING"} for name in TALKATIVE},
            **{name: {"level": "WARNING"} for name in SILENT},
            "django.request": {"filters": ["no_outage"]},
            "django.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
            "celery.worker.strategy": {"level": "WARNING"},  # django-structlog says what was received and finished
            "celery.app.trace": {"level": "WARNING"},
            "waitress.queue": {"level": "ERROR"},  # it warns of every request that waits for a thread
        },
    }


def configure(config: Mapping[str, Any]) -> None:
    """Set up the standard library's logging and structlog on top of it (Django's LOGGING_CONFIG)."""
    logging.config.dictConfig(dict(config))
    structlog.configure(
        processors=PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _renderers(as_json: bool) -> tuple[Processor, ...]:
    """Return the last steps; tracebacks never show local variables, which can hold a password."""
    if as_json:
        tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        return (structlog.processors.ExceptionRenderer(tracebacks), structlog.processors.JSONRenderer())
    return (structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),)
