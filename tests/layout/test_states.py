"""Tables, labels and drawings agree."""

from __future__ import annotations

from pathlib import Path

import pytest
from celery import current_app

from troubleshooting import dispatch
from troubleshooting.domain.cases import case
from troubleshooting.domain.checks import check_run
from troubleshooting.domain.checks.finding import CheckStatus
from troubleshooting.domain.drift import drift
from troubleshooting.domain.evidence.device_error_texts import error_text
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.snapshot import ReadState
from troubleshooting.domain.exclusions import exclusion, placement, placement_texts
from troubleshooting.domain.retests import retest, retest_texts
from troubleshooting.domain.submissions import submission
from troubleshooting.domain.verdict.verdict import Confidence, VerdictCode
from troubleshooting.management.commands.draw_states import drawing
from troubleshooting.management.commands.list_checks import listing
from troubleshooting.models import choices
from troubleshooting.queries.drift.drift_list import DRIFT_LABELS

ROOT = Path(__file__).parents[2]
NOUNS = [(case, case.Stage), (check_run, check_run.RunStatus), (submission, submission.SubmissionStatus)]
NOUNS += [(exclusion, exclusion.ExclusionStatus), (placement, placement.PlacementStatus), (retest, retest.RetestStatus)]


def test_the_drawing_of_the_states_is_fresh():
    assert (ROOT / "docs/states.md").read_text(encoding="utf-8") == drawing()


def test_the_table_of_checks_is_fresh():
    assert (ROOT / "docs/checks.md").read_text(encoding="utf-8") == listing()


@pytest.mark.parametrize(("noun", "statuses"), NOUNS)
def test_every_status_has_a_row_and_a_mover(noun, statuses):
    assert set(noun.TRANSITIONS) == set(noun.NEXT_MOVE) == set(statuses)


@pytest.mark.parametrize(("noun", "statuses"), NOUNS)
def test_whoever_moves_a_status_has_somewhere_to_move_it(noun, statuses):
    stuck = [s for s in statuses if noun.NEXT_MOVE[s] is not None and not noun.TRANSITIONS[s]]

    assert stuck == []


@pytest.mark.parametrize(
    ("labels", "codes"),
    [
        (choices.ROLE_LABELS, choices.Role),
        (choices.PROBLEM_LABELS, case.ProblemKind),
        (choices.PROGRAM_LABELS, case.Program),
        (choices.STAGE_LABELS, case.Stage),
        (choices.RUN_STATUS_LABELS, check_run.RunStatus),
        (choices.CHECK_STATUS_LABELS, CheckStatus),
        (choices.READ_STATE_LABELS, ReadState),
        (choices.VERDICT_LABELS, VerdictCode),
        (choices.CONFIDENCE_LABELS, Confidence),
        (choices.SUBMISSION_STATUS_LABELS, submission.SubmissionStatus),
        (choices.EXCLUSION_STATUS_LABELS, exclusion.ExclusionStatus),
        (choices.EXCLUSION_KIND_LABELS, exclusion.ExclusionKind),
        (choices.SCOPE_LABELS, exclusion.ScopeKind),
        (choices.EXCLUSION_REASON_LABELS, choices.ExclusionReason),
        (choices.PLACEMENT_STATUS_LABELS, placement.PlacementStatus),
        (placement_texts.OUTCOMES, placement.PlacementOutcome),
        (DRIFT_LABELS, drift.DriftCode),
        (retest_texts.OUTCOMES, retest.RetestOutcome),
        (retest_texts.QUESTIONS, retest.RetestPurpose),
    ],
)
def test_every_code_has_a_label(labels, codes):
    assert set(labels) == set(codes)


@pytest.mark.parametrize("code", DeviceErrorCode)
def test_every_device_error_has_words_for_both_readers(code):
    words = error_text(code)

    assert all(str(text) for text in (words.title, words.cause, words.employee, words.it))


def test_every_dispatched_name_is_a_task():
    current_app.loader.import_default_modules()
    names = {value for name, value in vars(dispatch).items() if name.isupper()}

    assert names <= set(current_app.tasks)
