"""The list of exclusions, the page of one, and what people decide there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from troubleshooting import permissions
from troubleshooting.actions.exclusions import decisions
from troubleshooting.actions.exclusions import requests as actions
from troubleshooting.actions.exclusions.binding import change_of
from troubleshooting.actions.exclusions.bulk import MOST_TOGETHER
from troubleshooting.domain.exclusions.digest import digest
from troubleshooting.domain.exclusions.exclusion import ExclusionKind, ExclusionStatus, Scope
from troubleshooting.forms.exclusions.decision import AnswerForm, ApproveForm, AskBackForm, RejectForm, RevokeForm
from troubleshooting.forms.exclusions.exclusion_filter import ExclusionFilterForm, chips, query_string
from troubleshooting.models import Exclusion, User
from troubleshooting.queries.base.people import zone_of
from troubleshooting.queries.cases.case_list import COUNTED_TO, read_cursor
from troubleshooting.queries.drift.drift_list import drift_of
from troubleshooting.queries.exclusions.bulk import others_with_the_cause, picks
from troubleshooting.queries.exclusions.ending import read_ending
from troubleshooting.queries.exclusions.exclusion_list import ListState, list_exclusions
from troubleshooting.queries.exclusions.exclusion_page import decided_already, read_exclusion_page
from troubleshooting.queries.exclusions.live_state import poll_seconds, state_token
from troubleshooting.views.base.rights import or_forbidden, reader_of
from troubleshooting.views.exclusions.rules import exclusion_rules, why_not_done


@require_GET
def exclusions(request: HttpRequest) -> HttpResponse:
    """List exclusions, filtered by the address bar; without a filter what is to be decided."""
    reader = reader_of(request)
    with or_forbidden():
        permissions.check_may_list_exclusions(reader)
    form = ExclusionFilterForm({"state": ListState.TO_DECIDE.value, **request.GET.dict()})
    wanted = form.wanted()
    newer = request.GET.get("newer", "")
    cursor = read_cursor(newer or request.GET.get("older", ""), newer=bool(newer))
    found = list_exclusions(reader, wanted, cursor=cursor)
    query = query_string(wanted)
    context = {
        "list": found,
        "form": form,
        "chips": chips(wanted),
        "wanted": wanted,
        "found": _count(found.total),
        "newer_url": f"?{query}&newer={found.newer}" if found.newer else "",
        "older_url": f"?{query}&older={found.older}" if found.older else "",
        "all_url": f"{reverse('exclusions')}?state=all",
        "may_choose": permissions.may_decide_in_bulk(reader) and any(row.waits_for_reader for row in found.rows),
        "now": timezone.now(),
    }
    return render(request, "troubleshooting/exclusions/list.html", context)


@require_GET
def exclusion(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one exclusion: what exactly, why, what it touches, and who decides."""
    return _page(request, _exclusion(request, pk), now=timezone.now())


@require_POST
def exclusion_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve, or approve narrower."""
    found, now = _exclusion(request, pk), timezone.now()
    with or_forbidden():
        permissions.check_may_decide_exclusion(reader_of(request), found)
    form = ApproveForm(request.POST, exclusion=found, now=now, zone=zone_of(reader_of(request)))
    if not form.is_valid():
        return _page(request, found, now=now, approve=form)
    scope = form.wanted_scope or found.scope

    def approve() -> Exclusion:
        return decisions.approve_exclusion(
            found.pk,
            by=reader_of(request),
            note=form.cleaned_data["note"],
            seen=str(form.cleaned_data["digest"] or ""),
            rules=exclusion_rules(),
            now=now,
            scope=form.wanted_scope,
            expires_at=form.wanted_end,
        )

    done = _("Approved. Once enough people have approved, the portal puts it in force by itself.")
    try:
        messages.info(request, _tried(approve, found, scope=scope) or done)
    except decisions.RequestChanged:
        messages.warning(request, _("Nothing was approved: the request changed meanwhile. Read it again and decide."))
    return redirect("exclusion", pk=pk)


@require_POST
def exclusion_reject(request: HttpRequest, pk: int) -> HttpResponse:
    """Say no, and what would change the answer."""
    found, form = _exclusion(request, pk), RejectForm(request.POST, prefix="reject")
    with or_forbidden():
        permissions.check_may_decide_exclusion(reader_of(request), found)
    done = _("The request is rejected. The person who asked reads your reason.")
    return _say(request, found, form, decisions.reject_exclusion, "reject", done=done)


@require_POST
def exclusion_ask_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the requester for more."""
    found, form = _exclusion(request, pk), AskBackForm(request.POST, prefix="ask")
    with or_forbidden():
        permissions.check_may_decide_exclusion(reader_of(request), found)
    done = _("The question is asked. The request comes back here with the answer.")
    return _say(request, found, form, decisions.ask_back, "ask", done=done)


@require_POST
def exclusion_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a reviewer's question."""
    found, form = _exclusion(request, pk), AnswerForm(request.POST, prefix="answer")
    with or_forbidden():
        permissions.check_may_withdraw_exclusion(reader_of(request), found)
    done = _("Thank you. A reviewer decides now; earlier approvals count no more.")
    return _say(request, found, form, actions.answer_back, "answer", done=done)


@require_POST
def exclusion_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a request back."""
    found, now = _exclusion(request, pk), timezone.now()
    why_not = _tried(lambda: actions.withdraw_exclusion(found.pk, by=reader_of(request), now=now), found)
    messages.info(request, why_not or _("The request is taken back. You can ask again from the case."))
    return redirect("exclusion", pk=pk)


@require_POST
def exclusion_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End an exclusion early."""
    found, form = _exclusion(request, pk), RevokeForm(request.POST, prefix="revoke")
    with or_forbidden():
        permissions.check_may_revoke_exclusion(reader_of(request), found)
    done = _("It ends now. The portal removes it everywhere and reads back that it is gone.")
    return _say(request, found, form, actions.revoke_exclusion, "revoke", done=done)


def _page(request: HttpRequest, found: Exclusion, *, now: datetime, **bound: forms.Form) -> HttpResponse:
    """Show the page; ``bound`` are the forms that were sent with errors, by name."""
    reader = reader_of(request)
    change = change_of(found)
    may_open = partial(permissions.may_see_placement, reader)
    page = read_exclusion_page(found, reader=reader, change=change.as_json(), digest=digest(change), may_open=may_open)
    may_decide = permissions.may_decide_exclusion(reader, found) and found.status == ExclusionStatus.REQUESTED
    has_decided = may_decide and decided_already(found, reader)
    context = {
        "page": page,
        "approve": ApproveForm(exclusion=found, now=now, zone=zone_of(reader)),
        "reject": RejectForm(prefix="reject"),
        "ask": AskBackForm(prefix="ask"),
        "answer": AnswerForm(prefix="answer", initial={"reason": found.reason}),
        "revoke": RevokeForm(prefix="revoke"),
        "may_decide": may_decide and not has_decided,
        "has_decided": has_decided,
        "same_cause": _same_cause(found, reader) if may_decide and not has_decided else None,
        "is_own": found.requested_by_id == reader.pk,
        "is_own_case": permissions.is_it(reader) and permissions.is_party(reader, found.case),
        "ending": read_ending(found, reader=reader),
        "may_retest": permissions.may_retest(reader, found),
        "may_renew": permissions.may_renew_exclusion(reader, found),
        "may_revoke": page.may_end and permissions.may_revoke_exclusion(reader, found),
        "may_withdraw": permissions.may_withdraw_exclusion(reader, found)
        and found.status in (ExclusionStatus.REQUESTED, ExclusionStatus.ASKED_BACK, ExclusionStatus.APPROVED),
        "may_answer": permissions.may_withdraw_exclusion(reader, found) and found.status == ExclusionStatus.ASKED_BACK,
        "drift": drift_of(found, now=now) if page.for_it else (),
        "may_handle": permissions.may_handle_drift(reader),
        "token": state_token(found),
        "poll_s": poll_seconds(found, now=now),
        "now": now,
        **bound,
    }
    return render(request, "troubleshooting/exclusions/detail.html", context)


def _same_cause(found: Exclusion, reader: User) -> tuple[int, str] | None:
    """Count the other requests for this value that the reader could decide, with the address; None: there is none."""
    others = others_with_the_cause(found, reader, most=MOST_TOGETHER - 1)
    return (len(others), f"{reverse('exclusions-bulk')}?{picks((found.pk, *others))}") if others else None


def _say(
    request: HttpRequest, found: Exclusion, form: forms.Form, action: Callable[..., Exclusion], name: str, *, done: str
) -> HttpResponse:
    """Do an action that takes words; without them the page says what is missing."""
    now = timezone.now()
    if not form.is_valid():
        return _page(request, found, now=now, **{name: form})
    why_not = _tried(lambda: action(found.pk, by=reader_of(request), now=now, **form.cleaned_data), found)
    messages.info(request, why_not or done)
    return redirect("exclusion", pk=found.pk)


def _tried(action: Callable[[], Exclusion], found: Exclusion, *, scope: Scope | None = None) -> str:
    """Do one action; return why nothing happened, "" where it did."""
    with or_forbidden():
        return why_not_done(
            action,
            kind=ExclusionKind(found.kind),
            value=found.value,
            scope=scope or found.scope,
        )


def _exclusion(request: HttpRequest, pk: int) -> Exclusion:
    """Return the exclusion if the reader may open it, else 404."""
    joined = ("case__device__group", "case__reporter", "requested_by", "scope_device", "scope_group")
    return get_object_or_404(Exclusion.objects.visible_to(reader_of(request)).select_related(*joined), pk=pk)


def _count(total: int) -> str:
    if total >= COUNTED_TO:
        return _("More than %(count)s exceptions") % {"count": COUNTED_TO - 1}
    return ngettext("%(n)d exception", "%(n)d exceptions", total) % {"n": total}
