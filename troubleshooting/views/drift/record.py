"""What a scan of a PC for differences read there."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from troubleshooting import permissions
from troubleshooting.models import Device
from troubleshooting.queries.checks.transcript import read_transcript
from troubleshooting.queries.drift.coverage import scans_of
from troubleshooting.views.base.fragments import raw_answer
from troubleshooting.views.base.numbers import read_number
from troubleshooting.views.base.rights import reader_of


@require_GET
def drift_record(request: HttpRequest, pk: int) -> HttpResponse:
    """Show every command of a PC's newest scan, or of another one (``?scan=``; ``?answer=``: one raw answer)."""
    permissions.check_may_see_drift(reader_of(request))
    device = get_object_or_404(Device, pk=pk)
    if wanted := request.GET.get("answer", ""):
        made = get_object_or_404(device.drift_scan, snapshots__answers=read_number(wanted) or 0)
        return raw_answer(request, made, wanted)
    scans = scans_of(device)
    shown = scans[0] if scans else None
    if "scan" in request.GET:
        chosen = read_number(request.GET["scan"])
        shown = next((scan for scan in scans if scan.pk == chosen), None)
        if shown is None:
            raise Http404
    context = {
        "device": device,
        "scan": shown,
        "scans": scans,
        "visits": read_transcript(shown) if shown else (),
        "for_it": True,
        "now": timezone.now(),
    }
    return render(request, "troubleshooting/drift/record.html", context)
