"""What happened to a case, with who and when, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from troubleshooting.models import ActivityEntry, Case, User
from troubleshooting.queries.base.paging import Cursor, read_page
from troubleshooting.queries.cases.timeline_notes import NOTES, is_for_it

SHOWN_AT_ONCE = 8  # the newest; the older ones stand in a closed part
EARLIER_SHOWN = 30  # in that part; the rest has a page of its own
ENTRIES_ON_A_PAGE = 100

PORTAL = gettext_lazy("The portal")
IT_DEPARTMENT = gettext_lazy("IT")
YOU = gettext_lazy("You")

# What is said for each action of the activity log; who and when stand beside it.
SENTENCES: Mapping[str, Promise] = {
    "case_opened": gettext_lazy("Problem reported"),
    "case_withdrawn": gettext_lazy("Case withdrawn"),
    "case_solved": gettext_lazy("Case closed as solved"),
    "check_requested": gettext_lazy("Asked for a check of the PC"),
    "check_started": gettext_lazy("Began to check the PC"),
    "check_waiting": gettext_lazy("Could not reach the PC, will try again"),
    "check_resumed": gettext_lazy("Back in the queue for the next try"),
    "check_requeued": gettext_lazy("Put the check back in the queue, because its worker stopped responding"),
    "check_finished": gettext_lazy("Finished the check"),
    "check_failed": gettext_lazy("Could not complete the check"),
    "check_cancel_requested": gettext_lazy("Asked to stop the check"),
    "check_cancelled": gettext_lazy("Stopped the check"),
    "collector_downloaded": gettext_lazy("Downloaded the script for a PC that the portal cannot reach"),
    "collection_given": gettext_lazy("Gave what the script had read on the PC"),
    "verdict_reached": gettext_lazy("Reached a verdict"),
    "submission_prepared": gettext_lazy("Prepared the submission to Microsoft"),
    "submission_sent": gettext_lazy("Sent the submission to Microsoft"),
    "submission_status_recorded": gettext_lazy("Recorded what Microsoft says"),
    "exclusion_kept_after_answer": gettext_lazy("Kept the exclusion after Microsoft's answer"),
    "answers_removed": gettext_lazy("Removed raw answers after their time; nothing that was decided rests on them"),
    "evidence_exported": gettext_lazy("Downloaded the evidence"),
    "test_consented": gettext_lazy("Agreed to a test in audit mode"),
    "test_approved": gettext_lazy("Approved the test"),
    "test_rejected": gettext_lazy("Rejected the test"),
    "test_visited": gettext_lazy("Opened the site during the test"),
    "test_cancelled": gettext_lazy("Ended the test early"),
    "test_not_done": gettext_lazy("Could not carry out the test"),
    "lease_requested": gettext_lazy("Reserved the PC for the test"),
    "lease_active": gettext_lazy("Switched protection to audit mode"),
    "lease_end_requested": gettext_lazy("Asked to restore protection"),
    "lease_restored": gettext_lazy("Restored protection, and read it back"),
    "lease_superseded": gettext_lazy("Left protection as someone else had set it in the meantime"),
    "lease_refused": gettext_lazy("Did not change protection after all; it was read back unchanged"),
    "lease_not_applied": gettext_lazy("Changed nothing on the PC"),
    "lease_retry_requested": gettext_lazy("Asked to try again now to restore protection"),
    "exclusion_requested": gettext_lazy("Asked for an exclusion"),
    "exclusion_narrowed": gettext_lazy("Made the exclusion narrower; earlier approvals no longer count"),
    "exclusion_approved": gettext_lazy("Approved the exclusion"),
    "exclusion_rejected": gettext_lazy("Rejected the exclusion"),
    "exclusion_question_asked": gettext_lazy("Asked a question about the exclusion"),
    "exclusion_answered": gettext_lazy("Answered the question about the exclusion"),
    "exclusion_withdrawn": gettext_lazy("Withdrew the request for an exclusion"),
    "exclusion_revoked": gettext_lazy("Ended the exclusion early"),
    "exclusion_expired": gettext_lazy("The exclusion expired and is being removed wherever it was applied"),
    "exclusion_failed": gettext_lazy("Ended the exclusion, because it could not be applied anywhere"),
    "exclusion_halted": gettext_lazy("Halted the exclusion: it differs from what was approved"),
    "exclusion_verified": gettext_lazy("Read the exclusion back: it is in force"),
    "exclusion_warned": gettext_lazy("Announced that the exclusion ends soon"),
    "exclusion_renewal_requested": gettext_lazy("Asked to renew the exclusion"),
    "exclusion_still_blocked": gettext_lazy("Said that the site is still blocked"),
    "retest_asked": gettext_lazy("Asked for a re-test of the exclusion"),
    "retest_taken_off": gettext_lazy("Removed the exclusion for a moment, in audit mode"),
    "retest_done": gettext_lazy("Carried out the re-test"),
    "retest_not_done": gettext_lazy("Could not carry out the re-test"),
    "exclusion_removed": gettext_lazy("The exclusion was read back as removed everywhere"),
    "placement_verified": gettext_lazy("Applied the exclusion and read it back"),
    "placement_rejected": gettext_lazy("Found that the exclusion was rejected there"),
    "placement_removed": gettext_lazy("Removed the exclusion again and read that back"),
    "drift_apply_again": gettext_lazy("Found the exclusion missing, and asked to apply it again"),
    "drift_remove_again": gettext_lazy("Found the exclusion still there after it ended, and asked to remove it again"),
    "placement_joined": gettext_lazy("A PC joined the scope, so the exclusion is applied to it as well"),
    "placement_out_of_scope": gettext_lazy("A PC left the scope, so the exclusion is removed from it"),
}
# Actions in one place; their details name it.
OF_A_PLACE = (
    "placement_verified",
    "placement_rejected",
    "placement_removed",
    "placement_joined",
    "placement_out_of_scope",
    "drift_apply_again",
    "drift_remove_again",
)
TENANT = "tenant"  # how such details name the place that is no PC
OTHER_SENTENCE = gettext_lazy("Changed the case")

TONES: Mapping[str, str] = {
    "exclusion_warned": "warn",
    "exclusion_still_blocked": "warn",
    "retest_done": "info",
    "case_solved": "good",
    "exclusion_verified": "good",
    "exclusion_rejected": "warn",
    "exclusion_question_asked": "warn",
    "exclusion_failed": "bad",
    "exclusion_halted": "bad",
    "placement_rejected": "warn",
    "check_waiting": "warn",
    "check_failed": "bad",
    "verdict_reached": "info",
    "submission_sent": "info",
    "test_not_done": "warn",
    "lease_active": "warn",
    "lease_restored": "good",
    "lease_superseded": "warn",
}


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One action."""

    at: datetime
    who: str
    action: str
    text: str
    detail: str  # more about it, or ""
    tone: str  # "" where nothing stands out


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened last, newest first."""

    newest: tuple[TimelineEntry, ...]
    earlier: tuple[TimelineEntry, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """One page of everything that happened, newest first."""

    entries: tuple[TimelineEntry, ...]
    total: int  # counted no further than COUNTED_TO
    older: Cursor | None
    newer: Cursor | None


def read_timeline(case: Case, *, reader: User) -> Timeline:
    """Return the last of the case's timeline in the reader's words; one query."""
    most = SHOWN_AT_ONCE + EARLIER_SHOWN
    stored = _joined(_entries(case, reader)).order_by("-at", "-pk")[: most + 1]
    entries = tuple(_entry(entry, reader) for entry in stored)
    return Timeline(entries[:SHOWN_AT_ONCE], entries[SHOWN_AT_ONCE:most], has_more=len(entries) > most)


def read_timeline_page(case: Case, *, reader: User, cursor: Cursor | None) -> TimelinePage:
    """Return one page of the case's whole timeline in the reader's words; two queries."""
    found = _entries(case, reader)
    page = read_page(found, by="at", cursor=cursor, page_size=ENTRIES_ON_A_PAGE, load=_joined, is_search=False)
    entries = tuple(_entry(entry, reader) for entry in page.rows)
    return TimelinePage(entries, total=page.total, older=page.older, newer=page.newer)


def _entries(case: Case, reader: User) -> QuerySet[ActivityEntry]:
    """Return what the reader may know of: what happened on other people's PCs is not for employees."""
    found: QuerySet[ActivityEntry] = ActivityEntry.objects.filter(case=case)
    if is_for_it(reader):
        return found
    return found.exclude(Q(action__in=OF_A_PLACE) & ~Q(details__device__in=[case.device.hostname, TENANT]))


def _joined(found: QuerySet[ActivityEntry]) -> QuerySet[ActivityEntry]:
    return found.select_related("actor")


def _entry(entry: ActivityEntry, reader: User) -> TimelineEntry:
    note = NOTES.get(entry.action)
    return TimelineEntry(
        at=entry.at,
        who=_who(entry, reader),
        action=entry.action,
        text=str(SENTENCES.get(entry.action, OTHER_SENTENCE)),
        detail=note(entry.details, reader) if note else "",
        tone=TONES.get(entry.action, ""),
    )


def _who(entry: ActivityEntry, reader: User) -> str:
    """Name the actor; an employee reads "IT" for the people of IT."""
    actor = entry.actor
    if actor is None:
        return str(PORTAL)
    if actor.pk == reader.pk:
        return str(YOU)
    hide_name = is_for_it(actor) and not is_for_it(reader)
    return str(IT_DEPARTMENT) if hide_name else str(actor)
