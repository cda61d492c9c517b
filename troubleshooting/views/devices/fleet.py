"""A setting ready to copy for many PCs, and its two files."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.fleet.registry_file import registry_file
from troubleshooting.domain.fleet.settings import FIXED, OF_EXCLUSION, FleetSetting
from troubleshooting.permissions import check_may_list_all
from troubleshooting.views.base.rights import reader_of
from troubleshooting.views.exclusions.rules import visible_exclusion

REG, PS1 = "reg", "ps1"


@require_safe
def fleet_setting(request: HttpRequest, code: str) -> HttpResponse:
    """Show a setting that the portal asks for, in every place where it can be made."""
    setting = _fixed(request, code)
    return _page(request, setting, file_url=lambda form: reverse("fleet-file", args=[code, form]))


@require_safe
def fleet_file(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """Return the setting as a file."""
    return _file(_fixed(request, code), form)


@require_safe
def exclusion_fleet(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an exclusion in every place where it can be made for many PCs."""
    setting = _of_exclusion(request, pk)
    back = reverse("exclusion", args=[pk])
    return _page(request, setting, file_url=lambda form: reverse("exclusion-fleet-file", args=[pk, form]), back=back)


@require_safe
def exclusion_fleet_file(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """Return the exclusion as a file."""
    return _file(_of_exclusion(request, pk), form)


def _fixed(request: HttpRequest, code: str) -> FleetSetting:
    check_may_list_all(reader_of(request))
    if code not in FIXED:
        raise Http404
    return FIXED[code]


def _of_exclusion(request: HttpRequest, pk: int) -> FleetSetting:
    found = visible_exclusion(request, pk)
    check_may_list_all(reader_of(request))
    make = OF_EXCLUSION.get(ExclusionKind(found.kind))
    if make is None:  # an indicator holds for the whole tenant already
        raise Http404
    return make(found.value)


def _page(
    request: HttpRequest, setting: FleetSetting, *, file_url: Callable[[str], str], back: str = ""
) -> HttpResponse:
    context = {
        "setting": setting,
        "reg_url": file_url(REG) if setting.registry else "",
        "ps1_url": file_url(PS1),
        "back": back,
    }
    return render(request, "troubleshooting/devices/fleet.html", context)


def _file(setting: FleetSetting, form: str) -> HttpResponse:
    if form == REG and setting.registry:
        content, kind = registry_file(setting.registry), "application/octet-stream"
    elif form == PS1:
        content, kind = setting.script().replace("\n", "\r\n").encode("utf-8-sig"), "text/plain; charset=utf-8"
    else:
        raise Http404
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{setting.code}.{form}"'
    return response
