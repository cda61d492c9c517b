"""Every URL, asked by every kind of person, against one explicit table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from tests.factories import AuditModeTestFactory, ExclusionFactory, SettingLeaseFactory
from tests.support.world import ADA, ADAM, EMMA, IVO, SARA, case_on, device_at, person
from troubleshooting.actions.checks.check_runs import cancel_check_run
from troubleshooting.actions.heartbeats import beat
from troubleshooting.actions.submissions import prepare_submission
from troubleshooting.domain.base.processes import Process
from troubleshooting.models import Device, Placement, Retest, Undo

pytestmark = pytest.mark.django_db

PEOPLE = (None, SARA, EMMA, IVO, ADA, ADAM)  # nobody, a stranger, the reporter and owner, reviewer, auditor, admin
LOGIN, NO, GONE = 302, 403, 404
MOVED = 302  # done, and on to the next page

# name: method, then the answers for nobody, stranger, reporter, reviewer, auditor, administrator
TABLE: dict[str, tuple[str, tuple[int, ...]]] = {
    "healthz": ("GET", (200, 200, 200, 200, 200, 200)),
    "readyz": ("GET", (200, 200, 200, 200, 200, 200)),
    "login": ("GET", (200, 302, 302, 302, 302, 302)),
    "logout": ("POST", (LOGIN, 302, 302, 302, 302, 302)),
    "password": ("GET", (LOGIN, 200, 200, 200, 200, 200)),
    "home": ("GET", (LOGIN, 200, 200, 200, 200, 200)),
    "help": ("GET", (LOGIN, 200, 200, 200, 200, 200)),
    "report": ("GET", (LOGIN, 200, 200, 200, NO, 200)),
    "report-step": ("POST", (LOGIN, 200, 200, 200, NO, 200)),
    "cases": ("GET", (LOGIN, 200, 200, 200, 200, 200)),
    "case": ("GET", (LOGIN, GONE, 200, 200, 200, 200)),
    "case-timeline": ("GET", (LOGIN, GONE, 200, 200, 200, 200)),
    "check-start": ("POST", (LOGIN, GONE, MOVED, MOVED, NO, MOVED)),
    "check-cancel": ("POST", (LOGIN, GONE, MOVED, MOVED, NO, MOVED)),
    "check-retry": ("POST", (LOGIN, GONE, MOVED, MOVED, NO, MOVED)),
    "case-withdraw": ("POST", (LOGIN, GONE, MOVED, NO, NO, NO)),
    "case-solve": ("POST", (LOGIN, GONE, MOVED, MOVED, NO, MOVED)),
    "checklist": ("GET", (LOGIN, GONE, 200, 200, 200, 200)),
    "transcript": ("GET", (LOGIN, GONE, 200, 200, 200, 200)),
    "collection": ("GET", (LOGIN, GONE, 200, 200, NO, 200)),
    "collection-script": ("POST", (LOGIN, GONE, 200, 200, NO, 200)),
    "collection-send": ("POST", (GONE, GONE, GONE, GONE, GONE, GONE)),
    "test-ask": ("GET", (LOGIN, GONE, MOVED, NO, NO, NO)),
    "test-state": ("GET", (LOGIN, GONE, 200, 200, 200, 200)),
    "test-visited": ("POST", (LOGIN, GONE, MOVED, MOVED, NO, MOVED)),
    "test-end": ("POST", (LOGIN, GONE, MOVED, MOVED, NO, MOVED)),
    "test-approve": ("POST", (LOGIN, GONE, NO, MOVED, NO, MOVED)),
    "test-reject": ("POST", (LOGIN, GONE, NO, MOVED, NO, MOVED)),
    "test-transcript": ("GET", (LOGIN, GONE, 200, 200, 200, 200)),
    "exclusion-ask": ("GET", (LOGIN, GONE, 200, 200, NO, 200)),
    "exclusions": ("GET", (LOGIN, NO, NO, 200, 200, 200)),
    "exclusions-bulk": ("GET", (LOGIN, NO, NO, 200, NO, 200)),
    "exclusions-decided": ("GET", (LOGIN, NO, NO, MOVED, NO, MOVED)),
    "exclusion": ("GET", (LOGIN, GONE, 200, 200, 200, 200)),
    "placement-transcript": ("GET", (LOGIN, GONE, 200, 200, 200, 200)),
    "exclusion-state": ("GET", (LOGIN, GONE, 200, 200, 200, 200)),
    "exclusion-places": ("GET", (LOGIN, GONE, 200, 200, 200, 200)),
    "exclusion-approve": ("POST", (LOGIN, GONE, NO, MOVED, NO, MOVED)),
    "exclusion-reject": ("POST", (LOGIN, GONE, NO, 200, NO, 200)),
    "exclusion-ask-question": ("POST", (LOGIN, GONE, NO, 200, NO, 200)),
    "exclusion-answer": ("POST", (LOGIN, GONE, 200, NO, NO, NO)),
    "exclusion-withdraw": ("POST", (LOGIN, GONE, MOVED, NO, NO, NO)),
    "exclusion-retest": ("POST", (LOGIN, GONE, MOVED, MOVED, NO, MOVED)),
    "exclusion-retest-without": ("POST", (LOGIN, GONE, MOVED, MOVED, NO, MOVED)),
    "exclusion-retest-record": ("GET", (LOGIN, GONE, 200, 200, 200, 200)),
    "exclusion-still-blocked": ("POST", (LOGIN, GONE, MOVED, NO, NO, NO)),
    "exclusion-renew": ("GET", (LOGIN, GONE, MOVED, MOVED, NO, MOVED)),
    "exclusion-revoke": ("POST", (LOGIN, GONE, NO, 200, NO, 200)),
    "emergency-stop": ("GET", (LOGIN, NO, NO, 200, 200, 200)),
    "emergency-stop-begin": ("POST", (LOGIN, NO, NO, NO, NO, 200)),
    "emergency-stop-lift": ("POST", (LOGIN, NO, NO, NO, NO, MOVED)),
    "undo-preview": ("GET", (LOGIN, NO, NO, NO, NO, 200)),
    "undo": ("GET", (LOGIN, NO, NO, 200, 200, 200)),
    "device-endpoint": ("GET", (LOGIN, NO, NO, NO, NO, 200)),
    "collector": ("GET", (LOGIN, NO, NO, NO, NO, 200)),
    "drift": ("GET", (LOGIN, NO, NO, 200, 200, 200)),
    "drift-scan-tenant": ("POST", (LOGIN, NO, NO, MOVED, NO, MOVED)),
    "drift-record": ("GET", (LOGIN, NO, NO, 200, 200, 200)),
    "drift-scan": ("POST", (LOGIN, NO, NO, MOVED, NO, MOVED)),
    "drift-apply-again": ("POST", (LOGIN, NO, NO, MOVED, NO, MOVED)),
    "drift-remove-again": ("POST", (LOGIN, NO, NO, MOVED, NO, MOVED)),
    "lease-retry": ("POST", (LOGIN, GONE, MOVED, MOVED, NO, MOVED)),
    "styleguide": ("GET", (LOGIN, 200, 200, 200, 200, 200)),
    "submission": ("GET", (LOGIN, GONE, NO, 200, 200, 200)),
    "submission-record": ("POST", (LOGIN, GONE, NO, 200, NO, 200)),
    "fleet-setting": ("GET", (LOGIN, NO, NO, 200, 200, 200)),
    "fleet-file": ("GET", (LOGIN, NO, NO, 200, 200, 200)),
    "exclusion-fleet": ("GET", (LOGIN, GONE, NO, 200, 200, 200)),
    "exclusion-fleet-file": ("GET", (LOGIN, GONE, NO, 200, 200, 200)),
    "submission-kept": ("POST", (LOGIN, GONE, NO, 200, NO, 200)),
    "pack": ("GET", (LOGIN, GONE, NO, 200, 200, 200)),
    "redacted-pack": ("GET", (LOGIN, GONE, NO, 200, 200, 200)),
    "evidence-json": ("GET", (LOGIN, GONE, NO, 200, 200, 200)),
    "evidence-text": ("GET", (LOGIN, GONE, NO, 200, 200, 200)),
    "admin:index": ("GET", (302, 302, 302, 302, 302, 200)),
}


def names(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            if pattern.name:
                yield pattern.name
        elif pattern.namespace is None:
            yield from names(pattern.url_patterns)


def test_the_table_has_every_url():
    assert {name for name in TABLE if ":" not in name} == set(names(get_resolver().url_patterns))


@pytest.mark.parametrize("place", range(len(PEOPLE)), ids=["nobody", "stranger", "reporter", "it", "auditor", "admin"])
@pytest.mark.parametrize("name", TABLE)
def test_every_url_answers_every_person_as_the_table_says(name, place):
    case = case_on(device_at(None, owner=person(EMMA)), by=person(EMMA))
    run = case.check_runs.get()
    if name.startswith(("test-", "lease-")):
        cancel_check_run(run.pk, by=person(EMMA), now=case.opened_at)
        case.refresh_from_db()
        AuditModeTestFactory(pk=run.pk, case=case, lease=SettingLeaseFactory(pk=run.pk, case=case, put_off=True))
    if name.startswith(("exclusion", "placement-")):
        cancel_check_run(run.pk, by=person(EMMA), now=case.opened_at)
        case.refresh_from_db()
        ExclusionFactory(pk=run.pk, case=case)
        Placement.objects.create(pk=run.pk, exclusion_id=run.pk, device=case.device)
        moments = {"asked_at": case.opened_at, "due_at": case.opened_at}
        Retest.objects.create(pk=run.pk, exclusion_id=run.pk, device=case.device, purpose="works", **moments)
    if name in ("drift-scan", "drift-record"):
        Device.objects.get_or_create(pk=run.pk, defaults={"hostname": "PC-0143", "group": case.device.group})
    if name == "undo":
        facts = {"at": case.opened_at, "since": case.opened_at, "reason": "wrong list", "preview": []}
        Undo.objects.create(pk=run.pk, by=person(ADAM), **facts)
    if name in ("check-start", "case-solve", "submission", "submission-record"):
        cancel_check_run(run.pk, by=person(EMMA), now=case.opened_at)
        prepare_submission(case.pk, by=person(IVO), now=case.opened_at)
    method, answers = TABLE[name]
    client = Client()
    who = PEOPLE[place]
    if who is not None:
        client.force_login(person(who))

    beat(Process, now=timezone.now())  # readyz wants to know
    response = getattr(client, method.lower())(url_of(name, case.number, run.pk))

    assert response.status_code == answers[place]
    if answers[place] == LOGIN and place == 0 and name != "logout" and not name.startswith("admin"):
        assert response.headers["Location"].startswith(reverse("login"))


def url_of(name: str, number: str, run_pk: int) -> str:
    fleet = {
        "fleet-setting": ("cloud-protection",),
        "fleet-file": ("cloud-protection", "reg"),
        "exclusion-fleet-file": (run_pk, "ps1"),
    }
    if name in fleet:
        return reverse(name, args=fleet[name])
    shapes: tuple[tuple[str | int, ...], ...] = ((), (number,), (run_pk,), (run_pk, run_pk), (1,))
    for args in shapes[:4] if name != "report-step" else shapes[4:]:
        with suppress(NoReverseMatch):
            return reverse(name, args=args)
    raise AssertionError(f"no way to reverse {name}")
