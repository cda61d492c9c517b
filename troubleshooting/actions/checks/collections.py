"""What the collector read becomes a check run that has ended: with findings and a verdict, marked as given by a person.

Its script sends it with a one-time token, or a person uploads the file. It is read before anything is locked.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from troubleshooting.actions import activity_log
from troubleshooting.actions.case_stage import move_case, reach_verdict
from troubleshooting.actions.checks.check_runs import cancel_live_runs
from troubleshooting.actions.visits.evidence import EvidenceKeeper, store_answers
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say
from troubleshooting.domain.cases.case import OPEN, Stage
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.checks.collections import (
    BeingVisited,
    CollectionRules,
    GivenAlready,
    NotTaken,
    TokenOver,
    TooManyGiven,
    check_age,
    check_device,
)
from troubleshooting.domain.verdict.verdict import conclude
from troubleshooting.machines.collector.reader import Collection as Read
from troubleshooting.machines.collector.reader import read_collection
from troubleshooting.machines.parse import build_snapshot
from troubleshooting.models import Case, CheckRun, Collection, CollectorToken, DeviceSnapshot, User
from troubleshooting.permissions import NotAllowed, check_may_check_device

NAME_BYTES, SECRET_BYTES = 12, 32
A_DAY = timedelta(days=1)
GIVEN_ONCE = ("sha256", "token")  # the database's names of what may not come twice


class UnknownToken(NotTaken):
    """There is no such token; also said where its secret is wrong."""

    text = say(_("The portal does not know this token. Download the script again from the case."))


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A token with its secret, which is shown this once."""

    name: str
    secret: str


@transaction.atomic
def make_token(case_id: int, *, by: User, now: datetime, rules: CollectionRules) -> MadeToken:
    """Make the token of a script that is about to be downloaded; those that the person had for the case end."""
    case = _lock_case(case_id, by=by)
    made = case.collector_tokens.filter(made_at__gt=now - A_DAY).count()
    if made >= rules.most_a_day:
        raise TooManyGiven
    case.collector_tokens.filter(made_for=by, expires_at__gt=now).update(expires_at=now)
    name, secret = secrets.token_urlsafe(NAME_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    token = CollectorToken.objects.create(
        name=name,
        secret_sha256=_sha256(secret.encode()),
        case=case,
        device=case.device,
        made_for=by,
        made_at=now,
        expires_at=now + rules.token_lifetime,
    )
    activity_log.record("collector_downloaded", token, case=case, actor=by, now=now)
    return MadeToken(name, secret)


def find_token(name: str, secret: str, *, now: datetime, rules: CollectionRules) -> CollectorToken:
    """Return the token that may be used now, and count the try; raises UnknownToken and TokenOver."""
    token = CollectorToken.objects.select_related("made_for").filter(name=name).first()
    known = token.secret_sha256 if token is not None else ""
    if not hmac.compare_digest(known, _sha256(secret.encode())) or token is None:
        raise UnknownToken
    fresh = CollectorToken.objects.filter(pk=token.pk, expires_at__gt=now, tries__lt=rules.most_tries, collection=None)
    if not token.made_for.is_active or not fresh.update(tries=F("tries") + 1):
        raise TokenOver
    return token


def take_sent(token: CollectorToken, content: bytes, *, now: datetime, rules: CollectionRules) -> CheckRun:
    """Take what a script sent with its token; raises Refused where it does not count."""
    read = read_collection(content, received_at=now)
    if _token_name(read.address) != token.name:
        raise NotTaken(say(_("This was written by a script for another case.")))
    return _give(token.case_id, read, content, by=token.made_for, now=now, rules=rules, token=token, is_sent=True)


def take_file(case_id: int, content: bytes, *, by: User, now: datetime, rules: CollectionRules) -> CheckRun:
    """Take a file that a person uploads on the page of a case; raises Refused where it does not count."""
    read = read_collection(content)
    check_age(read.made_at, now=now, rules=rules)
    token = None
    if read.address:
        token = CollectorToken.objects.filter(name=_token_name(read.address), case=case_id).first()
        if token is None:
            raise NotTaken(say(_("This file was written by a script for another case.")))
    return _give(case_id, read, content, by=by, now=now, rules=rules, token=token, is_sent=False)


def _give(
    case_id: int,
    read: Read,
    content: bytes,
    *,
    by: User,
    now: datetime,
    rules: CollectionRules,
    token: CollectorToken | None,
    is_sent: bool,
) -> CheckRun:
    try:
        with transaction.atomic():
            case = _lock_case(case_id, by=by)
            check_device(read.computer, hostname=case.device.hostname)
            if Collection.objects.filter(check_run__case=case, given_at__gt=now - A_DAY).count() >= rules.most_a_day:
                raise TooManyGiven
            run = _ended_run(case, by=by, now=now)
            Collection.objects.create(
                check_run=run,
                token=token,
                given_by=by,
                given_at=now,
                made_at=read.made_at,
                computer=read.computer,
                user=read.user,
                powershell=read.powershell,
                sha256=_sha256(content),
                is_sent_by_script=is_sent,
            )
            activity_log.record("collection_given", run, case=case, actor=by, now=now, computer=read.computer)
            _judge(run, read, collected_at=now if is_sent else read.made_at, now=now)
            return run
    except IntegrityError as error:
        if not any(name in str(error) for name in GIVEN_ONCE):
            raise
        raise GivenAlready from error


def _lock_case(case_id: int, *, by: User) -> Case:
    case = Case.objects.locked().select_related("device").get(pk=case_id)
    check_may_check_device(by, case)
    if case.stage not in OPEN:
        raise NotAllowed(_("This case is closed. Have the PC checked again to open it."))
    return case


def _ended_run(case: Case, *, by: User, now: datetime) -> CheckRun:
    """Return a run that has ended with what was given; one that still waits for the PC is stopped."""
    if case.check_runs.live().filter(status=RunStatus.RUNNING).exists():
        raise BeingVisited
    if case.audit_mode_tests.open().exists():
        raise NotAllowed(_("An audit-mode test is running on this PC. The file can be uploaded once it has ended."))
    cancel_live_runs(case, by=by, now=now)
    if case.stage != Stage.CHECKING:
        move_case(case, to=Stage.CHECKING, now=now)
    return CheckRun.objects.create(
        case=case,
        device=case.device,
        status=RunStatus.FINISHED.value,
        attempt=1,
        requested_by=by,
        requested_at=now,
        queued_at=now,
        deadline_at=now,
        finished_at=now,
    )


def _judge(run: CheckRun, read: Read, *, collected_at: datetime, now: datetime) -> None:
    """Store the answers, the findings and the verdict, as after a visit."""
    stored = DeviceSnapshot.objects.create(
        check_run=run,
        attempt=run.attempt,
        account=read.user,
        credential_profile="",
        endpoint=f"{read.computer}, PowerShell {read.powershell}",
        started_at=collected_at,
    )
    store_answers(stored, read.answers, first=0)
    snapshot = build_snapshot(read.answers, collected_at=collected_at)
    findings = judge(snapshot, report=run.case.report)
    EvidenceKeeper(run, clock=lambda: now).save_findings(findings, now=now)
    reach_verdict(run.case, conclude(run.case.report, snapshot, findings), now=now, check_run=run)


def _token_name(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
