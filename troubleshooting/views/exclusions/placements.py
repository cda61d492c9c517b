"""Where an exclusion is, and what was done in one place, command by command, for who may see it."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from troubleshooting import permissions
from troubleshooting.models import Exclusion, Placement
from troubleshooting.queries.checks.transcript import read_transcript
from troubleshooting.queries.exclusions.place_list import read_places_page
from troubleshooting.queries.exclusions.placement_record import read_tenant_record
from troubleshooting.views.base.fragments import raw_answer
from troubleshooting.views.base.rights import reader_of

LONGEST_SEARCH = 100  # a PC's name has at most 63


@require_GET
def exclusion_places(request: HttpRequest, pk: int) -> HttpResponse:
    """List all places of an exclusion, a page at a time, or those whose PC's name has a text."""
    reader = reader_of(request)
    found = get_object_or_404(Exclusion.objects.visible_to(reader).select_related("case"), pk=pk)
    search = request.GET.get("search", "").strip()[:LONGEST_SEARCH]
    page, lines = read_places_page(
        found,
        number=request.GET.get("page", ""),
        search=search,
        for_it=permissions.sees_everything(reader),
        may_open=partial(permissions.may_see_placement, reader),
    )
    context = {
        "exclusion": found,
        "lines": lines,
        "search": search,
        "newer_url": _page_url(search, page.previous_page_number()) if page.has_previous() else "",
        "older_url": _page_url(search, page.next_page_number()) if page.has_next() else "",
        "now": timezone.now(),
    }
    return render(request, "troubleshooting/exclusions/places.html", context)


def _page_url(search: str, number: int) -> str:
    return f"?{urlencode({'search': search, 'page': number} if search else {'page': number})}"


@require_GET
def placement_transcript(request: HttpRequest, pk: int, place: int) -> HttpResponse:
    """Show every command sent to a PC for an exclusion, or what was read in the tenant (``?answer=``: one raw)."""
    reader = reader_of(request)
    visible = Exclusion.objects.visible_to(reader).filter(pk=pk)
    joined = Placement.objects.select_related("device", "exclusion__case__device")
    placement = get_object_or_404(joined.filter(exclusion__in=visible), pk=place)
    permissions.check_may_see_placement(reader, placement)
    if wanted := request.GET.get("answer", ""):
        if placement.device is None:
            raise Http404
        return raw_answer(request, placement, wanted)
    context = {
        "exclusion": placement.exclusion,
        "device": placement.device,
        "visits": read_transcript(placement) if placement.device else (),
        "record": read_tenant_record(placement) if placement.device is None else (),
        "for_it": permissions.sees_everything(reader),
        "now": timezone.now(),
    }
    return render(request, "troubleshooting/exclusions/place.html", context)
