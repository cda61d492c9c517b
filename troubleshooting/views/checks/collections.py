"""The collector in a case: the script with its token, the file that a person uploads, and what the script sends."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from troubleshooting import permissions
from troubleshooting.actions.checks import collections as actions
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.checks.collections import TokenOver
from troubleshooting.forms.checks.collection import CollectionForm
from troubleshooting.machines.collector.errors import CollectionFault, UnreadableCollection
from troubleshooting.machines.collector.script import FILE_NAME, collector_script
from troubleshooting.models import Case
from troubleshooting.queries.base.words import translated
from troubleshooting.views.base.files import script_file
from troubleshooting.views.base.refusals import explain_in
from troubleshooting.views.base.rights import reader_of

BEARER = "Bearer "


@require_http_methods(["GET", "HEAD", "POST"])
def collection(request: HttpRequest, number: str) -> HttpResponse:
    """Say how a PC is read that the portal cannot reach; take the file."""
    case, reader = _case(request, number), reader_of(request)
    permissions.check_may_check_device(reader, case)
    form = CollectionForm(request.POST or None, request.FILES or None) if request.method == "POST" else CollectionForm()
    if form.is_bound and form.is_valid():
        try:
            actions.take_file(case.pk, form.content(), by=reader, now=timezone.now(), rules=settings.COLLECTION_RULES)
        except Refused as refused:
            explain_in(form, refused)
        else:
            messages.info(request, _("The file was read. The result is below."))
            return redirect("case", number=number)
    context = {"case": case, "form": form, "script": FILE_NAME}
    return render(request, "troubleshooting/checks/collection.html", context)


@require_POST
def collection_script(request: HttpRequest, number: str) -> HttpResponse:
    """Hand down the script with a token of its own."""
    case, reader = _case(request, number), reader_of(request)
    try:
        token = actions.make_token(case.pk, by=reader, now=timezone.now(), rules=settings.COLLECTION_RULES)
    except permissions.NotAllowed:
        raise
    except Refused as refused:
        messages.warning(request, translated(refused.text))
        return redirect("collection", number=number)
    address = request.build_absolute_uri(reverse("collection-send", args=[token.name]))
    return script_file(collector_script(address=address, token=token.secret), name=FILE_NAME)


@csrf_exempt
@login_not_required
@require_POST
def collection_send(request: HttpRequest, name: str) -> HttpResponse:
    """Take what a script sends with its token, and answer with one sentence for the person in front of it."""
    now, rules = timezone.now(), settings.COLLECTION_RULES
    given = request.headers.get("Authorization", "")
    secret = given.removeprefix(BEARER) if given.startswith(BEARER) else ""
    try:
        token = actions.find_token(name, secret, now=now, rules=rules)
        run = actions.take_sent(token, request.read(settings.LARGEST_COLLECTION + 1), now=now, rules=rules)
    except Refused as refused:
        return _said(translated(refused.text), _status(refused))
    done = _("The portal has read it. The result is in case %(number)s.") % {"number": run.case.number}
    return _said(done, HTTPStatus.OK)


def _status(refused: Refused) -> HTTPStatus:
    if isinstance(refused, actions.UnknownToken):
        return HTTPStatus.NOT_FOUND
    if isinstance(refused, TokenOver):
        return HTTPStatus.GONE
    if isinstance(refused, UnreadableCollection) and refused.fault is CollectionFault.TOO_LARGE:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return HTTPStatus.UNPROCESSABLE_ENTITY


def _said(sentence: str, status: HTTPStatus) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", content_type="text/plain; charset=utf-8", status=status)


def _case(request: HttpRequest, number: str) -> Case:
    """Return the case if the reader may open it, else 404."""
    visible = Case.objects.visible_to(reader_of(request)).select_related("device", "reporter")
    return get_object_or_404(visible, number=number)
