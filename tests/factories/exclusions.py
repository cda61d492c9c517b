"""Exclusions as they are asked for; the database lets none begin in another state."""

from __future__ import annotations

from datetime import timedelta

import factory
from django.utils import timezone

from tests.factories.cases import CaseFactory
from troubleshooting.domain.exclusions.exclusion import ExclusionKind, ScopeKind
from troubleshooting.models import Exclusion


class ExclusionFactory(factory.django.DjangoModelFactory):
    """An IP exclusion for one PC that waits for a decision."""

    class Meta:
        model = Exclusion

    class Params:
        for_group = factory.Trait(
            scope_kind=ScopeKind.GROUP, scope_device=None, scope_group=factory.SelfAttribute("case.device.group")
        )
        for_everyone = factory.Trait(
            scope_kind=ScopeKind.EVERYONE, scope_device=None, scope_group=None, approvals_needed=2
        )

    case = factory.SubFactory(CaseFactory, checked=True)
    kind = ExclusionKind.IP_ADDRESS
    value = factory.Sequence(lambda n: f"203.0.113.{n % 250 + 1}")
    value_key = factory.LazyAttribute(lambda exclusion: exclusion.value.lower())
    scope_kind = ScopeKind.DEVICE
    scope_device = factory.SelfAttribute("case.device")
    reason_code = "business"
    reason = "Supplier invoices"
    evidence = factory.LazyAttribute(lambda exclusion: {"case": exclusion.case.number, "verdict": None})
    approvals_needed = 1
    requested_by = factory.SelfAttribute("case.reporter")
    requested_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyAttribute(lambda exclusion: exclusion.requested_at + timedelta(days=5))
