"""The band that names the PCs whose setting is not yet restored, and trying again at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import SettingLeaseFactory, UserFactory
from tests.queries import made
from tests.views.leases.test_audit_mode_tests import signed_in, text_of

pytestmark = pytest.mark.django_db


def late_lease(**fields: object):
    return SettingLeaseFactory(put_off=True, requested_at=timezone.now() - timedelta(minutes=5), **fields)


@pytest.mark.parametrize("role", ["reviewer", "administrator", "auditor"])
@pytest.mark.parametrize("name", ["home", "cases", "help"])
def test_every_page_of_it_and_auditors_names_the_pcs_not_put_back(role, name):
    lease = late_lease()

    page = text_of(signed_in(UserFactory(**{role: True})).get(reverse(name)))

    assert "Protection not yet restored after a test" in page
    assert lease.device.hostname in page
    assert "The PC cannot be reached" in page
    assert "The PC restores it by itself" in page
    assert ("Try again now" in page) is (role != "auditor")


def test_employees_have_no_band_and_pay_no_query(django_assert_num_queries):
    lease = late_lease()
    client = signed_in(lease.case.reporter)
    client.get(reverse("help"))

    with django_assert_num_queries(2):  # the session, the person
        page = text_of(client.get(reverse("help")))

    assert "Protection not yet restored" not in page


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_the_band_costs_one_query_however_many_pcs_are_late(rows, django_assert_num_queries):
    client = signed_in(made.reviewer())
    for _ in range(rows):
        late_lease()
    client.get(reverse("help"))

    with django_assert_num_queries(
        6
    ):  # the session, the person, the stop, the processes, the leases, what is to decide
        page = text_of(client.get(reverse("help")))

    assert ("And 2 more PCs" in page) is (rows == 7)


def test_it_has_the_portal_try_again_at_once_and_comes_back_to_the_page():
    lease = late_lease()

    response = signed_in(made.reviewer()).post(reverse("lease-retry", args=[lease.pk]), {"next": "/cases/?q=x"})

    lease.refresh_from_db()
    assert lease.next_attempt_at is None
    assert response.headers["Location"] == "/cases/?q=x"
    assert lease.case.activity_entries.filter(action="lease_retry_requested").exists()


@pytest.mark.parametrize("page", ["https://evil.example/", "//evil.example", ""])
def test_the_way_back_stays_in_the_portal(page):
    lease = late_lease()

    response = signed_in(made.reviewer()).post(reverse("lease-retry", args=[lease.pk]), {"next": page})

    assert response.headers["Location"] == reverse("case", args=[lease.case.number])


def test_trying_again_what_is_back_says_so():
    lease = SettingLeaseFactory(restored=True)

    response = signed_in(made.reviewer()).post(reverse("lease-retry", args=[lease.pk]), follow=True)

    assert "has already been restored" in text_of(response)
