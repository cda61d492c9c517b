"""Temporary changes and the audit-mode tests that need them, as the worker leaves them."""

from __future__ import annotations

from datetime import timedelta

import factory
from django.utils import timezone

from tests.factories.cases import CaseFactory
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.leases.audit_mode_test import TestStatus
from troubleshooting.domain.leases.lease import TASK_GRACE, LeaseStatus, Outcome
from troubleshooting.machines.changing import ProtectionMode
from troubleshooting.models import AuditModeTest, SettingLease

MINUTES = timedelta(minutes=15)


class SettingLeaseFactory(factory.django.DjangoModelFactory):
    """Audit mode for a quarter of an hour, just asked for."""

    class Meta:
        model = SettingLease

    class Params:
        begun = factory.Trait(
            value_before=ProtectionMode.ENABLED.value,
            started_at=factory.SelfAttribute("requested_at"),
            task_fires_at=factory.LazyAttribute(lambda lease: lease.ends_at + TASK_GRACE),
        )
        active = factory.Trait(begun=True, status=LeaseStatus.ACTIVE, value_seen=ProtectionMode.AUDIT.value)
        restoring = factory.Trait(begun=True, status=LeaseStatus.RESTORING, value_seen=ProtectionMode.AUDIT.value)
        put_off = factory.Trait(
            restoring=True,
            attempts=3,
            error_code=DeviceErrorCode.UNREACHABLE.value,
            error_detail="connection refused",
            next_attempt_at=factory.LazyAttribute(lambda lease: lease.requested_at + timedelta(minutes=10)),
        )
        restored = factory.Trait(
            begun=True,
            status=LeaseStatus.RESTORED,
            value_seen=ProtectionMode.ENABLED.value,
            ended_at=factory.LazyAttribute(lambda lease: lease.requested_at + timedelta(minutes=2)),
        )
        not_applied = factory.Trait(
            status=LeaseStatus.NOT_APPLIED,
            outcome=Outcome.MANAGED_BY_POLICY.value,
            ended_at=factory.LazyAttribute(lambda lease: lease.requested_at + timedelta(seconds=9)),
        )

    case = factory.SubFactory(CaseFactory, checked=True)
    device = factory.SelfAttribute("case.device")
    value_during = ProtectionMode.AUDIT.value
    reason = "audit-mode test"
    requested_by = factory.SelfAttribute("case.reporter")
    requested_at = factory.LazyFunction(timezone.now)
    ends_at = factory.LazyAttribute(lambda lease: lease.requested_at + MINUTES)


def _lease(**traits: object) -> factory.SubFactory:
    moment = {"case": factory.SelfAttribute("..case"), "requested_at": factory.SelfAttribute("..consented_at")}
    return factory.SubFactory(SettingLeaseFactory, **moment, **traits)


class AuditModeTestFactory(factory.django.DjangoModelFactory):
    """A test that somebody agreed to and that waits for approval."""

    class Meta:
        model = AuditModeTest

    class Params:
        starting = factory.Trait(status=TestStatus.STARTING, lease=_lease())
        open = factory.Trait(status=TestStatus.OPEN, lease=_lease(active=True))
        ending = factory.Trait(status=TestStatus.ENDING, lease=_lease(restoring=True))
        put_off = factory.Trait(status=TestStatus.ENDING, lease=_lease(put_off=True))
        over = factory.Trait(ended_at=factory.LazyAttribute(lambda test: test.consented_at + timedelta(minutes=2)))
        done = factory.Trait(
            over=True,
            status=TestStatus.DONE,
            lease=_lease(restored=True),
            visit_outcome="employee",
            visited_at=factory.LazyAttribute(lambda test: test.consented_at + timedelta(minutes=1)),
            events_read_at=factory.SelfAttribute("ended_at"),
        )
        not_done = factory.Trait(over=True, status=TestStatus.NOT_DONE, lease=_lease(not_applied=True))
        rejected = factory.Trait(over=True, status=TestStatus.REJECTED)
        cancelled = factory.Trait(
            over=True,
            status=TestStatus.CANCELLED,
            lease=_lease(restored=True),
            cancelled_by=factory.SelfAttribute("consented_by"),
        )

    case = factory.SubFactory(CaseFactory, checked=True)
    length = MINUTES
    consented_by = factory.SelfAttribute("case.reporter")
    consented_at = factory.LazyFunction(timezone.now)
