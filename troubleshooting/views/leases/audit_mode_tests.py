"""The audit-mode test: the page that asks for consent, its live state, its buttons, and what ran on the PC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from troubleshooting import permissions
from troubleshooting.actions.emergency_stop.gate import EmergencyStopped, is_stopped
from troubleshooting.actions.leases import audit_mode_tests as actions
from troubleshooting.actions.leases.leases import LeaseHeld
from troubleshooting.domain.base.transitions import InvalidTransition
from troubleshooting.domain.cases.case import ProblemKind
from troubleshooting.domain.leases.audit_mode_test import needs_approval, why_no_test
from troubleshooting.forms.leases.audit_mode_test import ConsentForm, RejectForm
from troubleshooting.models import AuditModeTest, Case
from troubleshooting.queries.base.people import zone_of
from troubleshooting.queries.base.words import translated
from troubleshooting.queries.checks.transcript import read_transcript
from troubleshooting.queries.leases import audit_mode_test as queries
from troubleshooting.views.base.fragments import CASE_CHANGED, raw_answer, short_answer
from troubleshooting.views.base.rights import is_refresh, or_forbidden, reader_of, rights_of


@require_http_methods(["GET", "HEAD", "POST"])
def test_ask(request: HttpRequest, number: str) -> HttpResponse:
    """Say what a test does and how long it takes, and ask for consent; POST agrees."""
    case = _case(request, number)
    reader = reader_of(request)
    with or_forbidden():
        permissions.check_may_consent(reader, case)
    why_not = why_no_test(case.verdict_code)
    if why_not is not None or case.audit_mode_tests.open().exists():
        messages.info(request, translated(why_not) if why_not else _under_way())
        return _to_step(case)
    if is_stopped():
        messages.info(request, _stopped())
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
@never_cache
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
    with or_forbidden():
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
    done = _("Thank you. Protection is being put back, then the PC's record is read.")
    return _steer(request, pk, actions.say_visited, done=done)


@require_POST
def test_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a test early."""
    return _steer(request, pk, actions.cancel_test, done=_("The test ends. What was changed on the PC is put back."))


@require_POST
def test_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a test begin."""
    return _steer(request, pk, actions.approve_test, done=_("The test begins. The employee sees it on the case page."))


@require_POST
def test_reject(request: HttpRequest, pk: int) -> HttpResponse:
    """Say no to a test."""
    form = RejectForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Shorten the reason to 2,000 characters; nothing was rejected yet."))
        return _to_step(_test(request, pk).case)

    def reject(test_id: int, **who_and_when: object) -> AuditModeTest:
        return actions.reject_test(test_id, note=str(form.cleaned_data["note"]), **who_and_when)  # type: ignore[arg-type]

    return _steer(request, pk, reject, done=_("The test is rejected. The employee reads your reason in the timeline."))


def _ask(request: HttpRequest, case: Case, form: ConsentForm) -> HttpResponse:
    """Agree to the test, say what happens next, and go back to the case."""
    waits = _needs_approval(request, case)
    done = _("The test begins. This page shows how far it is.")
    _do(
        request,
        lambda: actions.ask_for_test(
            case.pk,
            by=reader_of(request),
            length=settings.AUDIT_MODE_TEST_LENGTH,
            portal_visits=form.portal_visits,
            needs_approval=waits,
            now=timezone.now(),
        ),
        done=_("IT has been asked to approve the test. It begins when they have.") if waits else done,
    )
    return _to_step(case)


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


def _steer(request: HttpRequest, pk: int, action: Callable[..., AuditModeTest], *, done: str) -> HttpResponseRedirect:
    """Do one action on a test that the reader may see, and go back to the case."""
    test = _test(request, pk)
    _do(request, lambda: action(test.pk, by=reader_of(request), now=timezone.now()), done=done)
    return _to_step(test.case)


def _do(request: HttpRequest, action: Callable[[], AuditModeTest], *, done: str) -> None:
    """Do one action; say what happens next, or why nothing happened."""
    try:
        with or_forbidden():
            action()
    except LeaseHeld as held:
        messages.warning(request, _held(request, held))
    except actions.TestUnderWay:
        messages.info(request, _under_way())
    except EmergencyStopped:
        messages.info(request, _stopped())
    except InvalidTransition:
        messages.info(request, _("Nothing was changed: the test went on meanwhile. The page shows where it is."))
    else:
        messages.info(request, done)


def _held(request: HttpRequest, held: LeaseHeld) -> str:
    """Say who holds the PC and until when."""
    holder = queries.holder_of(held.lease, reader=reader_of(request))
    until = timezone.localtime(holder.until, zone_of(reader_of(request)))
    facts = {"pc": held.lease.device.hostname, "who": holder.who, "until": f"{until:%H:%M}"}
    return _("%(pc)s is in another test (asked for by %(who)s) until %(until)s at the latest. Try again then.") % facts


def _stopped() -> str:
    return _("IT has stopped all changes on PCs for now, so no test can begin. Nothing was changed. Try again later.")


def _under_way() -> str:
    return _("A check or a test of this PC is under way already; this page shows how far it is.")


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
