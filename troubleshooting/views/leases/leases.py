"""The button of the band at the top of IT's pages."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from troubleshooting.actions.leases.leases import retry_lease
from troubleshooting.models import Case, SettingLease
from troubleshooting.views.base.rights import reader_of


@require_POST
def lease_retry(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Try at once to put a PC's protection back."""
    reader = reader_of(request)
    visible = SettingLease.objects.filter(case__in=Case.objects.visible_to(reader)).select_related("case", "device")
    found = get_object_or_404(visible, pk=pk)
    lease = retry_lease(found.pk, by=reader, now=timezone.now())
    pc = {"pc": found.device.hostname}
    if lease.may_have_changed:
        messages.info(request, _("The portal is now trying to restore protection on %(pc)s.") % pc)
    else:
        messages.info(request, _("Protection on %(pc)s has already been restored.") % pc)
    return HttpResponseRedirect(_back(request, found.case))


def _back(request: HttpRequest, case: Case) -> str:
    """Return the page of this portal that the button stood on, else the case."""
    page = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(page, allowed_hosts=None)
    return page if page and is_ours else reverse("case", args=[case.number])
