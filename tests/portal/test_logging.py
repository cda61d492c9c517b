from __future__ import annotations

import json
import logging
from io import StringIO

import pytest
import structlog
from django.test import Client, RequestFactory

from portal.logging import RequestLogMiddleware, configure, logging_config


def log_line(*, as_json: bool) -> str:
    """Return what is written about an error in a function that holds a password."""
    config = logging_config(as_json=as_json, level="DEBUG")["formatters"]["structured"]
    formatter = config.pop("()")(**config)
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger = logging.getLogger("portal.test")
    logger.addHandler(handler)
    fail(logger)
    logger.removeHandler(handler)
    return stream.getvalue()


def fail(logger: logging.Logger) -> None:
    password = "".join(["hunter", "2"])
    try:
        raise ValueError(len(password))
    except ValueError:
        logger.exception("it went wrong")


@pytest.mark.parametrize("as_json", [True, False])
def test_tracebacks_show_no_local_variables(as_json: bool) -> None:
    written = log_line(as_json=as_json)

    assert "ValueError" in written
    assert "hunter2" not in written


def test_production_writes_one_json_object_a_line() -> None:
    written = json.loads(log_line(as_json=True))

    assert (written["event"], written["level"], written["logger"]) == ("it went wrong", "error", "portal.test")


def test_a_request_is_logged_without_its_query_string(rf: RequestFactory) -> None:
    request = rf.get("/report/?url=https://secret.example/")

    assert RequestLogMiddleware.format_request(request) == "GET /report/"


@pytest.mark.parametrize("name", ["pypsrp", "urllib3", "spnego"])
@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_libraries_that_print_what_a_pc_was_told_stay_quiet(name: str, level: str) -> None:
    config = logging_config(as_json=True, level=level)

    assert logging.getLevelNamesMapping()[config["loggers"][name]["level"]] >= logging.INFO


def test_a_request_id_is_bound_to_every_request(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="django_structlog.middlewares.request"):
        client.get("/healthz/")

    assert [record.msg["code"] for record in caplog.records if isinstance(record.msg, dict)] == [200]


def test_a_logger_used_before_logging_was_set_up_again_is_captured() -> None:
    """Celery's worker sets up logging a second time, in the process that has logged already."""
    log = structlog.get_logger("portal.test")
    log.debug("the first use keeps the processors")

    configure({"version": 1, "incremental": True})

    with structlog.testing.capture_logs() as logs:
        log.info("after")
    assert [entry["event"] for entry in logs] == ["after"]
