"""Cases and check runs."""

from __future__ import annotations

from datetime import timedelta

import factory
from django.utils import timezone

from tests.factories.devices import DeviceFactory
from troubleshooting.domain.cases.case import ProblemKind, Program, Stage, case_number
from troubleshooting.domain.cases.indicator import parse_indicator
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.verdict.verdict import Confidence, VerdictCode
from troubleshooting.models import Case, CheckRun


class CaseFactory(factory.django.DjangoModelFactory):
    """A safe site that is blocked on the reporter's own PC, just reported."""

    class Meta:
        model = Case

    class Params:
        verdict = factory.Trait(
            verdict_code=VerdictCode.BLOCKED_BY_NETWORK_PROTECTION, verdict_confidence=Confidence.HIGH
        )
        checked = factory.Trait(verdict=True, stage=Stage.CHECKED)
        submitted = factory.Trait(verdict=True, stage=Stage.SUBMITTED)
        solved = factory.Trait(verdict=True, stage=Stage.SOLVED, closed_at=factory.SelfAttribute("updated_at"))
        withdrawn = factory.Trait(stage=Stage.WITHDRAWN, closed_at=factory.SelfAttribute("updated_at"))

    number = factory.Sequence(lambda n: case_number(2026, 50_000 + n))  # far from those that open_case gives
    device = factory.SubFactory(DeviceFactory)
    reporter = factory.SelfAttribute("device.owner")
    device_owner = factory.SelfAttribute("device.owner")
    kind = ProblemKind.SAFE_SITE_BLOCKED
    typed_address = "https://shop.example.com/"
    indicator = factory.LazyAttribute(lambda case: parse_indicator(case.typed_address).as_json())
    indicator_kind = factory.LazyAttribute(lambda case: case.indicator["kind"])
    indicator_value = factory.LazyAttribute(lambda case: case.indicator["value"])
    indicator_host = factory.LazyAttribute(lambda case: case.indicator["host"])
    program = Program.CHROME
    opened_at = factory.LazyFunction(timezone.now)
    updated_at = factory.SelfAttribute("opened_at")
    happened_at = factory.LazyAttribute(lambda case: case.opened_at - timedelta(minutes=5))


class CheckRunFactory(factory.django.DjangoModelFactory):
    """A check that waits for a worker."""

    class Meta:
        model = CheckRun

    class Params:
        running = factory.Trait(
            status=RunStatus.RUNNING,
            attempt=1,
            started_at=factory.SelfAttribute("requested_at"),
            heartbeat_at=factory.SelfAttribute("requested_at"),
        )
        waiting = factory.Trait(
            status=RunStatus.WAITING,
            attempt=1,
            error_code=DeviceErrorCode.UNREACHABLE,
            next_attempt_at=factory.LazyAttribute(lambda run: run.requested_at + timedelta(minutes=1)),
        )
        finished = factory.Trait(
            status=RunStatus.FINISHED,
            attempt=1,
            started_at=factory.SelfAttribute("requested_at"),
            finished_at=factory.SelfAttribute("requested_at"),
        )

    case = factory.SubFactory(CaseFactory)
    device = factory.SelfAttribute("case.device")
    requested_by = factory.SelfAttribute("case.reporter")
    requested_at = factory.LazyFunction(timezone.now)
    queued_at = factory.SelfAttribute("requested_at")
    deadline_at = factory.LazyAttribute(lambda run: run.requested_at + timedelta(days=3))
