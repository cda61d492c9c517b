"""Differences from the register."""

from __future__ import annotations

import factory
from django.utils import timezone

from tests.factories.devices import DeviceFactory
from troubleshooting.domain.drift.drift import DriftCode
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.models import DriftFinding


class DriftFindingFactory(factory.django.DjangoModelFactory):
    """An address on a PC's list that nobody approved."""

    class Meta:
        model = DriftFinding

    class Params:
        in_tenant = factory.Trait(
            device=None, kind=ExclusionKind.ALLOW_INDICATOR, value=factory.Sequence(lambda n: f"site-{n}.example.com")
        )
        gone = factory.Trait(gone_at=factory.LazyFunction(timezone.now))

    device = factory.SubFactory(DeviceFactory)
    code = DriftCode.NOT_APPROVED
    kind = ExclusionKind.IP_ADDRESS
    value = factory.Sequence(lambda n: f"198.51.100.{n % 250 + 1}")
    value_key = factory.LazyAttribute(lambda finding: finding.value.lower())
    found_at = factory.LazyFunction(timezone.now)
    last_seen_at = factory.LazyAttribute(lambda finding: finding.found_at)
