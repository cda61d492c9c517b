"""When a process counts as lost, and what the pages say then; with real processes: tests/faults/test_processes.py."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import CaseFactory, CheckRunFactory
from tests.queries import made
from tests.views.exclusions.test_exclusions import signed_in, text_of
from troubleshooting.actions.heartbeats import beat
from troubleshooting.domain.base.processes import LOST_AFTER, Process, is_lost
from troubleshooting.models import Heartbeat

pytestmark = pytest.mark.django_db

BAND = "A part of the portal is not running"


def test_a_process_is_lost_when_it_was_silent_for_too_long_or_never_heard_of():
    now = timezone.now()

    assert [is_lost(now - LOST_AFTER, now=now), is_lost(now - LOST_AFTER - timedelta(seconds=1), now=now)] == [
        False,
        True,
    ]
    assert is_lost(None, now=now)


def test_a_beat_is_one_statement_and_keeps_one_row_for_each_process(django_assert_num_queries):
    beat(Process, now=timezone.now() - timedelta(hours=1))

    with django_assert_num_queries(1):
        beat([Process.WORKER, Process.BEAT], now=timezone.now())

    fresh = Heartbeat.objects.filter(at__gt=timezone.now() - LOST_AFTER)
    assert set(fresh.values_list("process", flat=True)) == {"worker", "beat"}
    assert Heartbeat.objects.count() == len(Process)


def test_while_all_live_no_page_speaks_of_them():
    beat(Process, now=timezone.now())

    assert BAND not in text_of(signed_in(made.reviewer()).get(reverse("home")))


@pytest.mark.parametrize(
    ("lost", "effect"),
    [
        (Process.WORKER, "No PC is checked"),
        (Process.SAFETY_WORKER, "No setting is restored"),
        (Process.BEAT, "Nothing ends by itself"),
    ],
)
def test_it_reads_which_one_is_missing_and_what_does_not_happen(lost, effect):
    beat(set(Process) - {lost}, now=timezone.now())

    page = text_of(signed_in(made.reviewer()).get(reverse("home")))

    assert BAND in page
    assert effect in page
    assert "It has never been seen." in page


@pytest.mark.parametrize("trait", ["queued", "waiting"])
def test_an_employee_reads_that_a_check_cannot_start_without_a_worker(trait):
    case = CaseFactory()
    run = CheckRunFactory(case=case, **({} if trait == "queued" else {trait: True}))
    client = signed_in(case.reporter)
    pages = (reverse("case", args=[case.number]), reverse("checklist", args=[run.pk]))

    without = [text_of(client.get(page)) for page in pages]
    beat([Process.WORKER], now=timezone.now())
    with_it = [text_of(client.get(page)) for page in pages]

    assert all("a part of the portal is not running" in page or "once the part" in page for page in without)
    assert not any("the portal is not running" in page or "once the part" in page for page in with_it)
    assert BAND not in without[0]


def test_an_open_page_is_told_while_the_worker_is_missing_although_the_run_has_not_changed():
    case = CaseFactory()
    run = CheckRunFactory(case=case)
    client = signed_in(case.reporter)
    beat([Process.WORKER], now=timezone.now())
    page = client.get(reverse("checklist", args=[run.pk]))
    poll = f"{reverse('checklist', args=[run.pk])}?seen={page.context['checklist'].token}"

    with_it = client.get(poll)
    beat([Process.WORKER], now=timezone.now() - LOST_AFTER - timedelta(seconds=1))
    without = client.get(poll)

    assert (with_it.status_code, without.status_code) == (204, 200)
    assert "a part of the portal is not running" in text_of(without)
