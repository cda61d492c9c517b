"""What people do about an exclusion in force: have it tried, say that it does not work, ask to renew it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from troubleshooting import permissions
from troubleshooting.actions.exclusions.renewals import request_renewal
from troubleshooting.actions.exclusions.retests import ask_whether_it_works, say_still_blocked
from troubleshooting.actions.exclusions.warnings import ask_whether_needed
from troubleshooting.domain.base.refused import Refused
from troubleshooting.forms.exclusions.renewal import RenewForm
from troubleshooting.models import Retest
from troubleshooting.queries.base.people import zone_of
from troubleshooting.queries.checks.transcript import Visited, read_raw_answer, read_transcript
from troubleshooting.queries.exclusions.ending import read_ending
from troubleshooting.queries.exclusions.exclusion_list import scope_words
from troubleshooting.queries.exclusions.request_page import read_ask_page
from troubleshooting.views.base.fragments import raw_answer
from troubleshooting.views.base.numbers import read_number
from troubleshooting.views.base.refusals import explain_in, told
from troubleshooting.views.base.rights import reader_of
from troubleshooting.views.exclusions.rules import exclusion_rules, visible_exclusion


@require_POST
def exclusion_retest(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the PC of the case request the page now."""
    found, reader, now = visible_exclusion(request, pk), reader_of(request), timezone.now()
    done = _("The PC is requesting the site now, by itself. The result will appear here. You can close this page.")
    with told(request, done):
        ask_whether_it_works(found.pk, by=reader, now=now)
    return redirect("exclusion", pk=pk)


@require_POST
def exclusion_retest_without(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the PC of the case tried without the exclusion, in audit mode."""
    found, reader, now = visible_exclusion(request, pk), reader_of(request), timezone.now()
    done = _("The portal is testing the PC without the exclusion, in audit mode. The result will appear here.")
    with told(request, done):
        ask_whether_needed(found.pk, by=reader, may_retest=settings.EXCLUSION_RETESTS, now=now)
    return redirect("exclusion", pk=pk)


@require_POST
def still_blocked(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that it does not work for the person."""
    found, reader, now = visible_exclusion(request, pk), reader_of(request), timezone.now()
    done = _("Thank you. IT can see this in the case and in its list. You can have the PC checked again below.")
    with told(request, done):
        say_still_blocked(found.pk, by=reader, now=now)
    return redirect("case", number=found.case.number)


@require_GET
def retest_record(request: HttpRequest, pk: int, retest: int) -> HttpResponse:
    """Show every command that a re-test sent to the PC, with those of its audit mode (``?answer=``: one raw)."""
    found, reader = visible_exclusion(request, pk), reader_of(request)
    permissions.check_may_see_transcript(reader, found.case)
    made = get_object_or_404(Retest.objects.select_related("lease", "device"), exclusion=found, pk=retest)
    parts: list[Visited] = [made] if made.lease is None else [made, made.lease]
    if wanted := request.GET.get("answer", ""):
        number = read_number(wanted)
        in_lease = made.lease is not None and number is not None and read_raw_answer(made.lease, number)
        return raw_answer(request, parts[-1] if in_lease else made, wanted)
    visits = [visit for part in parts for visit in read_transcript(part)]
    context = {
        "exclusion": found,
        "device": made.device,
        "visits": sorted(visits, key=lambda visit: visit.started_at, reverse=True),
        "for_it": permissions.sees_everything(reader),
        "now": timezone.now(),
    }
    return render(request, "troubleshooting/exclusions/retest_record.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def exclusion_renew(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the new evidence and ask for a new end; POST asks."""
    found, reader, now = visible_exclusion(request, pk), reader_of(request), timezone.now()
    permissions.check_may_renew_exclusion(reader, found)
    ending = read_ending(found, reader=reader)
    if ending.renewal is not None:
        messages.info(request, _("A renewal has already been requested. Here it is."))
        return redirect("exclusion", pk=ending.renewal[0])
    if not found.is_in_force(now=now):
        messages.info(request, _("Only an exclusion in force can be renewed. Ask for a new one from the case."))
        return redirect("exclusion", pk=pk)
    rules = exclusion_rules()
    form = RenewForm(
        request.POST if request.method == "POST" else None,
        exclusion=found,
        snapshot=read_ask_page(found.case).snapshot,
        now=now,
        zone=zone_of(reader),
        longest=rules.longest,
    )
    if request.method == "POST" and form.is_valid():
        try:
            asked = request_renewal(
                found.pk,
                expires_at=form.cleaned_data["ends_on"],
                reason_code=form.cleaned_data["reason_code"],
                reason=form.cleaned_data["reason"],
                findings=[finding.as_json() for finding in form.findings],
                by=reader,
                rules=rules,
                now=now,
            )
            messages.info(request, _("IT has been asked to renew it. Until a reviewer decides, nothing changes."))
            return redirect("exclusion", pk=asked.pk)
        except Refused as refused:
            explain_in(form, refused)
    verdict = found.case.verdicts.first()
    context = {"found": found, "scope": scope_words(found), "ending": ending, "form": form, "verdict": verdict}
    return render(request, "troubleshooting/exclusions/renew.html", {**context, "now": now})
