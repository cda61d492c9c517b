"""Celery's entry points for checks and the sweep: settings in, faults of our own named."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.world import EMMA, case_on, device_at, person
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.tasks import run_checks, sweep

pytestmark = pytest.mark.django_db


def test_a_pc_without_credentials_fails_with_their_name_and_no_secret(monkeypatch):
    monkeypatch.delenv("DEVICE_CREDENTIAL_LAB_USERNAME", raising=False)
    monkeypatch.delenv("DEVICE_CREDENTIAL_LAB_PASSWORD", raising=False)
    run = case_on(device_at(None, owner=person(EMMA)), by=person(EMMA)).check_runs.get()

    run_checks(check_run_id=run.pk)

    run.refresh_from_db()
    assert (run.status, run.error_code) == (RunStatus.FAILED, "credentials_missing")
    assert "DEVICE_CREDENTIAL_LAB" in run.error_detail


def test_a_fault_of_the_portal_ends_the_run_instead_of_hanging_it(settings, monkeypatch):
    monkeypatch.setenv("DEVICE_CREDENTIAL_LAB_USERNAME", "LAB\\portal")
    monkeypatch.setenv("DEVICE_CREDENTIAL_LAB_PASSWORD", "a password")
    run = case_on(device_at(None, owner=person(EMMA)), by=person(EMMA)).check_runs.get()
    settings.VISIT_LIMIT = "not a duration"  # as if a setting were broken

    run_checks(check_run_id=run.pk)

    run.refresh_from_db()
    assert (run.status, run.error_code) == (RunStatus.FAILED, "portal_fault")


def test_a_message_for_a_run_that_is_gone_is_no_error():
    run_checks(check_run_id=4711)


def test_the_sweep_has_nothing_to_do_on_a_quiet_day():
    sweep()


def test_the_sweep_has_every_pc_looked_at_at_its_rhythm(settings, django_capture_on_commit_callbacks):
    settings.DRIFT_CHECK_EVERY = timedelta(days=1)
    device_at(None, owner=None)

    with django_capture_on_commit_callbacks() as messages:
        sweep()

    assert len(messages) == 1
