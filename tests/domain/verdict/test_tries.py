"""What is asked after the checks, of which reports, and what is said about what came of it."""

from __future__ import annotations

import pytest

from tests.domain.builders import event, missed, report, snapshot, with_status
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.evidence.snapshot import NameResolution, PageRequest, PortTest, Reading, ReadState
from troubleshooting.domain.verdict.tries import (
    REQUEST_PAGE,
    RESOLVE_NAME,
    TEST_PORT,
    TRIES,
    may_be_elsewhere,
    port_of,
    rests_on_absence,
    said_by_tries,
    tries_of,
)
from troubleshooting.domain.verdict.verdict import conclude

OFF = with_status(real_time_protection=False)
HERE = snapshot(events=(event(),))


@pytest.mark.parametrize(
    ("about", "device", "log_start", "tries"),
    [
        (report(), snapshot(), True, True),
        (report(), OFF, True, True),
        (report(), HERE, False, False),
        (report(), snapshot(events=None), False, False),
        (report("https://10.0.0.1/"), snapshot(), True, False),
        (missed(), snapshot(), True, False),
        (missed(), OFF, True, False),
    ],
)
def test_only_what_the_verdict_needs_is_asked(about, device, log_start, tries):
    verdict = conclude(about, device, judge(device, report=about))

    assert rests_on_absence(verdict, device) is log_start
    assert may_be_elsewhere(verdict, about) is tries


@pytest.mark.parametrize(
    ("address", "names", "port"),
    [
        ("https://shop.example.com/a", TRIES, 443),
        ("http://shop.example.com/a", TRIES, 80),
        ("https://shop.example.com:8443/a", TRIES, 8443),
        ("shop.example.com", TRIES, 443),
        ("203.0.113.7", (TEST_PORT, REQUEST_PAGE), 443),
        ("ftp://files.example.com/a", (RESOLVE_NAME, TEST_PORT), 21),
    ],
)
def test_what_is_tried_fits_the_address(address, names, port):
    assert (tries_of(report(address)), port_of(report(address))) == (names, port)


def tried(**parts):
    answered = tuple((name, Reading(ReadState.ANSWERED)) for name in TRIES)
    about = report("https://shop.example.com/a?token=***")
    return said_by_tries(about, snapshot(readings=answered, **parts))


@pytest.mark.parametrize(
    ("parts", "good", "said"),
    [
        ({"name_resolution": NameResolution(("192.0.2.1", "::1"))}, (True, None, None), "resolves shop.example.com"),
        ({"name_resolution": NameResolution(("0.0.0.0", "::"))}, (False, None, None), "leads nowhere"),
        ({"name_resolution": NameResolution()}, (False, None, None), "could not resolve"),
        ({"port_test": PortTest(is_open=True, port=443)}, (None, True, None), "connected to shop.example.com on"),
        ({"port_test": PortTest(is_open=False)}, (None, False, None), "on port 443"),
        ({"page_request": PageRequest(was_reached=True)}, (None, None, True), "Requested: https://shop.example.com/a"),
        ({"page_request": PageRequest(was_reached=False)}, (None, None, False), "did not answer the PC"),
        ({}, (None, None, None), "not known whether the PC can resolve"),
    ],
)
def test_each_try_is_said_as_what_it_came_to(parts, good, said):
    found = tried(**parts)

    assert tuple(one.is_good for one in found) == good
    assert said in " ".join(str(one.said) for one in found)
    assert "token" not in " ".join(str(one.said) for one in found)


def test_what_was_not_tried_is_not_said():
    assert said_by_tries(report(), snapshot()) == ()
