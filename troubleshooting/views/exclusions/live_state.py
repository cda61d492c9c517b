"""Where an exclusion is, live: the fragment that its page asks for while the portal works on it."""

from __future__ import annotations

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from troubleshooting import permissions
from troubleshooting.models import Exclusion
from troubleshooting.queries.exclusions.live_state import head_of, poll_seconds, state_token
from troubleshooting.queries.exclusions.place_list import read_places
from troubleshooting.views.base.rights import reader_of

EXCLUSION_CHANGED = "exclusion-changed"  # the event on which the whole page reloads itself


@require_GET
def exclusion_state(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the places of an exclusion; 204 where the page that asks shows them as they are."""
    reader = reader_of(request)
    found = get_object_or_404(Exclusion.objects.visible_to(reader).select_related("case"), pk=pk)
    seen, token, now = request.GET.get("seen", ""), state_token(found), timezone.now()
    if seen == token:
        return HttpResponse(status=204)
    for_it, may_open = permissions.sees_everything(reader), partial(permissions.may_see_placement, reader)
    context = {
        "page": {"pk": found.pk, "places": read_places(found, for_it=for_it, may_open=may_open)},
        "token": token,
        "poll_s": poll_seconds(found, now=now),
        "now": now,
    }
    response = render(request, "troubleshooting/exclusions/_placements.html", context)
    if head_of(seen) != head_of(token):
        response["HX-Trigger-After-Swap"] = EXCLUSION_CHANGED
    return response
