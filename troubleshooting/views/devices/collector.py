"""The collector's script as administrators put it into a device-management tool."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from troubleshooting import permissions
from troubleshooting.machines.collector.script import FILE_NAME, collector_script
from troubleshooting.views.base.files import script_file
from troubleshooting.views.base.rights import reader_of


@require_safe
def collector(request: HttpRequest) -> HttpResponse:
    """Hand down the script that is the same for every PC."""
    permissions.check_may_get_endpoint(reader_of(request))
    return script_file(collector_script(), name=FILE_NAME)
