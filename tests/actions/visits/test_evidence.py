"""What a PC said is kept as it came, by the worker that has the run."""

from __future__ import annotations

import pytest
from django.utils import timezone

from portal.demo.lab.pcs import healthy_windows_11
from tests.support.check_world import QUICK, visited
from tests.support.world import EMMA, case_on, device_at, person, plan
from troubleshooting.actions.runs.check import run_checks
from troubleshooting.actions.visits.evidence import EvidenceKeeper, Superseded
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.models import CheckRun, DeviceAnswer
from troubleshooting.queries.checks.evidence import answer_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_was_sent_is_kept_with_when_how_long_and_by_which_account(lab_server):
    case = visited(lab_server(healthy_windows_11()))

    snapshot = case.check_runs.get().snapshots.get()
    answers = list(snapshot.answers.all())
    assert (snapshot.account, snapshot.credential_profile, snapshot.attempt) == ("LAB\\portal", "lab", 1)
    assert snapshot.endpoint.startswith("http://127.0.0.1:")
    assert [answer.position for answer in answers] == list(range(len(answers)))
    assert all(answer.pipeline and answer.seconds >= 0 for answer in answers)
    assert {"preferences", "computer_status", "protection_events", "cloud_connectivity"} <= {a.name for a in answers}


def test_a_worker_given_up_for_lost_cannot_write_into_its_successors_run(lab_server):
    pc = healthy_windows_11()
    server = lab_server(pc)
    emma = person(EMMA)
    run = case_on(device_at(server, owner=emma), by=emma).check_runs.get()
    begun = plan(**QUICK)
    taken_over = []

    def credential(profile: str):
        if not taken_over:  # as if the sweep had given the run to another worker meanwhile
            taken_over.append(CheckRun.objects.filter(pk=run.pk).update(attempt=7))
        return begun.credential(profile)

    run_checks(run.pk, plan=type(begun)(begun.clock, credential, None, begun.limits, begun.events_since))

    run.refresh_from_db()
    assert (run.status, run.attempt) == (RunStatus.RUNNING, 7)
    assert not DeviceAnswer.objects.filter(snapshot__check_run=run).exists()


def test_an_answer_that_comes_after_the_run_was_taken_over_is_not_stored(lab_server):
    """A heartbeat asks the same, but only now and then: answers come between two of them."""
    case = visited(lab_server(healthy_windows_11()))
    run = case.check_runs.get()
    late = answer_of(DeviceAnswer.objects.filter(snapshot__check_run=run).first())
    before = DeviceAnswer.objects.count()
    CheckRun.objects.filter(pk=run.pk).update(status=RunStatus.RUNNING, finished_at=None, attempt=run.attempt + 1)
    keeper = EvidenceKeeper.resumed(run, clock=timezone.now)

    with pytest.raises(Superseded):
        keeper.keep([late])

    assert DeviceAnswer.objects.count() == before
