"""What the views of a case share: who reads, what they may do, and whether the page is open already."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from troubleshooting import permissions
from troubleshooting.models import Case, User


@dataclass(frozen=True, slots=True)
class CaseRights:
    """Answers of ``permissions.may_x`` for one person and one case."""

    check: bool
    withdraw: bool
    solve: bool
    see_transcript: bool
    see_submission: bool
    submit: bool
    consent: bool
    end_test: bool
    approve_test: bool
    request_exclusion: bool


def reader_of(request: HttpRequest) -> User:
    """Return the person who is signed in; the views ask only where a sign-in is certain."""
    person = request.user
    assert isinstance(person, User)  # LoginRequiredMiddleware keeps the promise
    return person


def is_refresh(request: HttpRequest) -> bool:
    """Tell whether htmx asks for a part of a page that is open already."""
    return request.headers.get("HX-Request") == "true"


def rights_of(person: User, case: Case) -> CaseRights:
    """Ask for everything that the pages of a case may offer."""
    return CaseRights(
        check=permissions.may_check_device(person, case),
        withdraw=permissions.may_withdraw(person, case),
        solve=permissions.may_solve(person, case),
        see_transcript=permissions.may_see_transcript(person, case),
        see_submission=permissions.may_see_submission(person, case),
        submit=permissions.may_submit(person, case),
        consent=permissions.may_consent(person, case),
        end_test=permissions.may_end_test(person, case),
        approve_test=permissions.may_approve_test(person, case),
        request_exclusion=permissions.may_request_exclusion(person, case),
    )
