"""Refuses a case or a check too many, before anything is stored or queued."""

from __future__ import annotations

from django.db.models import Count, Q

from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.cases.limits import CaseLimits
from troubleshooting.models import Case, CheckRun, Device, User
from troubleshooting.models.check_run import CheckRunQuerySet
from troubleshooting.permissions import is_it

OPEN_PER_PERSON = _(
    "You already have as many open cases as one person can have (%(count)s). Withdraw one that you no longer need, or "
    "close one that is solved, then try again."
)
OPEN_PER_PC = _(
    "%(pc)s already has as many open cases as one PC can have (%(count)s). Use one of them, or have one closed that is "
    "no longer needed."
)
LIVE_PER_PERSON = _(
    "You already have as many checks waiting or under way as one person can have (%(count)s). Wait for one to end, or "
    "stop one, then try again."
)
LIVE_PER_PC = _(
    "%(pc)s already has as many checks waiting or under way as one PC can have (%(count)s). Wait for one to end, then "
    "try again."
)


class TooMany(Refused):
    """The person or the PC has as much under way as may be; ``case`` is one of it that the person may open, or None."""

    def __init__(self, text: Text, case: Case | None) -> None:
        super().__init__(text)
        self.case = case


def lock_counted(person: User, device: Device) -> None:
    """Lock whose cases and checks are counted, so that of two at once the second counts the first.

    Always in this order, and after a case that stands already.
    """
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=person.pk)
    Device.objects.select_for_update(of=("self",), no_key=True).get(pk=device.pk)


def check_open_cases(person: User, device: Device, limits: CaseLimits) -> None:
    """Raise TooMany where the person or the PC, both locked, has as many open cases as may be."""
    theirs, on_pc = Q(reporter=person), Q(device=device)
    found = Case.objects.open().filter(theirs | on_pc).order_by("opened_at", "pk")
    counts = found.order_by().aggregate(person=Count("pk", filter=theirs), pc=Count("pk", filter=on_pc))
    if counts["person"] >= limits.open_per_person and not is_it(person):
        raise TooMany(say(OPEN_PER_PERSON, count=counts["person"]), found.filter(theirs).first())
    if counts["pc"] >= limits.open_per_pc:
        seen = found.filter(on_pc, pk__in=Case.objects.visible_to(person).values("pk"))
        raise TooMany(say(OPEN_PER_PC, pc=device.hostname, count=counts["pc"]), seen.last())


def check_live_checks(person: User, device: Device, limits: CaseLimits) -> None:
    """Raise TooMany where the person or the PC, both locked, has as many checks under way as may be."""
    theirs, on_pc = Q(requested_by=person), Q(device=device)
    found = CheckRun.objects.live().filter(theirs | on_pc)
    counts = found.order_by().aggregate(person=Count("pk", filter=theirs), pc=Count("pk", filter=on_pc))
    if counts["person"] >= limits.live_per_person and not is_it(person):
        raise TooMany(say(LIVE_PER_PERSON, count=counts["person"]), _longest_wait(found.filter(theirs), person))
    if counts["pc"] >= limits.live_per_pc:
        text = say(LIVE_PER_PC, pc=device.hostname, count=counts["pc"])
        raise TooMany(text, _longest_wait(found.filter(on_pc), person))


def _longest_wait(runs: CheckRunQuerySet, person: User) -> Case | None:
    seen = runs.filter(case__in=Case.objects.visible_to(person)).select_related("case")
    run = seen.order_by("requested_at", "pk").first()
    return run.case if run else None
