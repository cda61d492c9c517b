"""Signing in and out: what slows guessing down, and what is recorded.

Three counters slow guessing down: of the account from one address, of the address over all accounts, and of the account
from everywhere. The last one only makes the wait of the first grow faster. So whatever others do to an account, the
first attempt from elsewhere is looked at. A browser in which the person has signed in before has a counter of its own
instead of all three. An attempt that comes too early is not counted and makes no wait longer.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from troubleshooting.actions import activity_log
from troubleshooting.domain.base.sign_in import FREE_TRIES_OF_ACCOUNT, FREE_TRIES_OF_ADDRESS, count_still, wait_after
from troubleshooting.models import SignInCounter, User

log = structlog.get_logger(__name__)

IPV6_NETWORK = 64  # bits; who has one address of such a network has all of them
UNKNOWN_PK = 0  # subject of the entry where no account has the name, which could be a mistyped password


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who wants to sign in from where; ``browser`` is the mark of one in which this account has signed in before."""

    account: str
    address: str
    browser: str = ""

    @property
    def account_key(self) -> str:
        """Return the hash of the account's name."""
        return account_key(self.account)

    @property
    def address_key(self) -> str:
        """Return the hash of the address, or of its network where it is IPv6."""
        return _key("address", _network(self.address))

    @property
    def place_key(self) -> str:
        """Return the hash of the account together with the known browser, else with the address."""
        if self.browser:
            return _key("browser", self.browser, self.account_key)
        return _key("place", self.account_key, self.address_key)

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the counters of this attempt."""
        return (self.place_key,) if self.browser else (self.place_key, self.address_key, self.account_key)


def account_key(name: str) -> str:
    """Return the hash of an account's name, the same for every spelling of it."""
    return _key("account", User.normalize_username(name).casefold())


@transaction.atomic
def begin_attempt(attempt: Attempt, *, now: datetime) -> timedelta | None:
    """Count an attempt as failed before it is looked at; return how long to wait where it comes too early."""
    counters = _locked(attempt.keys, now=now)
    wait = max(counters[key].next_at for key in _that_hold(attempt)) - now
    if wait > timedelta(0):
        log.warning("sign_in_delayed", source=attempt.address_key[:12], wait_s=round(wait.total_seconds(), 1))
        return wait
    for counter in counters.values():
        counter.failures = count_still(counter.failures, counter.last_at, now=now) + 1
        counter.last_at = now
    place, address = counters[attempt.place_key], counters.get(attempt.address_key)
    everywhere = counters.get(attempt.account_key)
    place.next_at = now + wait_after(place.failures)
    if everywhere is not None:
        place.next_at = max(place.next_at, now + wait_after(everywhere.failures, free=FREE_TRIES_OF_ACCOUNT))
    if address is not None:
        address.next_at = now + wait_after(address.failures, free=FREE_TRIES_OF_ADDRESS)
    SignInCounter.objects.bulk_update(counters.values(), ["failures", "last_at", "next_at"])
    return None


@transaction.atomic
def record_failure(attempt: Attempt, *, now: datetime) -> None:
    """Record a wrong password, or a name that no account has; such a name is not kept."""
    person = User.objects.filter(username=User.normalize_username(attempt.account)).first()
    subject = person or User(pk=UNKNOWN_PK)
    activity_log.record("sign_in_failed", subject, case=None, actor=None, now=now, is_known=person is not None)
    log.warning("sign_in_failed", source=attempt.address_key[:12], user_id=person.pk if person else None)


@transaction.atomic
def record_sign_in(attempt: Attempt, person: User, *, now: datetime) -> None:
    """Record that somebody signed in."""
    forget_attempt(attempt)
    activity_log.record("signed_in", person, case=None, actor=person, now=now)
    log.info("signed_in", source=attempt.address_key[:12], user_id=person.pk)


@transaction.atomic
def record_sign_out(person: User, *, now: datetime) -> None:
    """Record that somebody signed out."""
    activity_log.record("signed_out", person, case=None, actor=person, now=now)
    log.info("signed_out", user_id=person.pk)


@transaction.atomic
def record_password(person: User, *, now: datetime) -> None:
    """Record that somebody changed their own password, and nothing of it."""
    activity_log.record("password_changed", person, case=None, actor=person, now=now, name=str(person))
    log.info("password_changed", user_id=person.pk)


@transaction.atomic
def forget_attempt(attempt: Attempt) -> None:
    """Take back what was counted for an attempt that was right.

    The failures before it are forgotten for the account from this place only. With an account of their own, nobody can
    wipe out what an address has failed.
    """
    SignInCounter.objects.filter(key=attempt.place_key).delete()
    others = SignInCounter.objects.filter(key__in=attempt.keys, failures__gt=0)
    others.update(failures=F("failures") - 1)


def clear_up(*, now: datetime) -> None:
    """Delete sessions that are over, and failures that no longer count."""
    Session.objects.filter(expire_date__lte=now).delete()
    SignInCounter.objects.forgotten(now=now).delete()


def _that_hold(attempt: Attempt) -> Iterable[str]:
    return (key for key in attempt.keys if key != attempt.account_key)


def _locked(keys: Iterable[str], *, now: datetime) -> dict[str, SignInCounter]:
    """Return the counters by their keys, made where missing; always locked in the same order."""
    missing = [SignInCounter(key=key, last_at=now, next_at=now) for key in sorted(keys)]
    SignInCounter.objects.bulk_create(missing, ignore_conflicts=True)
    found = SignInCounter.objects.select_for_update().filter(key__in=list(keys)).order_by("key")
    return {counter.key: counter for counter in found}


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6 and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, IPV6_NETWORK), strict=False))
    return str(parsed)


def _key(*parts: str) -> str:
    return salted_hmac("portal.sign-in", "\0".join(parts), algorithm="sha256").hexdigest()
