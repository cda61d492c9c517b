"""Where PCs and the tenant differ from the register of exclusions, and what IT has the portal do about it."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from troubleshooting import permissions
from troubleshooting.actions import drift as actions
from troubleshooting.actions.activity_log import record_list_export
from troubleshooting.forms.drift.drift_filter import DriftFilterForm, chips, query_string
from troubleshooting.models import Device
from troubleshooting.queries.base.paging import COUNTED_TO
from troubleshooting.queries.drift.coverage import read_coverage
from troubleshooting.queries.drift.drift_list import DriftFilter, export_drift, list_drift
from troubleshooting.queries.exclusions.tenant_state import read_tenant_state
from troubleshooting.tenant.connection import settings_of
from troubleshooting.views.base.files import csv_file
from troubleshooting.views.base.numbers import read_number
from troubleshooting.views.base.paging import cursor_of, page_urls
from troubleshooting.views.base.refusals import told
from troubleshooting.views.base.rights import reader_of

CSV_COLUMNS = (
    "place", "what", "kind", "value", "found", "last_seen", "gone", "changed", "changed_by", "exclusion", "case",
)  # fmt: skip


@require_GET
def drift(request: HttpRequest) -> HttpResponseBase:
    """List what differs, filtered by the address bar; ``?as=csv`` gives all of it as a file."""
    reader, now = reader_of(request), timezone.now()
    permissions.check_may_see_drift(reader)
    form = DriftFilterForm({"state": "present", **request.GET.dict()})
    wanted = form.wanted()
    if request.GET.get("as") == "csv":
        record_list_export("drift", by=reader, filters=query_string(wanted), now=now)
        return csv_file(export_drift(wanted), columns=CSV_COLUMNS, name=f"drift-{now:%Y-%m-%d}")
    cursor = cursor_of(request)
    found = list_drift(wanted, now=now, cursor=cursor)
    query = query_string(wanted)
    context = {
        "list": found,
        "coverage": read_coverage(),
        "tenant": read_tenant_state(is_set_up=settings_of(settings).is_set_up),
        "pcs_every": settings.DRIFT_CHECK_EVERY,
        "tenant_every": settings.TENANT_READ_EVERY,
        "may_handle": permissions.may_handle_drift(reader),
        "form": form,
        "chips": chips(wanted),
        "is_filtered": wanted != DriftFilter(),
        "found": _count(found.total),
        **page_urls(query, newer=found.newer, older=found.older),
        "csv_url": f"?{query}&as=csv" if query else "?as=csv",
        "list_url": reverse("drift"),
        "now": now,
    }
    return render(request, "troubleshooting/drift/list.html", context)


@require_POST
def drift_apply_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Have what is missing put there again."""
    with told(request, _("The portal applies it again, exactly as approved, and then checks that it is there.")):
        actions.apply_again(pk, by=reader_of(request), now=timezone.now())
    return _back(request)


@require_POST
def drift_remove_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Have what is over taken off again."""
    with told(request, _("The portal removes it again and then checks that it is gone.")):
        actions.remove_again(pk, by=reader_of(request), now=timezone.now())
    return _back(request)


@require_POST
def drift_scan(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a PC compared now."""
    reader = reader_of(request)
    permissions.check_may_handle_drift(reader)
    device = get_object_or_404(Device, pk=pk)
    done = _("The portal is checking %(pc)s now. Reload this page in a minute.") % {"pc": device.hostname}
    with told(request, done):
        actions.request_scan(device.pk, by=reader, now=timezone.now())
    return _back(request)


@require_POST
def drift_scan_tenant(request: HttpRequest) -> HttpResponse:
    """Have the tenant read and compared now."""
    with told(request, _("The portal is reading the tenant's list now. Reload this page in a minute.")):
        actions.request_scan(None, by=reader_of(request), now=timezone.now())
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """Go back to where the button stood: the page of an exclusion, or the list."""
    exclusion = read_number(request.POST.get("exclusion", ""))
    return redirect("drift") if exclusion is None else redirect("exclusion", pk=exclusion)


def _count(total: int) -> str:
    if total >= COUNTED_TO:
        return _("More than %(count)s differences") % {"count": COUNTED_TO - 1}
    return ngettext("%(n)d difference", "%(n)d differences", total) % {"n": total}
