"""The files of the portal's own endpoint for PCs, for administrators."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from troubleshooting import permissions
from troubleshooting.forms.devices.endpoint import EndpointForm
from troubleshooting.machines.catalogue import CHANGING_ENDPOINT, READING_ENDPOINT
from troubleshooting.machines.collector.script import FILE_NAME, collector_script, script_digest
from troubleshooting.machines.endpoint.files import MODULE, endpoint_zip
from troubleshooting.machines.endpoint.version import VERSION
from troubleshooting.views.base.rights import reader_of


@require_http_methods(["GET", "HEAD", "POST"])
def device_endpoint(request: HttpRequest) -> HttpResponse:
    """Ask for the two groups; with them, hand the files down."""
    permissions.check_may_get_endpoint(reader_of(request))
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return HttpResponse(
            endpoint_zip(form.groups()),
            content_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{MODULE}-{VERSION}.zip"'},
        )
    names = {"reading": READING_ENDPOINT, "changing": CHANGING_ENDPOINT}
    context = {
        "form": form,
        "version": VERSION,
        "endpoints": names,
        "collector": FILE_NAME,
        "collector_sha256": script_digest(collector_script()),
    }
    return render(request, "troubleshooting/devices/endpoint.html", context)
