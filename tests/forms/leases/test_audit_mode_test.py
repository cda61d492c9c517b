from __future__ import annotations

import pytest

from troubleshooting.forms.leases.audit_mode_test import MYSELF, PC, ConsentForm


@pytest.mark.parametrize(("choice", "by_portal"), [(MYSELF, False), (PC, True)])
def test_the_person_chooses_who_opens_a_safe_site(choice, by_portal):
    form = ConsentForm({"visit": choice}, is_missed=False)

    assert form.is_valid()
    assert form.portal_visits is by_portal


def test_for_a_dangerous_site_nothing_is_asked_and_the_pc_requests_the_test_page():
    form = ConsentForm({"visit": MYSELF}, is_missed=True)

    assert form.is_valid()
    assert "visit" not in form.fields
    assert form.portal_visits


@pytest.mark.parametrize("data", [{}, {"visit": "somebody"}])
def test_a_missing_or_unknown_choice_is_answered_with_an_example(data):
    form = ConsentForm(data, is_missed=False)

    assert not form.is_valid()
    assert "“I open it myself”" in form.errors["visit"][0]
