"""Who may do what. ``check_may_x`` raises with a reason, ``may_x`` answers; actions ask, templates show."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as translate

from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.case import OPEN, OPEN_AND_CHECKED, Stage
from troubleshooting.models.choices import IT, SEE_ALL_CASES, Role

if TYPE_CHECKING:
    from troubleshooting.models import Case, Device, Exclusion, Placement, User

P = ParamSpec("P")


class NotAllowed(Refused, PermissionDenied):
    """A person may not do this. Django answers it with the page for 403, which shows the sentence."""

    def __init__(self, reason: str | Text) -> None:
        super().__init__(say(reason) if isinstance(reason, str) else reason)

    def __str__(self) -> str:
        """Return the sentence in the reader's language."""
        sentence = translate(self.text.message)
        return sentence % dict(self.text.values) if self.text.values else sentence


def _answering(check: Callable[P, None]) -> Callable[P, bool]:
    """Return the question that answers instead of raising."""

    def may(*args: P.args, **kwargs: P.kwargs) -> bool:
        try:
            check(*args, **kwargs)
        except NotAllowed:
            return False
        return True

    return may


def is_it(person: User) -> bool:
    """Tell whether the person handles cases for IT."""
    return person.role in IT


def sees_everything(person: User) -> bool:
    """Tell whether the person reads every case with all its technical evidence."""
    return person.role in SEE_ALL_CASES


def is_party(person: User, case: Case) -> bool:
    """Tell whether the case is the person's own: reported by them, or about a PC that was theirs at the time."""
    return person.pk in (case.reporter_id, case.device_owner_id)


def has_changed_hands(case: Case) -> bool:
    """Tell whether the PC belongs to somebody else than when the case was opened."""
    return case.device.owner_id != case.device_owner_id


def check_may_report(person: User, device: Device) -> None:
    """Everybody but an auditor reports on their own PCs; IT on any."""
    if person.role == Role.AUDITOR:
        raise NotAllowed(_("Auditors have read access only; they cannot report problems."))
    if device.owner_id != person.pk and not is_it(person):
        raise NotAllowed(_("You can only report a problem with your own PC."))


def check_may_see_case(person: User, case: Case) -> None:
    """The parties of a case, IT and auditors."""
    if not (sees_everything(person) or is_party(person, case)):
        raise NotAllowed(_("This case belongs to someone else."))


def check_may_see_transcript(person: User, case: Case) -> None:
    """Whose PC it was sees every command that ran on it for the case; IT and auditors do as well."""
    if not (sees_everything(person) or case.device_owner_id == person.pk):
        raise NotAllowed(_("Only the owner of the PC, IT and auditors see what ran on it."))


def check_may_see_placement(person: User, placement: Placement) -> None:
    """IT and auditors see what was done for an exclusion; whose PC it was for the case sees it for that PC."""
    case = placement.exclusion.case
    is_own = placement.device_id is not None and placement.device_id == case.device_id
    if not (sees_everything(person) or (is_own and case.device_owner_id == person.pk)):
        raise NotAllowed(_("Only the owner of the PC, IT and auditors see what was done there."))


def check_may_check_device(person: User, case: Case) -> None:
    """Those who may have the PC of an open case visited, and stop a visit."""
    if not (is_it(person) or is_party(person, case)):
        raise NotAllowed(_("Only the people in this case and IT can check the PC."))
    if has_changed_hands(case) and not is_it(person):
        raise NotAllowed(_("The PC belongs to someone else now."))
    if case.stage == Stage.WITHDRAWN:
        raise NotAllowed(_("This case was withdrawn."))


def check_may_consent(person: User, case: Case) -> None:
    """The people of a case consent to an audit-mode test of its PC; IT does where the PC belonged to nobody."""
    if not (is_party(person, case) or (case.device_owner_id is None and is_it(person))):
        raise NotAllowed(_("Only the people in this case can agree to a test on the PC."))
    if has_changed_hands(case):
        raise NotAllowed(_("The PC belongs to someone else now."))
    if Stage(case.stage) not in OPEN_AND_CHECKED:
        raise NotAllowed(_("The test can start once the check of the PC has ended."))


def check_may_end_test(person: User, case: Case) -> None:
    """The people of a case and IT end a test at any time."""
    if not (is_it(person) or is_party(person, case)):
        raise NotAllowed(_("Only the people in this case and IT can end the test."))


def check_may_approve_test(person: User, case: Case) -> None:
    """IT approves a test, but nobody their own."""
    if not is_it(person):
        raise NotAllowed(_("Tests are approved by IT."))
    if is_party(person, case):
        raise NotAllowed(_("Someone else has to approve a test on your own PC."))


def check_may_retry_lease(person: User, case: Case) -> None:
    """IT and the people of a case have the portal try at once to put a PC's setting back."""
    if not (is_it(person) or is_party(person, case)):
        raise NotAllowed(_("Only the people in this case and IT can have the portal try again."))


def check_may_request_exclusion(person: User, case: Case) -> None:
    """The people of a case and IT ask for an exclusion once its check has ended."""
    if not (is_it(person) or is_party(person, case)):
        raise NotAllowed(_("Only the people in this case and IT can ask for an exclusion."))
    if has_changed_hands(case) and not is_it(person):
        raise NotAllowed(_("The PC belongs to someone else now."))
    if Stage(case.stage) not in OPEN_AND_CHECKED:
        raise NotAllowed(_("You can ask for an exclusion once the check of the PC has ended."))


def check_may_decide_exclusion(person: User, exclusion: Exclusion) -> None:
    """IT decides, and nobody about what they asked for or about their own case."""
    check_may_decide_in_bulk(person)
    if (why_not := exclusion.why_not_own(person)) is not None:
        raise NotAllowed(why_not)


def check_may_decide_in_bulk(person: User) -> None:
    """IT decides about several requests at once; about each of them as if it were alone."""
    if not is_it(person):
        raise NotAllowed(_("IT decides on exclusions."))


def check_may_withdraw_exclusion(person: User, exclusion: Exclusion) -> None:
    """Whoever asked for it."""
    if exclusion.requested_by_id != person.pk:
        raise NotAllowed(_("Only the person who asked for this exclusion can change or withdraw the request."))


def check_may_revoke_exclusion(person: User, exclusion: Exclusion) -> None:
    """IT ends exclusions early."""
    if not is_it(person):
        raise NotAllowed(_("Only IT can end an exclusion."))


def check_may_retest(person: User, exclusion: Exclusion) -> None:
    """The people of a case and IT have it tried on its PC whether an exclusion works."""
    case = exclusion.case
    if not (is_it(person) or is_party(person, case)):
        raise NotAllowed(_("Only the people in this case and IT can start a re-test on the PC."))
    if has_changed_hands(case) and not is_it(person):
        raise NotAllowed(_("The PC belongs to someone else now."))


def check_may_say_blocked(person: User, case: Case) -> None:
    """The people of a case say whether it works for them."""
    if not is_party(person, case):
        raise NotAllowed(_("Only the people in this case can say whether it works for them."))


def check_may_renew_exclusion(person: User, exclusion: Exclusion) -> None:
    """Whoever asked for it, the people of its case and IT ask to renew an exclusion."""
    is_theirs = exclusion.requested_by_id == person.pk or is_party(person, exclusion.case)
    if not (is_it(person) or is_theirs) or person.role == Role.AUDITOR:
        raise NotAllowed(_("Only the people in this case and IT can ask to renew this exclusion."))
    if has_changed_hands(exclusion.case) and not is_it(person):
        raise NotAllowed(_("The PC belongs to someone else now."))


def check_may_withdraw(person: User, case: Case) -> None:
    """Whoever reported it, while it is open."""
    if case.reporter_id != person.pk:
        raise NotAllowed(_("Only the person who reported this can withdraw it."))
    if Stage(case.stage) not in OPEN:
        raise NotAllowed(_("This case is already closed."))


def check_may_solve(person: User, case: Case) -> None:
    """The parties and IT close a case as solved once it was checked."""
    if not (is_it(person) or is_party(person, case)):
        raise NotAllowed(_("Only the people in this case and IT can close it."))
    if Stage(case.stage) not in OPEN_AND_CHECKED:
        raise NotAllowed(_("A case can be closed as solved once its check has ended."))


def check_may_see_submission(person: User, case: Case) -> None:
    """IT and auditors."""
    if not sees_everything(person):
        raise NotAllowed(_("IT prepares submissions to Microsoft."))


def check_may_submit(person: User, case: Case) -> None:
    """IT sends to Microsoft and records what came of it."""
    if not is_it(person):
        raise NotAllowed(_("IT sends submissions to Microsoft."))


def check_may_list_all(person: User) -> None:
    """IT and auditors see the list of all cases."""
    if not sees_everything(person):
        raise NotAllowed(_("The list of all cases is for IT and auditors."))


def check_may_list_exclusions(person: User) -> None:
    """IT and auditors see the list of all exclusions."""
    if not sees_everything(person):
        raise NotAllowed(_("The list of all exclusions is for IT and auditors."))


def check_may_see_emergency_stop(person: User) -> None:
    """IT and auditors see whether changes are stopped, and what was undone."""
    if not sees_everything(person):
        raise NotAllowed(_("This page is for IT and auditors."))


def check_may_stop_writes(person: User) -> None:
    """Administrators stop all changes, and let them go on."""
    if person.role != Role.ADMINISTRATOR:
        raise NotAllowed(_("Only an administrator can stop all changes or resume them."))


def check_may_undo(person: User) -> None:
    """Administrators take back what was applied since a moment."""
    if person.role != Role.ADMINISTRATOR:
        raise NotAllowed(_("Only an administrator can undo what was applied."))


def check_may_change_address(person: User) -> None:
    """Administrators say where PCs are visited, and how the portal signs in there."""
    if person.role != Role.ADMINISTRATOR:
        raise NotAllowed(_("Only an administrator changes where PCs are visited."))


def check_may_approve_address(person: User, *, requester_id: int) -> None:
    """A second administrator approves such a change of what is in use."""
    check_may_change_address(person)
    if person.pk == requester_id:
        raise NotAllowed(_("You requested this change, so another administrator has to approve it."))


def check_may_get_endpoint(person: User) -> None:
    """Administrators get the files of the portal's own endpoint for PCs."""
    if person.role != Role.ADMINISTRATOR:
        raise NotAllowed(_("Only an administrator gets the files of the endpoint."))


def check_may_see_drift(person: User) -> None:
    """IT and auditors see where PCs and the tenant differ from the register."""
    if not sees_everything(person):
        raise NotAllowed(_("This page is for IT and auditors."))


def check_may_handle_drift(person: User) -> None:
    """IT has the portal put right what differs, or look again."""
    if not is_it(person):
        raise NotAllowed(_("Only IT can resolve differences."))


# The same questions, answered.
may_request_exclusion = _answering(check_may_request_exclusion)
may_decide_exclusion = _answering(check_may_decide_exclusion)
may_decide_in_bulk = _answering(check_may_decide_in_bulk)
may_withdraw_exclusion = _answering(check_may_withdraw_exclusion)
may_revoke_exclusion = _answering(check_may_revoke_exclusion)
may_retest = _answering(check_may_retest)
may_say_blocked = _answering(check_may_say_blocked)
may_renew_exclusion = _answering(check_may_renew_exclusion)
may_see_transcript = _answering(check_may_see_transcript)
may_see_placement = _answering(check_may_see_placement)
may_check_device = _answering(check_may_check_device)
may_consent = _answering(check_may_consent)
may_end_test = _answering(check_may_end_test)
may_approve_test = _answering(check_may_approve_test)
may_retry_lease = _answering(check_may_retry_lease)
may_see_emergency_stop = _answering(check_may_see_emergency_stop)
may_stop_writes = _answering(check_may_stop_writes)
may_undo = _answering(check_may_undo)
may_see_drift = _answering(check_may_see_drift)
may_handle_drift = _answering(check_may_handle_drift)
may_withdraw = _answering(check_may_withdraw)
may_solve = _answering(check_may_solve)
may_see_submission = _answering(check_may_see_submission)
may_submit = _answering(check_may_submit)
may_list_all = _answering(check_may_list_all)
