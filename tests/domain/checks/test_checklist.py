"""Each check as a table: what the device said, and what it comes to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from tests.domain import builders
from tests.domain.builders import (
    GROUP_POLICY_KEY,
    NAMES,
    PREFERENCES,
    STATUS,
    answered,
    finding,
    missed,
    policy,
    report,
    snapshot,
    status,
    with_preferences,
    with_status,
)
from tests.domain.strategies import reports, snapshots
from troubleshooting.domain.base.text import say
from troubleshooting.domain.cases.case import Report
from troubleshooting.domain.checks.antivirus import BEHAVIOR_MONITORING, REAL_TIME_PROTECTION, SOLE_ANTIVIRUS
from troubleshooting.domain.checks.base import Check
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.checks.finding import CheckStatus, Finding
from troubleshooting.domain.checks.network import PROTECTION_MODE
from troubleshooting.domain.checks.registry import CHECKS, PREREQUISITE_IDS
from troubleshooting.domain.evidence.device_error_texts import error_text
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.snapshot import Reading, ReadState, Snapshot

PASS, INFO, NOT_APPLICABLE = CheckStatus.PASS, CheckStatus.INFO, CheckStatus.NOT_APPLICABLE
UNKNOWN, WAITING = CheckStatus.UNKNOWN, CheckStatus.WAITING


def test_a_healthy_pc_fails_nothing_and_leaves_nothing_open():
    statuses = {found.status for found in judge(snapshot(), report=report())}

    assert statuses == {PASS, INFO, NOT_APPLICABLE}


def test_the_finding_says_what_was_seen_what_was_expected_and_what_to_do():
    found = finding(REAL_TIME_PROTECTION, with_status(real_time_protection=False))

    assert (str(found.observed), found.expected, found.depends_on) == (
        "Off",
        say(REAL_TIME_PROTECTION.expected),
        ("computer_status",),
    )
    assert "IT has to change this" in str(found.remedy.employee)
    assert "DisableRealtimeMonitoring" in str(found.remedy.it)


def test_the_remedy_for_audit_mode_warns_of_the_articles_literal_reading():
    stuck = replace(
        with_preferences(network_protection=2), policy_keys=policy(GROUP_POLICY_KEY, EnableNetworkProtection=2)
    )

    found = finding(PROTECTION_MODE, stuck, missed())

    assert "Group Policy" in str(found.remedy.it)
    assert "turn network protection off" in str(found.remedy.it)


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_a_check_waits_for_every_reading_it_depends_on(check: Check):
    for name in check.depends_on:
        assert status(check, snapshot(readings=answered(**{name: ReadState.WAITING})), missed()) is WAITING


@pytest.mark.parametrize("check", CHECKS, ids=str)
@pytest.mark.parametrize("state", [ReadState.REFUSED, ReadState.FAILED])
def test_a_reading_that_failed_is_never_a_failure_of_the_check(check: Check, state: ReadState):
    for name in check.depends_on:
        device = replace(snapshot(**EMPTY.get(name, {})), readings=answered(**{name: state}))

        expected = {UNKNOWN} if name not in check.tolerates else {UNKNOWN, PASS, INFO}
        assert status(check, device, missed()) in expected


EMPTY = {
    "operating_system": {"operating_system": None},
    "computer_status": {"computer_status": None},
    "preferences": {"preferences": None},
    "antivirus_products": {"antivirus_products": None},
    "cloud_connectivity": {"cloud_connectivity": None},
    "winhttp_proxy": {"winhttp_proxy": None},
}


def test_the_reason_is_told_in_the_words_of_the_device_error():
    stopped = Reading(ReadState.FAILED, DeviceErrorCode.DEFENDER_STOPPED.value, "0x800106ba")
    device = snapshot(readings=(*answered(), ("computer_status", stopped)), computer_status=None)

    found = finding(REAL_TIME_PROTECTION, device)

    words = error_text(DeviceErrorCode.DEFENDER_STOPPED)
    assert (found.status, found.observed, found.summary) == (UNKNOWN, words.title, words.cause)
    assert (found.remedy.employee, found.remedy.it) == (words.employee, words.it)


def test_the_reason_of_a_tolerated_reading_is_told_where_the_rule_has_nothing_to_say():
    device = snapshot(antivirus_products=None, readings=answered(antivirus_products=ReadState.REFUSED))

    assert "is not allowed to read this" in str(finding(SOLE_ANTIVIRUS, device).summary)


def test_a_check_that_the_device_does_not_have_is_unknown():
    device = snapshot(computer_status=None, readings=answered(computer_status=ReadState.ABSENT))

    assert "has no such information" in str(finding(BEHAVIOR_MONITORING, device).summary)


@given(snapshots, reports)
def test_judge_gives_every_check_in_order_for_any_snapshot(device: Snapshot, about: Report):
    for found in (judge(device, report=about), judge(device, report=None)):
        assert [one.check for one in found] == [check.id for check in CHECKS]
        assert all(readable(one) for one in found)


def readable(found: Finding) -> bool:
    """Tell whether every text of a finding can be shown."""
    texts = (found.observed, found.expected, found.summary, found.remedy.employee, found.remedy.it)
    return all(str(text) for text in texts if text is not None)


@given(snapshots, reports)
def test_a_snapshot_with_nothing_answered_is_waiting_everywhere(device: Snapshot, about: Report):
    nothing = replace(device, readings=())

    assert {found.status for found in judge(nothing, report=about)} == {WAITING}


@given(snapshots, reports)
def test_what_was_not_answered_neither_passes_nor_fails(device: Snapshot, about: Report):
    refused = replace(device, readings=tuple((name, Reading(ReadState.REFUSED)) for name in NAMES))

    assert {found.status for found in judge(refused, report=about)} == {UNKNOWN}


@given(snapshots, reports)
def test_a_prerequisite_passes_only_where_the_device_said_so(device: Snapshot, about: Report):
    silent = replace(device, **{part: None for parts in EMPTY.values() for part in parts})

    statuses = {found.status for found in judge(silent, report=about) if found.check in PREREQUISITE_IDS}

    assert statuses <= {UNKNOWN, WAITING}


def test_the_builders_know_every_reading():
    assert {name for name, _reading in builders.snapshot().readings} == set(NAMES)
    assert (STATUS.real_time_protection, PREFERENCES.network_protection) == (True, 1)
