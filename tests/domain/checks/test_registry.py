"""The registry refuses a check with a part missing, before any page is shown."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from tests.domain.checks import test_antivirus, test_defender, test_exclusions, test_network, test_windows
from tests.domain.texts import TECHNICAL
from troubleshooting.domain.checks.base import Check, Outcome, no_rule
from troubleshooting.domain.checks.finding import CheckStatus
from troubleshooting.domain.checks.registry import (
    CHECKS,
    PREREQUISITES,
    IncompleteCheck,
    in_page_order,
    registered,
    title_of,
)
from troubleshooting.domain.checks.unread import UNREAD
from troubleshooting.domain.checks.windows import OS_EDITION, OS_VERSION

CASES = test_windows.CASES | test_antivirus.CASES | test_defender.CASES | test_network.CASES | test_exclusions.CASES
OUTCOMES = [
    pytest.param(outcome, id=f"{check}-{reason}") for check in CHECKS for reason, outcome in check.outcomes.items()
] + [pytest.param(outcome, id=reason) for reason, outcome in UNREAD.items()]

FAILS = Outcome(CheckStatus.FAIL, "It fails.", "Wait.", "Correct it.")


def fault(**parts: object) -> str:
    """Return why a check that was whole before is refused."""
    with pytest.raises(IncompleteCheck) as caught:
        registered([replace(OS_EDITION, **parts)])
    return str(caught.value)


@pytest.mark.parametrize(
    ("part", "empty"),
    [
        ("order", 0),
        ("title", ""),
        ("expected", ""),
        ("depends_on", ()),
        ("rule", no_rule),
        ("outcomes", {}),
    ],
)
def test_a_missing_part_is_named_with_its_check(part: str, empty: object):
    assert fault(**{part: empty}) == f'The check "os_edition" has no {part}.'


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"id": "Edition"}, 'The check "Edition" needs an id of small letters, digits and underscores, at most 40.'),
        ({"tolerates": frozenset({"x"})}, 'The check "os_edition" copes with "x", but depends_on does not name it.'),
        (
            {"outcomes": {"off": replace(FAILS, employee=None)}},
            'The outcome "off" of the check "os_edition" fails and does not say what the employee can do.',
        ),
        (
            {"outcomes": {"off": replace(FAILS, it=None)}},
            'The outcome "off" of the check "os_edition" fails and does not say what IT can do.',
        ),
        (
            {"outcomes": {"off": replace(FAILS, summary="")}},
            'The outcome "off" of the check "os_edition" has no summary.',
        ),
        (
            {"outcomes": {"silent": FAILS}},
            'The outcome "silent" of the check "os_edition" is one that every check has already.',
        ),
    ],
)
def test_a_part_that_cannot_be_right_is_refused(parts: dict[str, object], sentence: str):
    assert fault(**parts) == sentence


def test_two_checks_cannot_have_the_same_place_or_id():
    with pytest.raises(IncompleteCheck, match=r'"os_edition" and "os_version" have the same order \(10\)'):
        registered([OS_EDITION, replace(OS_VERSION, order=OS_EDITION.order)])
    with pytest.raises(IncompleteCheck, match='Two checks have the id "os_edition"'):
        registered([OS_EDITION, replace(OS_EDITION, order=999)])


def test_the_portal_does_not_start_with_a_check_that_is_not_whole():
    program = (
        "from troubleshooting.domain.checks import windows\n"
        "object.__setattr__(windows.PROXY, 'title', '')\n"
        "import os, django\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'portal.settings.test'\n"
        "django.setup()\n"
    )

    started = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert started.returncode != 0
    assert started.stderr.rstrip().endswith('The check "proxy" has no title.')


def test_the_articles_prerequisites_come_first():
    assert [check.id for check in PREREQUISITES] == [
        "os_edition",
        "os_version",
        "sole_antivirus",
        "real_time_protection",
        "behavior_monitoring",
        "cloud_protection",
        "cloud_connectivity",
        "protection_mode",
    ]
    assert CHECKS[: len(PREREQUISITES)] == PREREQUISITES


def test_every_check_has_cases():
    assert set(CASES) == set(CHECKS)


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_every_outcome_of_a_check_has_a_case(check: Check):
    reasons = {check.rule(device, about).reason for _name, device, about, _expected in CASES[check]}

    assert reasons - set(UNREAD) == set(check.outcomes)


def test_findings_of_a_check_that_is_gone_come_last_under_their_id():
    assert in_page_order(["a_gone_check", "proxy", "os_edition"]) == ["os_edition", "proxy", "a_gone_check"]
    assert str(title_of("a_gone_check")) == "a_gone_check"
    assert str(title_of("proxy")) == "Proxy"


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_employees_are_spared_technical_words(outcome: Outcome):
    assert not TECHNICAL.search(f"{outcome.summary} {outcome.employee or ''}")


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_what_fails_has_a_remedy_for_both_readers(outcome: Outcome):
    if outcome.status is CheckStatus.FAIL:
        assert outcome.employee
        assert outcome.it


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_expectations_and_names_are_plain_words(check: Check):
    assert not TECHNICAL.search(f"{check.expected} {check.title}")
