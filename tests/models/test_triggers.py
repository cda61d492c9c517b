"""Every trigger that a model declares is in the database, alone, and no session opens it for itself."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta

import pgtrigger
import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pgtrigger import registry

from tests.factories import AuditModeTestFactory, CaseFactory, ExclusionFactory
from tests.support.exclusion_states import brought_to
from tests.support.roles import as_owner
from tests.support.world import ADAM, NOW, SARA, moved, person
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.models import (
    AddressChange,
    CaseCounter,
    CaseVerdict,
    CheckRun,
    Collection,
    CollectorToken,
    Device,
    DeviceAnswer,
    DeviceSnapshot,
    DriftScan,
    EmergencyStop,
    Exclusion,
    RemovedAnswers,
    Undo,
)
from troubleshooting.models.triggers import NeverTruncated, Promise

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
DECLARED = {trigger.name: (model, trigger) for model, trigger in registry.registered()}
SARAS_ID = "(SELECT id FROM public.troubleshooting_user WHERE username = 'sara')"
DECISION_OF_SARA = f"""
    INSERT INTO public.troubleshooting_exclusiondecision (exclusion_id, round, decision, by_id, at, note, digest)
    SELECT id, round, 'approve', {SARAS_ID}, now(), '', 'signed' FROM public.troubleshooting_exclusion
    WHERE status = 'requested'
"""
APPROVAL = """
    UPDATE troubleshooting_exclusion
    SET status = 'approved', approved_at = now(), approved_change = '{}', digest = 'signed'
    WHERE status = 'requested'
"""
REMOVAL = """
    INSERT INTO troubleshooting_removedanswers (snapshot_id, removed_at, answers, commands, digest)
    SELECT v.id, now(), {answers}, '[]', '' FROM troubleshooting_devicesnapshot v
    WHERE v.{visits} AND EXISTS (SELECT FROM troubleshooting_deviceanswer a WHERE a.snapshot_id = v.id)
"""
# One statement that breaks each promise, and no other.
BREAKS = {
    "activity_append_only": "UPDATE troubleshooting_activityentry SET action = 'other'",
    "address_change_asked_for_by_administrators": f"""
        INSERT INTO troubleshooting_addresschange (device_id, values, requested_by_id, requested_at)
        SELECT id, '{{}}', {SARAS_ID}, now() FROM troubleshooting_device LIMIT 1
    """,
    "address_change_begins_as_waiting": """
        INSERT INTO troubleshooting_addresschange
            (device_id, values, requested_by_id, requested_at, is_approved, decided_by_id, decided_at)
        SELECT device_id, values, requested_by_id, now(), is_approved, decided_by_id, now()
        FROM troubleshooting_addresschange WHERE is_approved
    """,
    "address_change_by_administrators": f"""
        UPDATE troubleshooting_addresschange SET is_approved = true, decided_by_id = {SARAS_ID}, decided_at = now()
        WHERE is_approved IS NULL
    """,
    "address_change_decided_once": """
        UPDATE troubleshooting_addresschange SET decided_at = now() WHERE is_approved IS NOT NULL
    """,
    "answer_append_only": "DELETE FROM troubleshooting_deviceanswer",
    "collection_append_only": "UPDATE troubleshooting_collection SET computer = 'other'",
    "collector_token_ends_no_later": "UPDATE troubleshooting_collectortoken SET expires_at = 'infinity'",
    "collector_token_never_deleted": "DELETE FROM troubleshooting_collectortoken",
    "decision_append_only": "UPDATE troubleshooting_exclusiondecision SET note = 'other'",
    "decision_by_others_of_it_in_time": DECISION_OF_SARA,
    "device_group_reached_as_approved": "UPDATE troubleshooting_devicegroup SET auth = 'certificate'",
    "device_stays_in_use": "UPDATE troubleshooting_device SET last_visited_at = NULL WHERE last_visited_at IS NOT NULL",
    "device_visited_where_approved": "UPDATE troubleshooting_device SET address = 'elsewhere.example'",
    "exclusion_keeps_approval": "UPDATE troubleshooting_exclusion SET digest = 'other' WHERE status = 'applying'",
    "exclusion_approved_by_enough": APPROVAL,
    "exclusion_begins_as_requested": """
        INSERT INTO troubleshooting_exclusion (case_id, kind, value, value_key, scope_kind, reason_code, reason,
            evidence, findings, status, round, approvals_needed, requested_by_id, requested_at, expires_at, digest,
            ended_at)
        SELECT case_id, kind, value, value_key, 'everyone', reason_code, reason,
            evidence, findings, 'rejected', round, 2, requested_by_id, requested_at, expires_at, '', now()
        FROM troubleshooting_exclusion WHERE status = 'requested'
    """,
    "exclusion_change_resets_approvals": "UPDATE troubleshooting_exclusion SET reason = 'other'",
    "exclusion_keeps_end": "UPDATE troubleshooting_exclusion SET ended_at = now() WHERE status = 'rejected'",
    "exclusion_keeps_renewed": "UPDATE troubleshooting_exclusion SET renews_id = id",
    "exclusion_keeps_requester": f"UPDATE troubleshooting_exclusion SET requested_by_id = {SARAS_ID}",
    "exclusion_key_follows_value": "UPDATE troubleshooting_exclusion SET value_key = 'other'",
    "exclusion_moves_known": """
        UPDATE troubleshooting_exclusion SET status = 'requested', ended_at = NULL WHERE status = 'rejected'
    """,
    "exclusion_revoked_by_it": f"""
        UPDATE troubleshooting_exclusion SET status = 'revoked', ended_by_id = {SARAS_ID} WHERE status = 'applying'
    """,
    "exclusion_round_starts_as_request": """
        UPDATE troubleshooting_exclusion SET round = round + 1 WHERE status = 'applying'
    """,
    "exclusion_round_never_goes_back": "UPDATE troubleshooting_exclusion SET round = round - 1",
    "exclusion_withdrawn_by_requester": f"""
        UPDATE troubleshooting_exclusion SET status = 'withdrawn', ended_at = now(), ended_by_id = {SARAS_ID}
        WHERE status = 'requested'
    """,
    "lease_value_before_kept": "UPDATE troubleshooting_settinglease SET value_before = 0",
    "placement_begins_as_waiting": """
        INSERT INTO troubleshooting_placement (exclusion_id, status, is_canary, indicator_id, outcome, attempts,
            error_code, error_detail)
        SELECT exclusion_id, 'verified', false, '', '', 0, '', '' FROM troubleshooting_placement
    """,
    "placement_moves_known": "UPDATE troubleshooting_placement SET status = 'removed', ended_at = now()",
    "removal_append_only": "DELETE FROM troubleshooting_removedanswers",
    "removal_takes_all_answers": REMOVAL.format(answers=2, visits="drift_scan_id IS NOT NULL"),
    "removal_where_nothing_rests": REMOVAL.format(answers=1, visits="check_run_id IS NOT NULL"),
    "snapshot_account_filled_in_once": "UPDATE troubleshooting_devicesnapshot SET endpoint = 'elsewhere'",
    "snapshot_never_deleted": "DELETE FROM troubleshooting_devicesnapshot WHERE attempt = 2",
    "stop_begun_by_administrator": f"""
        INSERT INTO troubleshooting_emergencystop (is_on, begun_at, begun_by_id, reason, end_note)
        VALUES (true, now(), {SARAS_ID}, 'wrong PCs', '')
    """,
    "stop_ended_by_administrator": f"""
        UPDATE troubleshooting_emergencystop SET is_on = false, ended_at = now(), ended_by_id = {SARAS_ID} WHERE is_on
    """,
    "stop_kept_once_over": "UPDATE troubleshooting_emergencystop SET end_note = 'other' WHERE NOT is_on",
    "undo_append_only": "UPDATE troubleshooting_undo SET reason = 'other'",
    "undo_by_administrator": f"""
        INSERT INTO troubleshooting_undo (at, by_id, since, reason, preview)
        VALUES (now(), {SARAS_ID}, now(), 'wrong PCs', '[]')
    """,
    "verdict_append_only": "UPDATE troubleshooting_caseverdict SET code = 'other'",
    **{
        name: f"TRUNCATE {model._meta.db_table} CASCADE"
        for name, (model, trigger) in DECLARED.items()
        if isinstance(trigger, NeverTruncated)
    },
}


@pytest.fixture
def history() -> None:
    """Make a row for each statement above."""
    person(SARA)
    for status in (ExclusionStatus.REQUESTED, ExclusionStatus.REJECTED, ExclusionStatus.APPLYING):
        brought_to(status, ExclusionFactory())
    case = CaseFactory()
    moments = {"requested_at": NOW, "queued_at": NOW, "deadline_at": NOW}
    run = CheckRun.objects.create(case=case, device=case.device, requested_by=case.reporter, **moments)
    for attempt in (1, 2):
        facts = {"credential_profile": "lab", "endpoint": "x", "started_at": NOW}
        visit = DeviceSnapshot.objects.create(check_run=run, attempt=attempt, **facts)
        if attempt == 1:
            said = {"name": "clock", "state": "answered", "content": [], "errors": []}
            DeviceAnswer.objects.create(snapshot=visit, position=0, sent_at=timezone.now(), seconds=0.1, **said)
    token = {"name": "x", "secret_sha256": "0" * 64, "made_at": NOW, "expires_at": NOW}
    CollectorToken.objects.create(case=case, device=case.device, made_for=case.reporter, **token)
    given = {"given_at": NOW, "made_at": NOW, "computer": "PC-0142", "is_sent_by_script": False}
    Collection.objects.create(check_run=run, given_by=case.reporter, **given)
    scans = [DriftScan.objects.create(device=case.device, at=NOW + n * DAY, ended_at=NOW + n * DAY) for n in range(3)]
    visits = [DeviceSnapshot.objects.create(drift_scan=scan, attempt=1, **facts) for scan in scans]
    DeviceAnswer.objects.create(snapshot=visits[0], position=0, sent_at=NOW, seconds=0.1, **said)
    with as_owner():
        RemovedAnswers.objects.create(snapshot=visits[1], removed_at=NOW, answers=0, commands=[])
    concluded = {"code": "cannot_tell", "confidence": "low", "content": {}, "concluded_at": NOW}
    CaseVerdict.objects.create(case=case, check_run=run, **concluded)
    AuditModeTestFactory(case=CaseFactory(checked=True), done=True)
    adam = person(ADAM)
    Device.objects.update(last_visited_at=NOW)
    moved(case.device, port=4711)
    AddressChange.objects.create(values={}, requested_by=adam, requested_at=NOW, device=case.device)
    for is_on, over in ((False, {"ended_at": NOW, "ended_by": adam}), (True, {})):
        EmergencyStop.objects.create(is_on=is_on, begun_at=NOW, begun_by=adam, reason="wrong PCs", **over)
    Undo.objects.create(at=NOW, by=adam, since=NOW, reason="wrong PCs", preview=[])


def run_sql(*statements: str) -> None:
    """Do it as the owner of the tables, whom no privilege stops."""
    with as_owner() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # TRUNCATE wants nothing left to check
        for statement in statements:
            cursor.execute(statement)


def names_in(query: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {name for (name,) in cursor.fetchall()}


# --- what is there ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DECLARED)
def test_a_declared_trigger_is_installed_as_declared_and_enabled(name):
    model, trigger = DECLARED[name]

    assert trigger.get_installation_status(model) == (pgtrigger.core.INSTALLED, True)


def test_no_trigger_and_no_function_is_in_the_database_but_the_declared_ones():
    wanted = {trigger.get_pgid(model) for model, trigger in DECLARED.values()}

    assert names_in("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal") == wanted
    assert names_in("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace") == wanted


def test_every_table_of_ours_refuses_to_be_emptied_at_once():
    protected = {model for model, trigger in DECLARED.values() if isinstance(trigger, NeverTruncated)}

    assert protected == set(apps.get_app_config("troubleshooting").get_models())


def test_every_trigger_is_of_our_own_kind_and_has_a_statement_that_it_refuses():
    assert [name for name, (_, trigger) in DECLARED.items() if not isinstance(trigger, Promise)] == []
    assert set(DECLARED) == set(BREAKS)


# --- no session opens it ----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def as_it_is(_name: str) -> Iterator[None]:
    yield


@contextlib.contextmanager
def by_setting(name: str) -> Iterator[None]:
    """Set what the library's own triggers look at: the name of this one."""
    model, trigger = DECLARED[name]
    with connection.cursor() as cursor:
        cursor.execute("SET pgtrigger.ignore = %s", ["{" + trigger.get_pgid(model) + "}"])
        yield
        cursor.execute("RESET pgtrigger.ignore")


@contextlib.contextmanager
def by_the_library(name: str) -> Iterator[None]:
    model, trigger = DECLARED[name]
    with pgtrigger.ignore(trigger.get_uri(model)):
        yield


@contextlib.contextmanager
def by_the_library_for_all(_name: str) -> Iterator[None]:
    with pgtrigger.ignore():
        yield


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("opened", [as_it_is, by_setting, by_the_library, by_the_library_for_all])
@pytest.mark.parametrize("name", BREAKS)
def test_a_session_that_ignores_triggers_is_refused_all_the_same(name, opened: Callable[[str], object]):
    refusals = "decision_by_it" if name == "decision_by_others_of_it_in_time" else name

    with opened(name), pytest.raises(DatabaseError, match=rf"^{refusals}: "):
        run_sql(BREAKS[name])


def test_the_setting_would_open_a_trigger_of_the_library():
    """Without this, the test above could pass because nothing looks at such a setting."""
    CaseCounter.objects.create(year=2026)
    trigger = pgtrigger.Protect(name="as_the_library_makes_it", operation=pgtrigger.Update)
    with as_owner():
        trigger.install(CaseCounter)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        CaseCounter.objects.update(last=1)

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL pgtrigger.ignore = %s", ["{" + trigger.get_pgid(CaseCounter) + "}"])

    assert CaseCounter.objects.update(last=1) == 1


@pytest.mark.usefixtures("history")
def test_a_temporary_table_does_not_stand_in_for_the_people():
    shadow = (
        "CREATE TEMPORARY TABLE troubleshooting_user AS SELECT id, 'reviewer' AS role FROM public.troubleshooting_user"
    )

    with pytest.raises(DatabaseError, match="decision_by_it"):
        run_sql(shadow, DECISION_OF_SARA)


@pytest.mark.usefixtures("history")
def test_a_temporary_table_does_not_stand_in_for_the_decisions():
    shadow = """
        CREATE TEMPORARY TABLE troubleshooting_exclusiondecision AS
        SELECT id AS exclusion_id, round, 'approve' AS decision, requested_by_id AS by_id, 'signed' AS digest
        FROM public.troubleshooting_exclusion
    """

    with pytest.raises(DatabaseError, match="exclusion_approved_by_enough"):
        run_sql(shadow, APPROVAL)


# --- foreign keys are checked at the end of a transaction; the trigger does not wait for them -------------------------

EARLY = """
    INSERT INTO troubleshooting_exclusiondecision (exclusion_id, round, decision, by_id, at, note, digest)
    VALUES (%s, 1, 'approve', %s, now(), '', 'signed')
"""


def test_a_decision_does_not_come_before_its_exclusion():
    reviewer = brought_to(ExclusionStatus.REJECTED, ExclusionFactory()).decisions.get().by_id

    with pytest.raises(DatabaseError, match="decision_in_time"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(EARLY, [10**9, reviewer])


def test_a_decision_does_not_come_before_its_person():
    exclusion: Exclusion = ExclusionFactory()

    with pytest.raises(DatabaseError, match="decision_by_it"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(EARLY, [exclusion.pk, 10**9])
