"""The linter: walked through its table, and what holds for any request."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.advice.situations import APP, DEVICE, GROUP, IP, SITE, SITUATIONS
from tests.domain.advice.values_table import ROWS
from tests.domain.builders import report, snapshot
from tests.domain.strategies import reports, snapshots
from troubleshooting.domain.advice.linter import (
    CODES,
    WORDS,
    Draft,
    LintCode,
    LintContext,
    LintFinding,
    Severity,
    is_refused,
    lint,
)
from troubleshooting.domain.advice.lists import DENIED_PROGRAMS, INTERNAL_SUFFIXES
from troubleshooting.domain.advice.shared_hosts import SHARED_HOSTS
from troubleshooting.domain.exclusions.exclusion import EVERYONE, ExclusionKind
from troubleshooting.domain.exclusions.values import VALUE_REFUSALS, ValueRefusal, parse_value, read_value

MONTH = timedelta(days=30)


def asked(kind: ExclusionKind, value: str, **parts) -> Draft:
    scope = GROUP if kind is SITE else DEVICE
    return Draft(**{"kind": kind, "value": read_value(kind, value), "scope": scope, "lifetime": MONTH, **parts})


def finding_of(kind: ExclusionKind, value: str, code: LintCode, situation: str = "") -> LintFinding:
    found = lint(asked(kind, value), SITUATIONS[situation].context)
    return next(finding for finding in found if finding.code is code)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0].value}: {row[1][:50]} {' '.join(row[4:])}")
def test_the_linter_says_what_the_table_expects(row):
    kind, value, codes, _why, *given_situation = row
    situation = SITUATIONS[given_situation[0] if given_situation else ""]
    request = asked(kind, value, lifetime=situation.lifetime)
    if situation.scope is not None:
        request = asked(kind, value, lifetime=situation.lifetime, scope=situation.scope)

    assert sorted(finding.code.value for finding in lint(request, situation.context)) == sorted(codes.split())


def test_the_table_has_two_hundred_values_every_code_and_every_situation():
    assert len(ROWS) >= 200
    assert {code for row in ROWS for code in row[2].split()} == set(CODES)
    assert {situation for row in ROWS for situation in row[4:]} | {""} == set(SITUATIONS)


def test_no_row_stands_twice():
    assert len({(row[0], row[1], *row[4:]) for row in ROWS}) == len(ROWS)


def test_codes_and_words_are_complete_and_apart():
    assert set(WORDS) == set(LintCode)
    assert set(VALUE_REFUSALS) == set(ValueRefusal)
    assert len(CODES) == len(LintCode) + len(ValueRefusal)


def test_refusals_say_what_to_ask_for_instead_but_where_nothing_is_to_be_done():
    without = {code for code, words in WORDS.items() if words.severity is Severity.REFUSE and not words.narrower}

    assert without == {LintCode.SET_BY_POLICY, LintCode.LIFETIME_NONE, LintCode.TEST_PAGE}


@pytest.mark.parametrize("message", VALUE_REFUSALS.values())
def test_refused_values_come_with_a_right_example(message: str):
    assert "example" in message or "Use, for" in message


def test_the_narrower_site_is_the_reported_one():
    finding = finding_of(SITE, "example.com", LintCode.REGISTRABLE_DOMAIN, "case www.example.com")

    assert str(finding.narrower) == "Ask for the one site that is needed, for example www.example.com."
    assert str(finding.text).startswith("This allows the whole domain example.com with all its sites")


def test_a_suffix_without_a_case_gets_a_general_example():
    assert "shop.example.com" in str(finding_of(SITE, "co.uk", LintCode.PUBLIC_SUFFIX).narrower)


def test_the_reason_of_the_group_is_told():
    finding = finding_of(APP, r"C:\Windows\System32\certutil.exe", LintCode.DENIED_PROGRAM)

    assert str(finding.text) == (
        "certutil.exe is never excluded: it downloads or sends files, which is exactly what attackers use it for."
    )


def test_refusals_stand_first():
    found = lint(asked(SITE, "example.com", scope=DEVICE), LintContext())

    assert [finding.severity for finding in found] == [Severity.REFUSE, Severity.WARN]
    assert is_refused(found)
    assert not is_refused(found[1:])


def test_findings_of_a_page_name_the_host_to_ask_for():
    finding = finding_of(SITE, "https://shop.example.com/page", LintCode.PATH_ONLY_IN_EDGE)

    assert "shop.example.com." in str(finding.narrower)


def test_a_device_without_preferences_is_looked_at_as_well():
    assert lint(asked(IP, "203.0.113.7"), LintContext(snapshot=snapshot(preferences=None))) == ()


def test_the_lists_are_written_in_lower_case():
    names = {name for group in (*DENIED_PROGRAMS.values(), *SHARED_HOSTS) for name in group.names}

    assert names == {name.lower() for name in names}
    assert all(name.endswith(".exe") for group in DENIED_PROGRAMS.values() for name in group.names)
    assert all(suffix == suffix.lower() for suffix in INTERNAL_SUFFIXES)


typed = st.text(max_size=30) | st.sampled_from([row[1] for row in ROWS])
requests = st.builds(
    lambda kind, text, scope, lifetime: Draft(kind, read_value(kind, text), scope, lifetime),
    kind=st.sampled_from(ExclusionKind),
    text=typed,
    scope=st.sampled_from([DEVICE, GROUP, EVERYONE]),
    lifetime=st.timedeltas(),
)
contexts = st.builds(LintContext, report=st.none() | reports, snapshot=st.none() | snapshots)


@settings(max_examples=150, deadline=None)
@given(request=requests, context=contexts)
def test_any_request_gets_sentences_that_survive_storage(request, context):
    found = lint(request, context)

    assert all(str(finding.text) and "%(" not in str(finding.text).replace("%(x)s", "") for finding in found)
    assert tuple(LintFinding.from_json(finding.as_json()) for finding in found) == found


@settings(max_examples=100, deadline=None)
@given(request=requests, context=contexts)
def test_knowing_more_about_other_values_never_takes_a_refusal_away(request, context):
    alone = {finding.code for finding in lint(request, LintContext(report=context.report)) if finding.is_refusal}
    whole = {finding.code for finding in lint(request, context) if finding.is_refusal}

    assert alone <= whole


@given(wider=st.sampled_from(["example.com", "co.uk", "b.example.com"]))
def test_asking_for_exactly_the_reported_host_is_never_refused(wider):
    reported = report(f"https://a.{wider}/")

    assert not is_refused(lint(asked(SITE, reported.indicator.host), LintContext(report=reported)))


def test_a_value_without_refusal_is_one_that_can_be_sent():
    for row in ROWS:
        if not is_refused(lint(asked(row[0], row[1]), LintContext())):
            assert parse_value(row[0], row[1]).value
