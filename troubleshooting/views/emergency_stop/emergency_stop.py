"""The emergency stop, and undoing what was applied since a moment."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from troubleshooting import permissions
from troubleshooting.actions.emergency_stop import stop as stopping
from troubleshooting.actions.emergency_stop import undo as undoing
from troubleshooting.actions.gate import writes_under_way
from troubleshooting.domain.base.text import Text, say
from troubleshooting.forms.emergency_stop.emergency_stop import LiftForm, SinceForm, StopForm, UndoForm
from troubleshooting.models import Undo
from troubleshooting.queries.base.people import zone_of
from troubleshooting.queries.emergency_stop import stop as stops
from troubleshooting.queries.emergency_stop import undo as undos
from troubleshooting.views.base.refusals import told
from troubleshooting.views.base.rights import reader_of

AN_HOUR = timedelta(hours=1)
A_DAY = timedelta(days=1)

# Why a confirmed undo was not begun; the reason that was typed stays in its field.
NOT_READ = say("This is what would be undone. Please review it, then confirm below.")


@require_GET
def stop_page(request: HttpRequest) -> HttpResponse:
    """Show whether changes are stopped, what waits, and what was undone; administrators act here."""
    permissions.check_may_see_emergency_stop(reader_of(request))
    return _page(request, now=timezone.now())


@require_POST
def begin_stop(request: HttpRequest) -> HttpResponse:
    """Stop all changes."""
    form, now = StopForm(request.POST, prefix="stop"), timezone.now()
    permissions.check_may_stop_writes(reader_of(request))
    if not form.is_valid():
        return _page(request, now=now, stop_form=form)
    with told(request, _("All changes are stopped. This page shows what is still in progress and what is waiting.")):
        stopping.stop_writes(by=reader_of(request), reason=form.cleaned_data["reason"], now=now)
    return redirect("emergency-stop")


@require_POST
def lift_stop(request: HttpRequest) -> HttpResponse:
    """Let changes go on."""
    form, now = LiftForm(request.POST, prefix="lift"), timezone.now()
    permissions.check_may_stop_writes(reader_of(request))
    if not form.is_valid():
        return _page(request, now=now, lift_form=form)
    with told(request, _("Changes have resumed. What was waiting is done now. No one has to ask for it again.")):
        stopping.lift_stop(by=reader_of(request), note=form.cleaned_data["note"], now=now)
    return redirect("emergency-stop")


@require_http_methods(["GET", "HEAD", "POST"])
def undo_preview(request: HttpRequest) -> HttpResponse:
    """Show what would be undone since a moment; POST undoes exactly that."""
    reader, now = reader_of(request), timezone.now()
    permissions.check_may_undo(reader)
    is_post = request.method == "POST"
    since_form = SinceForm(request.POST if is_post else request.GET, now=now, zone=zone_of(reader))
    form = UndoForm(request.POST if is_post else None, prefix="undo")
    if not since_form.is_valid():
        return _preview(request, None, since_form=since_form, form=form, now=now)
    since: datetime = since_form.cleaned_data["since"]
    if is_post and form.is_valid():
        with suppress(undoing.PreviewChanged, undoing.NothingToUndo):  # the new preview says so
            return _undo(request, since, form, now=now)
    fresh = SinceForm(now=now, zone=zone_of(reader))
    fresh.fields["since"].initial = since.astimezone(zone_of(reader)).replace(tzinfo=None)
    return _preview(request, undos.preview_undo(since), since_form=fresh, form=form, now=now)


@require_GET
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one undo: each place, and what was read there since."""
    permissions.check_may_see_emergency_stop(reader_of(request))
    found = get_object_or_404(Undo, pk=pk)
    line = undos.read_undo(pk)
    if line is None:
        raise Http404
    places = {"places": undos.places_of(found), "counts": undos.counts_of(found)}
    context = {"line": line, **places, "now": timezone.now()}
    return render(request, "troubleshooting/emergency_stop/undo.html", context)


def _page(request: HttpRequest, *, now: datetime, **bound: Any) -> HttpResponse:
    """Show the page; ``bound`` are the forms that were sent with errors, by name."""
    reader = reader_of(request)
    stop = stops.present_stop()
    context = {
        "stop": stop,
        "under_way": writes_under_way(),
        "waiting": stops.what_waits(),
        "history": stops.list_stops(),
        "undos": undos.list_undos(),
        "most": stops.SHOWN,
        "may_stop": permissions.may_stop_writes(reader),
        "may_undo": permissions.may_undo(reader),
        "stop_form": StopForm(prefix="stop"),
        "lift_form": LiftForm(prefix="lift"),
        "since_form": SinceForm(now=now, zone=zone_of(reader)),
        "choices": _choices(stop, now=now),
        "now": now,
        **bound,
    }
    return render(request, "troubleshooting/emergency_stop/emergency_stop.html", context)


def _preview(
    request: HttpRequest, preview: undos.UndoPreview | None, *, since_form: SinceForm, form: UndoForm, now: datetime
) -> HttpResponse:
    stop = stops.present_stop()
    context = {
        "preview": preview,
        "since": _exactly(preview.since) if preview else "",
        "why_not": _why_not(form, preview) if preview and form.is_bound else None,
        "since_form": since_form,
        "form": form,
        "choices": _choices(stop, now=now),
        "stop": stop,
        "now": now,
    }
    return render(request, "troubleshooting/emergency_stop/preview.html", context)


def _undo(request: HttpRequest, since: datetime, form: UndoForm, *, now: datetime) -> HttpResponseRedirect:
    """Undo what was previewed, and go on to its progress; raises PreviewChanged and NothingToUndo."""
    seen, reason = form.cleaned_data["seen"], form.cleaned_data["reason"]
    done = undoing.undo_since(since, by=reader_of(request), reason=reason, seen=seen, now=now)
    messages.info(
        request, _("It is being undone. This page shows each location, and when it was read back as removed.")
    )
    return HttpResponseRedirect(reverse("undo", args=[done.pk]))


def _why_not(form: UndoForm, preview: undos.UndoPreview) -> Text | None:
    """Say why what was sent was not undone; None where only its reason is wrong."""
    if not preview.rows:
        return undoing.NothingToUndo.text
    seen = form["seen"].value()
    if seen == preview.digest:
        return None
    return undoing.PreviewChanged.text if seen else NOT_READ


def _choices(stop: stops.StopLine | None, *, now: datetime) -> list[tuple[Promise, str]]:
    """Return the usual moments with the address of their preview; around a stop where one is on."""
    usual: list[tuple[Promise, datetime]] = [
        (gettext_lazy("The last hour"), now - AN_HOUR),
        (gettext_lazy("The last 24 hours"), now - A_DAY),
    ]
    if stop is not None:
        usual.insert(0, (gettext_lazy("From one hour before the stop"), stop.begun_at - AN_HOUR))
        usual.append((gettext_lazy("Since the stop began"), stop.begun_at))
    return [(label, _preview_url(moment)) for label, moment in usual]


def _preview_url(since: datetime) -> str:
    return f"{reverse('undo-preview')}?{urlencode({'since': _exactly(since)})}"


def _exactly(moment: datetime) -> str:
    """Return a moment so that it comes back as the same one, whatever the person's zone."""
    return moment.astimezone(UTC).isoformat()
