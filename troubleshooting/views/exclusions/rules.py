"""The company's rules for exclusions, as the settings say them, and the one exclusion that a page is about."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from troubleshooting.actions.exclusions.requests import ExclusionRules
from troubleshooting.domain.exclusions.exclusion import LOCAL_KINDS, ExclusionKind
from troubleshooting.models import Exclusion
from troubleshooting.tenant.connection import settings_of
from troubleshooting.views.base.rights import reader_of


def exclusion_rules() -> ExclusionRules:
    """Return what the company allows, from the settings."""
    return ExclusionRules(
        policy=settings.EXCLUSION_APPROVALS,
        longest=settings.EXCLUSION_MAX_LIFETIME,
        has_tenant=settings_of(settings).is_set_up,
    )


def kinds_set_up() -> frozenset[ExclusionKind]:
    """Return the kinds that can be asked for: those on PCs always, allow indicators where the portal has a tenant."""
    return frozenset(ExclusionKind) if exclusion_rules().has_tenant else LOCAL_KINDS


def visible_exclusion(request: HttpRequest, pk: int) -> Exclusion:
    """Return the exclusion if the reader may open it, else 404."""
    joined = ("case__device__group", "case__reporter", "requested_by", "scope_device", "scope_group")
    return get_object_or_404(Exclusion.objects.visible_to(reader_of(request)).select_related(*joined), pk=pk)
