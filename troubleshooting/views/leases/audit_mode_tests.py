"""The audit-mode test: the page that asks for consent, its live state, its buttons, and what ran on the PC."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from troubleshooting import permissions
from troubleshooting.actions.gate import EmergencyStopped, is_stopped
from troubleshooting.actions.leases import audit_mode_tests as actions
from troubleshooting.actions.leases.leases import LeaseHeld
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import Text, gettext_noop, say
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.leases.audit_mode_test import SET_BY_POLICY, needs_approval, why_no_test
from troubleshooting.forms.leases.audit_mode_test import ConsentForm, RejectForm
from troubleshooting.models import AuditModeTest, Case
from troubleshooting.queries.base.people import zone_of
from troubleshooting.queries.base.words import translated
from troubleshooting.queries.checks.transcript import read_transcript
from troubleshooting.queries.leases import audit_mode_test as queries
from troubleshooting.views.base.fragments import CASE_CHANGED, raw_answer, short_answer
from troubleshooting.views.base.refusals import told
from troubleshooting.views.base.rights import is_refresh, reader_of, rights_of


@require_http_methods(["GET", "HEAD", "POST"])
def test_ask(request: HttpRequest, number: str) -> HttpResponse:
    """Say what a test does and how long it takes, and ask for consent; POST agrees."""
    case = _case(request, number)
    reader = reader_of(request)
    permissions.check_may_consent(reader, case)
    why_not = why_no_test(case.verdict_code)
    if request.method != "POST" and why_not is None:  # an answer is refused by the action
        why_not = _why_not_yet(case)
    if why_not is not None:
        messages.info(request, translated(why_not))
        return _to_step(case)
    is_missed = case.kind == ProblemKind.DANGEROUS_SITE_MISSED
    form = ConsentForm(request.POST if request.method == "POST" else None, is_missed=is_missed)
    if request.method == "POST" and form.is_valid():
        return _ask(request, case, form)
    context = {
        "case": case,
        "form": form,
        "is_missed": is_missed,
        "is_own_pc": case.device_owner_id == reader.pk,
        "program": queries.program_of(case),
        "minutes": settings.AUDIT_MODE_TEST_LENGTH // timedelta(minutes=1),
        "needs_approval": _needs_approval(request, case),
        "for_it": permissions.sees_everything(reader),
    }
    return render(request, "troubleshooting/audit_mode_tests/consent.html", context)


@login_not_required  # the signed token answers for an unchanged poll; everything else signs in below
@require_GET
def test_state(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the state of a test; 204 where the page that asks shows it as it is."""
    token = request.GET.get("seen", "")
    return short_answer(request, queries.tokens.is_unchanged, pk=pk, token=token) or _changed_state(request, pk, token)


@require_GET
def test_transcript(request: HttpRequest, pk: int) -> HttpResponse:
    """Show every command that a test sent to the PC, or one raw answer (``?answer=``)."""
    reader = reader_of(request)
    test = _test(request, pk)
    permissions.check_may_see_transcript(reader, test.case)
    wanted = request.GET.get("answer", "")
    if wanted and test.lease is not None:
        return raw_answer(request, test.lease, wanted)
    context = {
        "test": test,
        "case": test.case,
        "visits": read_transcript(test.lease) if test.lease else (),
        "for_it": permissions.sees_everything(reader),
        "now": timezone.now(),
    }
    return render(request, "troubleshooting/audit_mode_tests/transcript.html", context)


@require_POST
def test_visited(request: HttpRequest, pk: int) -> HttpResponse:
    """Hear from the employee that the site was opened."""
    test = _test(request, pk)
    with told(request, _("Thank you. Protection is being restored, then the PC's record is read.")):
        actions.say_visited(test.pk, by=reader_of(request), now=timezone.now())
    return _to_step(test.case)


@require_POST
def test_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a test early."""
    test = _test(request, pk)
    with told(request, _("The test is ending. What was changed on the PC is being restored.")):
        actions.cancel_test(test.pk, by=reader_of(request), now=timezone.now())
    return _to_step(test.case)


@require_POST
def test_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a test begin."""
    test = _test(request, pk)
    with _told(request, _("The test is starting. The employee can see it on the case page.")):
        actions.approve_test(test.pk, by=reader_of(request), now=timezone.now())
    return _to_step(test.case)


@require_POST
def test_reject(request: HttpRequest, pk: int) -> HttpResponse:
    """Say no to a test."""
    test, form = _test(request, pk), RejectForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Shorten the reason to 2,000 characters. Nothing has been rejected yet."))
        return _to_step(test.case)
    with told(request, _("The test is rejected. The employee can read your reason in the timeline.")):
        actions.reject_test(test.pk, by=reader_of(request), note=str(form.cleaned_data["note"]), now=timezone.now())
    return _to_step(test.case)


def _ask(request: HttpRequest, case: Case, form: ConsentForm) -> HttpResponse:
    """Agree to the test, say what happens next, and go back to the case."""
    waits = _needs_approval(request, case)
    done = _("The test is starting. This page shows its progress.")
    with _told(request, _("IT has been asked to approve the test. It starts once they have.") if waits else done):
        actions.ask_for_test(
            case.pk,
            by=reader_of(request),
            length=settings.AUDIT_MODE_TEST_LENGTH,
            portal_visits=form.portal_visits,
            needs_approval=waits,
            now=timezone.now(),
        )
    return _to_step(case)


@contextmanager
def _told(request: HttpRequest, done: str) -> Iterator[None]:
    """Say what happens next or why nothing does; of another test on the PC, whose it is if the reader may know."""
    with told(request, done):
        try:
            yield
        except LeaseHeld as held:
            raise Refused(_held(request, held)) from held


def _why_not_yet(case: Case) -> Text | None:
    if case.audit_mode_tests.open().exists():
        return actions.TestUnderWay.text
    if queries.is_set_by_policy(case):
        return SET_BY_POLICY
    return EmergencyStopped.text if is_stopped() else None


def _changed_state(request: HttpRequest, pk: int, token: str) -> HttpResponse:
    """Render the fragment for whoever may open the case; what may be done after the test comes with the page."""
    test = _test(request, pk)
    reader = reader_of(request)
    context = {
        "step": queries.TestStep(test=queries.read_test(test, reader=reader), offer=None, earlier=()),
        "rights": rights_of(reader, test.case),
        "now": timezone.now(),
    }
    response = render(request, "troubleshooting/audit_mode_tests/_test.html", context)
    seen = queries.tokens.read(token, pk)
    if is_refresh(request) and (seen is None or seen.status != test.status):
        response["HX-Trigger-After-Swap"] = CASE_CHANGED
    return response


def _held(request: HttpRequest, held: LeaseHeld) -> Text:
    """Say who holds the PC and until when."""
    holder = queries.holder_of(held.lease, reader=reader_of(request))
    until = timezone.localtime(holder.until, zone_of(reader_of(request)))
    return say(
        gettext_noop("%(pc)s is in another test (requested by %(who)s) until %(until)s at the latest. Try again then."),
        pc=held.lease.device.hostname,
        who=str(holder.who),
        until=f"{until:%H:%M}",
    )


def _needs_approval(request: HttpRequest, case: Case) -> bool:
    return needs_approval(
        reader_of(request).role,
        roles=settings.AUDIT_MODE_TEST_NEEDS_APPROVAL_FROM,
        group_demands=case.device.group.test_needs_approval,
    )


def _to_step(case: Case) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("case", args=[case.number]) + "#audit-mode-test")


def _case(request: HttpRequest, number: str) -> Case:
    """Return the case if the reader may open it, else 404."""
    visible = Case.objects.visible_to(reader_of(request)).select_related("device__group", "reporter")
    return get_object_or_404(visible, number=number)


def _test(request: HttpRequest, pk: int) -> AuditModeTest:
    return get_object_or_404(queries.visible_tests(reader_of(request)), pk=pk)
