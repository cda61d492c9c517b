"""People, PCs and visits for tests that cross floors. Emma reports, Ivo is IT, Sara is a stranger, Ada audits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from portal.demo.lab.server import LAB_PASSWORD, LAB_USERNAME, LabServer
from troubleshooting.actions.addresses import approve_change, request_change
from troubleshooting.actions.cases.cases import open_case
from troubleshooting.actions.checks.check_runs import cancel_check_run
from troubleshooting.actions.visits.plan import VisitPlan
from troubleshooting.domain.cases.case import ProblemKind, Program, Report
from troubleshooting.domain.cases.indicator import parse_indicator
from troubleshooting.domain.cases.limits import CaseLimits
from troubleshooting.machines.base import Credential, Limits
from troubleshooting.models import Case, Device, DeviceGroup, User
from troubleshooting.models.choices import Role

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
A_DAY = timedelta(days=1)
LIFTED = CaseLimits(*[10_000] * 4)
BLOCKED_SITE = "https://invoices.contoso-partner.example/portal"
PASSWORD = "correct horse battery"

EMMA = ("emma", Role.EMPLOYEE)
SARA = ("sara", Role.EMPLOYEE)
IVO = ("ivo", Role.REVIEWER)
ADA = ("ada", Role.AUDITOR)
ADAM = ("adam", Role.ADMINISTRATOR)
AGNES = ("agnes", Role.ADMINISTRATOR)


def person(who: tuple[str, Role]) -> User:
    """Return one of the people above, made at the first call."""
    name, role = who
    found = User.objects.filter(username=name).first()
    if found is not None:
        return found
    return User.objects.create_user(
        name,
        password=PASSWORD,
        role=role.value,
        first_name=name.title(),
        is_staff=role == Role.ADMINISTRATOR,
        is_superuser=role == Role.ADMINISTRATOR,
    )


def device_at(server: LabServer | None, *, owner: User | None, hostname: str = "PC-0142") -> Device:
    """Return a PC that is a lab server; without one, its port is closed."""
    group, _ = DeviceGroup.objects.get_or_create(
        name="Lab", defaults={"credential_profile": "lab", "https": False, "auth": "ntlm"}
    )
    port = server.port if server else 9
    return Device.objects.create(hostname=hostname, address="127.0.0.1", port=port, group=group, owner=owner)


def moved(subject: Device | DeviceGroup, **new: object) -> None:
    """Have a PC or group in use reached in another way, as two administrators decided."""
    present = type(subject)._default_manager.get(pk=subject.pk)
    asked = request_change(present, new, by=person(ADAM), now=timezone.now())
    approve_change(asked.pk, by=person(AGNES), now=timezone.now())


def report(**changes: object) -> Report:
    """Return the plain valid report."""
    fields: dict[str, object] = {
        "kind": ProblemKind.SAFE_SITE_BLOCKED,
        "indicator": parse_indicator(BLOCKED_SITE),
        "program": Program.CHROME,
        "program_name": "",
        "happened_at": timezone.now() - timedelta(minutes=5),
        "saw": "Connection blocked",
        "reason": "Supplier invoices",
    }
    return Report(**(fields | changes))  # type: ignore[arg-type]


def case_on(
    device: Device, *, by: User, now: datetime | None = None, limits: CaseLimits = LIFTED, **changes: object
) -> Case:
    """Open a case on a PC, with its first check queued."""
    return open_case(
        by,
        device,
        report=report(**changes),
        typed_address=BLOCKED_SITE,
        now=now or timezone.now(),
        deadline=A_DAY,
        limits=limits,
    )


def checked_case_on(device: Device, *, by: User, now: datetime | None = None, **changes: object) -> Case:
    """Return a case whose check has ended; in one transaction, so that no worker has heard of the check."""
    with transaction.atomic():
        case = case_on(device, by=by, now=now, **changes)
        cancel_check_run(case.check_runs.get().pk, by=by, now=now or timezone.now())
    case.refresh_from_db()
    return case


def plan(**limits: timedelta) -> VisitPlan:
    """Return the plan of a visit with the lab's credentials."""
    return VisitPlan(
        clock=timezone.now,
        credential=lambda profile: Credential(profile, LAB_USERNAME, LAB_PASSWORD),
        ca_file=None,
        limits=Limits(**limits, may_be_local=True),
        events_since=A_DAY,
    )
