"""Who may move an exclusion, from where to where: every role × every transition by form.

The tables below are what the house promises; nothing in them is computed from the code that they are held against.
By direct SQL: test_exclusion_matrix_by_sql.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.factories import CaseFactory, ExclusionFactory
from tests.support.exclusion_states import brought_to
from tests.support.exclusion_world import seen
from tests.support.world import ADA, ADAM, EMMA, IVO, SARA, device_at, person
from troubleshooting.domain.exclusions.exclusion import ExclusionStatus
from troubleshooting.models import DeviceGroup, Exclusion
from troubleshooting.models.choices import Role

pytestmark = pytest.mark.django_db

S = ExclusionStatus
LOGIN, DONE, LEFT, NO, GONE = "login", "done", "left", 403, 404

OTTO = ("otto", Role.EMPLOYEE)  # whose PC it is
RITA = ("rita", Role.REVIEWER)  # a reviewer who asks
ALMA = ("alma", Role.ADMINISTRATOR)  # an administrator who asks
HUGO = ("hugo", Role.REVIEWER)  # a reviewer who asks for the PC of another one
OLGA = ("olga", Role.REVIEWER)  # whose PC that is
REQUESTERS = (EMMA, RITA, ALMA, HUGO)

# Role: who it is, and who has asked.
ROLES = {
    "nobody": (None, EMMA),
    "stranger": (SARA, EMMA),
    "requester": (EMMA, EMMA),
    "PC's owner": (OTTO, RITA),
    "reviewer": (IVO, EMMA),
    "reviewer who asked": (RITA, RITA),
    "reviewer whose PC it is": (OLGA, HUGO),
    "auditor": (ADA, EMMA),
    "administrator": (ADAM, EMMA),
    "administrator who asked": (ALMA, ALMA),
}

# --- By form ----------------------------------------------------------------------------------------------------------

# What a form answers to each role, in the order above. DONE: taken, as far as the status allows (next table); LEFT: the
# page names it as left as it is.
DECIDES = (LOGIN, GONE, NO, NO, DONE, NO, NO, NO, DONE, NO)
TOGETHER = (LOGIN, NO, NO, NO, DONE, LEFT, LEFT, NO, DONE, LEFT)
ASKED = (LOGIN, GONE, DONE, NO, NO, DONE, NO, NO, NO, DONE)
ENDS = (LOGIN, GONE, NO, NO, DONE, DONE, DONE, NO, DONE, DONE)
FORMS = {
    "approve": DECIDES,
    "approve narrower": DECIDES,
    "approve together": TOGETHER,
    "reject": DECIDES,
    "reject together": TOGETHER,
    "ask a question": DECIDES,
    "answer": ASKED,
    "withdraw": ASKED,
    "revoke": ENDS,
}
# From which status to which each form moves an exclusion; from every other one nothing happens.
MOVES_BY_FORM = {
    "approve": {S.REQUESTED: S.APPROVED},
    "approve narrower": {S.REQUESTED: S.APPROVED},
    "approve together": {S.REQUESTED: S.APPROVED},
    "reject": {S.REQUESTED: S.REJECTED, S.QUESTION_ASKED: S.REJECTED},
    "reject together": {S.REQUESTED: S.REJECTED, S.QUESTION_ASKED: S.REJECTED},
    "ask a question": {S.REQUESTED: S.QUESTION_ASKED},
    "answer": {S.QUESTION_ASKED: S.REQUESTED},
    "withdraw": {S.REQUESTED: S.WITHDRAWN, S.QUESTION_ASKED: S.WITHDRAWN, S.APPROVED: S.WITHDRAWN},
    "revoke": {S.APPROVED: S.NOT_APPLIED, S.APPLYING: S.REVOKED, S.APPLIED: S.REVOKED, S.VERIFIED: S.REVOKED},
}
URLS = {
    "approve": "exclusion-approve",
    "approve narrower": "exclusion-approve",
    "approve together": "exclusions-bulk",
    "reject": "exclusion-reject",
    "reject together": "exclusions-bulk",
    "ask a question": "exclusion-ask-question",
    "answer": "exclusion-answer",
    "withdraw": "exclusion-withdraw",
    "revoke": "exclusion-revoke",
}


def words_for(form: str, exclusion: Exclusion) -> dict[str, str]:
    digest = seen(exclusion) if form.startswith("approve") or form.endswith("together") else ""
    return {
        "approve": {"digest": digest},
        "approve narrower": {"digest": digest, "scope": "device"},
        "approve together": {"pick": f"{exclusion.pk}:{digest}", "answer": "approve"},
        "reject": {"reject-note": "Ask for this PC only"},
        "reject together": {"pick": f"{exclusion.pk}:{digest}", "answer": "reject", "note": "Ask for one PC"},
        "ask a question": {"ask-note": "Who confirms it?"},
        "answer": {"answer-reason": "Contoso does"},
        "withdraw": {},
        "revoke": {"revoke-note": "No longer needed"},
    }[form]


def asked_by(requester: tuple[str, Role]) -> Exclusion:
    """A request about Otto's PC; Emma asks about her own, Hugo about Olga's."""
    owner = {EMMA: EMMA, HUGO: OLGA}.get(requester, OTTO)
    device = device_at(None, owner=person(owner), hostname=f"PC-OF-{requester[0]}")
    if owner == OLGA:  # in a group of its own: a fourth PC of one group would wait for the first three
        device.group = DeviceGroup.objects.create(name="Of Olga", credential_profile="lab")
        device.save()
    case = CaseFactory(checked=True, device=device, reporter=person(requester))
    return ExclusionFactory(case=case, for_group=True)


def sent(form: str, exclusion: Exclusion, who: tuple[str, Role] | None) -> int | str:
    client = Client()
    if who is not None:
        client.force_login(person(who))
    args = [] if form.endswith("together") else [exclusion.pk]
    response = client.post(reverse(URLS[form], args=args), words_for(form, exclusion))
    if response.status_code == 302 and response.headers["Location"].startswith(reverse("exclusions-decided")):
        page = client.get(response.headers["Location"]).content.decode()
        return LEFT if 'id="left"' in page else DONE
    if response.status_code == 200:
        return "asked again"
    if response.status_code != 302:
        return response.status_code
    return LOGIN if response.headers["Location"].startswith(reverse("login")) else DONE


def standing(exclusion: Exclusion) -> tuple[object, ...]:
    present = Exclusion.objects.get(pk=exclusion.pk)
    placed = list(present.placements.order_by("pk").values_list("status", flat=True))
    return present.status, present.round, present.decisions.count(), present.ended_by_id, placed


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize("form", FORMS)
def test_a_form_moves_an_exclusion_as_the_table_says_for_every_role(form, status):
    asked = {requester: brought_to(status, asked_by(requester)) for requester in REQUESTERS}

    for (role, (who, requester)), answer in zip(ROLES.items(), FORMS[form], strict=True):
        exclusion = asked[requester]
        before = standing(exclusion)
        moved_to = MOVES_BY_FORM[form].get(status) if answer == DONE else None
        if form.endswith("together") and answer == DONE and moved_to is None:
            answer = LEFT  # noqa: PLW2901  the page says so, where the others only show where it stands
        with rolled_back():
            assert (role, sent(form, exclusion, who)) == (role, answer)
            after = standing(exclusion)
        if moved_to is None:
            assert (role, after) == (role, before)
        else:
            assert (role, after[0]) == (role, moved_to)


# --- Small steps ------------------------------------------------------------------------------------------------------


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo whatever is done inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
