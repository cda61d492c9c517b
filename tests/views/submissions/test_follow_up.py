"""What follows once a submission was sent: reminders, the answer, the exclusion meanwhile, another submission."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from tests.factories import ExclusionFactory
from tests.queries import made
from tests.support.exclusion_states import brought_to
from tests.views.checks.test_check_runs import signed_in, text_of
from tests.views.submissions.test_submissions import sent, url
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.models import ActivityEntry, Submission

pytestmark = pytest.mark.django_db

ALERT = "https://security.microsoft.com/alerts/da637551_-961"


@pytest.fixture
def reviewer():
    return signed_in(made.reviewer())


def answered(case) -> None:
    sent(case)
    signed_in(made.reviewer()).post(url("submission-record", case), {"status": "closed", "determination": "Clean"})


def test_form_and_alert_are_recorded_with_the_number(reviewer):
    case = made.blocked_case()

    reviewer.post(
        url("submission-record", case),
        {"reference": "abc-1", "form": "network_protection_form", "alert_link": f"{ALERT}?source=mail"},
    )

    submission = Submission.objects.get(case=case)
    assert (submission.form, submission.alert_link) == ("network_protection_form", ALERT)
    page = text_of(reviewer.get(url("submission", case)))
    assert ALERT in page
    assert "Report an issue with network protection" in page


def test_a_link_that_is_none_is_refused_and_what_was_typed_stays(reviewer):
    case = made.blocked_case()

    page = text_of(
        reviewer.post(
            url("submission-record", case), {"reference": "abc-1", "alert_link": "https://example.com/alerts/1"}
        )
    )

    assert "This is no link to an alert" in page
    assert "https://example.com/alerts/1" in page
    assert not Submission.objects.filter(case=case).exists()


def test_after_a_week_without_news_it_is_reminded_until_somebody_looked(reviewer, settings):
    case = made.blocked_case()
    sent(case)
    Submission.objects.filter(case=case).update(updated_at=timezone.now() - timedelta(days=9))

    assert "9 days without news" in text_of(reviewer.get(reverse("home")))
    assert "There has been no news for 9 days" in text_of(reviewer.get(url("submission", case)))
    assert "without news" not in text_of(signed_in(case.reporter).get(reverse("home")))

    reviewer.post(url("submission-record", case), {"status": "submitted"})
    assert "without news" not in text_of(reviewer.get(reverse("home")))

    Submission.objects.filter(case=case).update(updated_at=timezone.now() - timedelta(days=9))
    settings.SUBMISSION_REMINDER = timedelta(days=30)
    assert "without news" not in text_of(reviewer.get(reverse("home")))


def test_of_many_late_answers_the_latest_are_listed_and_all_are_counted(reviewer):
    for days in range(10, 17):
        case = made.blocked_case()
        sent(case)
        Submission.objects.filter(case=case).update(updated_at=timezone.now() - timedelta(days=days))

    page = text_of(reviewer.get(reverse("home")))

    assert page.count("days without news") == 5
    assert "16 days without news" in page
    assert "7 submissions are without news" in page


def test_once_answered_nobody_is_told_to_wait_for_microsoft(reviewer):
    case = made.blocked_case()
    answered(case)

    assert "Your turn: have the PC checked again" in text_of(reviewer.get(reverse("case", args=[case.number])))
    assert "IT is looking at the answer" in text_of(signed_in(case.reporter).get(reverse("home")))


def test_once_answered_the_exclusion_is_ended_or_kept_with_a_reason(reviewer):
    case = made.blocked_case()
    exclusion = brought_to(ExclusionStatus.VERIFIED, ExclusionFactory(case=case))
    answered(case)

    page = text_of(reviewer.get(url("submission", case)))
    assert reverse("exclusion", args=[exclusion.pk]) in page
    assert "say why it stays" in page

    empty = text_of(reviewer.post(url("submission-kept", case), {"because": " "}))
    assert "Say why the exclusion stays" in empty

    page = text_of(reviewer.post(url("submission-kept", case), {"because": "Not corrected yet"}, follow=True))
    assert "Why the exclusion stays: Not corrected yet" in " ".join(page.split())
    assert ActivityEntry.objects.filter(action="exclusion_kept_after_answer", case=case).count() == 1


def test_nothing_is_kept_before_the_answer(reviewer):
    case = made.blocked_case()
    sent(case)

    page = text_of(reviewer.post(url("submission-kept", case), {"because": "so"}, follow=True))

    assert "Microsoft has not answered yet" in page
    assert Submission.objects.get(case=case).kept_because == ""


def test_a_case_may_be_submitted_once_more_after_the_answer(reviewer):
    case = made.blocked_case()
    answered(case)

    reviewer.post(url("submission", case))
    reviewer.post(url("submission", case))  # twice is as once
    reviewer.post(url("submission-record", case), {"reference": "abc-2"})

    first, second = Submission.objects.filter(case=case)
    assert (first.status, first.reference) == ("closed", "abc-1")
    assert (second.status, second.reference) == ("submitted", "abc-2")
    page = text_of(reviewer.get(url("submission", case)))
    assert "Earlier submissions" in page
    assert page.index("abc-2") < page.index("abc-1")


def test_the_database_takes_one_open_submission_of_a_case_only():
    case, now = made.blocked_case(), timezone.now()
    sent(case)

    with pytest.raises(IntegrityError, match="submission_one_open"), transaction.atomic():
        Submission.objects.create(case=case, prepared_at=now, updated_at=now)
