"""The list of exclusions, the page of one, and what people decide there."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from troubleshooting import permissions
from troubleshooting.actions.exclusions import decisions, requests
from troubleshooting.actions.exclusions.binding import change_of
from troubleshooting.actions.exclusions.bulk import MOST_IN_BULK
from troubleshooting.domain.base.text import Text
from troubleshooting.domain.exclusions.approval import DecidedAlready
from troubleshooting.domain.exclusions.digest import digest
from troubleshooting.domain.exclusions.exclusion import LOCAL_KINDS, WITHDRAWABLE, ExclusionKind, ExclusionStatus
from troubleshooting.forms.exclusions.decision import AnswerForm, ApproveForm, AskQuestionForm, RejectForm, RevokeForm
from troubleshooting.forms.exclusions.exclusion_filter import ExclusionFilterForm, chips, query_string
from troubleshooting.models import Exclusion, User
from troubleshooting.queries.base.paging import COUNTED_TO
from troubleshooting.queries.base.people import zone_of
from troubleshooting.queries.drift.drift_list import drift_of
from troubleshooting.queries.exclusions.bulk import others_with_the_cause, picks
from troubleshooting.queries.exclusions.ending import read_ending
from troubleshooting.queries.exclusions.exclusion_list import ListState, list_exclusions
from troubleshooting.queries.exclusions.exclusion_page import read_exclusion_page
from troubleshooting.queries.exclusions.live_state import poll_seconds, state_token
from troubleshooting.views.base.paging import cursor_of, page_urls
from troubleshooting.views.base.refusals import told
from troubleshooting.views.base.rights import reader_of
from troubleshooting.views.exclusions.rules import exclusion_rules, visible_exclusion


@require_GET
def exclusions(request: HttpRequest) -> HttpResponse:
    """List exclusions, filtered by the address bar; without a filter what is to be decided."""
    reader = reader_of(request)
    permissions.check_may_list_exclusions(reader)
    form = ExclusionFilterForm({"state": ListState.TO_DECIDE.value, **request.GET.dict()})
    wanted = form.wanted()
    cursor = cursor_of(request)
    found = list_exclusions(reader, wanted, cursor=cursor)
    query = query_string(wanted)
    context = {
        "list": found,
        "form": form,
        "chips": chips(wanted),
        "wanted": wanted,
        "found": _count(found.total),
        **page_urls(query, newer=found.newer, older=found.older),
        "all_url": f"{reverse('exclusions')}?state=all",
        "may_choose": permissions.may_decide_in_bulk(reader) and any(row.waits_for_reader for row in found.rows),
        "now": timezone.now(),
    }
    return render(request, "troubleshooting/exclusions/list.html", context)


@require_GET
def exclusion(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one exclusion: what exactly, why, what it touches, and who decides."""
    return _page(request, visible_exclusion(request, pk), now=timezone.now())


@require_POST
def exclusion_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve, or approve narrower."""
    found, reader, now = visible_exclusion(request, pk), reader_of(request), timezone.now()
    permissions.check_may_decide_exclusion(reader, found)
    form = ApproveForm(request.POST, exclusion=found, now=now, zone=zone_of(reader))
    if not form.is_valid():
        return _page(request, found, now=now, approve=form)
    with told(request, _("Approved. Once enough people have approved, the portal applies it by itself.")):
        decisions.approve_exclusion(
            pk,
            by=reader,
            note=form.cleaned_data["note"],
            seen=str(form.cleaned_data["digest"] or ""),
            rules=exclusion_rules(),
            now=now,
            scope=form.wanted_scope,
            expires_at=form.wanted_end,
        )
    return redirect("exclusion", pk=pk)


@require_POST
def exclusion_reject(request: HttpRequest, pk: int) -> HttpResponse:
    """Say no, and what would change the decision."""
    found, form, now = visible_exclusion(request, pk), RejectForm(request.POST, prefix="reject"), timezone.now()
    permissions.check_may_decide_exclusion(reader_of(request), found)
    if not form.is_valid():
        return _page(request, found, now=now, reject=form)
    with told(request, _("The request is rejected. The person who asked can read your reason.")):
        decisions.reject_exclusion(pk, by=reader_of(request), now=now, **form.cleaned_data)
    return redirect("exclusion", pk=pk)


@require_POST
def exclusion_ask_question(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the requester for more."""
    found, form, now = visible_exclusion(request, pk), AskQuestionForm(request.POST, prefix="ask"), timezone.now()
    permissions.check_may_decide_exclusion(reader_of(request), found)
    if not form.is_valid():
        return _page(request, found, now=now, ask=form)
    with told(request, _("Question asked. The request comes back here with the answer.")):
        decisions.ask_question(pk, by=reader_of(request), now=now, **form.cleaned_data)
    return redirect("exclusion", pk=pk)


@require_POST
def exclusion_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a reviewer's question."""
    found, form, now = visible_exclusion(request, pk), AnswerForm(request.POST, prefix="answer"), timezone.now()
    permissions.check_may_withdraw_exclusion(reader_of(request), found)
    if not form.is_valid():
        return _page(request, found, now=now, answer=form)
    with told(request, _("Thank you. A reviewer decides now. Earlier approvals no longer count.")):
        requests.answer_back(pk, by=reader_of(request), now=now, **form.cleaned_data)
    return redirect("exclusion", pk=pk)


@require_POST
def exclusion_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a request back."""
    visible_exclusion(request, pk)
    with told(request, _("The request is withdrawn. You can ask again from the case.")):
        requests.withdraw_exclusion(pk, by=reader_of(request), now=timezone.now())
    return redirect("exclusion", pk=pk)


@require_POST
def exclusion_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End an exclusion early."""
    found, form, now = visible_exclusion(request, pk), RevokeForm(request.POST, prefix="revoke"), timezone.now()
    permissions.check_may_revoke_exclusion(reader_of(request), found)
    if not form.is_valid():
        return _page(request, found, now=now, revoke=form)
    with told(request, _("It ends now. The portal removes it everywhere and reads back that it is gone.")):
        requests.revoke_exclusion(pk, by=reader_of(request), now=now, **form.cleaned_data)
    return redirect("exclusion", pk=pk)


def _page(request: HttpRequest, found: Exclusion, *, now: datetime, **bound: forms.Form) -> HttpResponse:
    """Show the page; ``bound`` are the forms that were sent with errors, by name."""
    reader = reader_of(request)
    change = change_of(found)
    may_open = partial(permissions.may_see_placement, reader)
    page = read_exclusion_page(found, reader=reader, change=change.as_json(), digest=digest(change), may_open=may_open)
    may_decide = permissions.may_decide_exclusion(reader, found) and found.status == ExclusionStatus.REQUESTED
    has_decided = may_decide and found.is_decided_by(reader)
    is_theirs = permissions.may_withdraw_exclusion(reader, found)
    context = {
        "page": page,
        "approve": ApproveForm(exclusion=found, now=now, zone=zone_of(reader)),
        "reject": RejectForm(prefix="reject"),
        "ask": AskQuestionForm(prefix="ask"),
        "answer": AnswerForm(prefix="answer", initial={"reason": found.reason}),
        "revoke": RevokeForm(prefix="revoke"),
        "may_decide": may_decide and not has_decided,
        "why_not_decide": DecidedAlready.text if has_decided else _why_not_own(found, reader),
        "same_cause": _same_cause(found, reader) if may_decide and not has_decided else None,
        "ending": read_ending(found, reader=reader),
        "may_retest": permissions.may_retest(reader, found),
        "may_retest_without": settings.EXCLUSION_RETESTS and found.kind in LOCAL_KINDS - {ExclusionKind.PROCESS},
        "may_renew": permissions.may_renew_exclusion(reader, found),
        "may_revoke": page.may_end and permissions.may_revoke_exclusion(reader, found),
        "may_withdraw": is_theirs and found.status in WITHDRAWABLE,
        "may_answer": is_theirs and found.status == ExclusionStatus.QUESTION_ASKED,
        "drift": drift_of(found, now=now) if page.for_it else (),
        "may_handle": permissions.may_handle_drift(reader),
        "token": state_token(found),
        "poll_s": poll_seconds(found, now=now),
        "now": now,
        **bound,
    }
    return render(request, "troubleshooting/exclusions/detail.html", context)


def _why_not_own(found: Exclusion, reader: User) -> Text | None:
    """Return why the reader is not the one to decide, where they could expect to be; None elsewhere."""
    could_expect = permissions.is_it(reader) or found.requested_by_id == reader.pk
    return found.why_not_own(reader) if could_expect and found.status == ExclusionStatus.REQUESTED else None


def _same_cause(found: Exclusion, reader: User) -> tuple[int, str] | None:
    """Count the other requests for this value that the reader could decide, with the address; None: there is none."""
    others = others_with_the_cause(found, reader, most=MOST_IN_BULK - 1)
    return (len(others), f"{reverse('exclusions-bulk')}?{picks((found.pk, *others))}") if others else None


def _count(total: int) -> str:
    if total >= COUNTED_TO:
        return _("More than %(count)s exclusions") % {"count": COUNTED_TO - 1}
    return ngettext("%(n)d exclusion", "%(n)d exclusions", total) % {"n": total}
