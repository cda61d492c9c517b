"""How often one person may do what costs something: the table, and the counting.

What ends, restores, revokes, undoes or stops something is never limited, and so is not in the table. The counts are in
Redis. While it does not answer, each web process counts by itself, so that nothing is unlimited and nobody is kept out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

import structlog
from django.core.exceptions import ImproperlyConfigured
from limits import RateLimitItem, parse_many
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import MovingWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)

AWAY_FOR_S = 10.0  # a Redis that did not answer is left alone for so long, since waiting for it costs each request
KEY_PREFIX = "portal-rates"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What is counted together: the names of its addresses, how they are asked, and how often unless set otherwise.

    A list counts only with ``parameter`` in the address bar, where ``values`` are given with one of these.
    """

    name: str
    views: frozenset[str]
    usual: str  # as the library reads it: "10/minute;60/hour"
    method: str = "POST"
    parameter: str = ""
    values: frozenset[str] = frozenset()

    def is_meant(self, view: str, method: str, query: Mapping[str, str]) -> bool:
        """Tell whether a request counts."""
        if view not in self.views or ("GET" if method == "HEAD" else method) != self.method:
            return False
        given = query.get(self.parameter, "")
        return not self.parameter or (given in self.values if self.values else given != "")


LISTS = frozenset({"cases", "exclusions", "drift"})
RATE_LIMITS = (
    RateLimit("report", frozenset({"report"}), "10/minute;60/hour"),
    RateLimit("report_step", frozenset({"report-step"}), "60/minute"),
    RateLimit("check", frozenset({"check-start", "check-retry"}), "10/minute;100/hour"),
    RateLimit("collection", frozenset({"collection", "collection-script"}), "10/minute;60/hour"),
    RateLimit("test", frozenset({"test-ask", "test-approve"}), "5/minute;30/hour"),
    RateLimit("exclusion", frozenset({"exclusion-ask", "exclusion-renew"}), "10/minute;60/hour"),
    RateLimit("approve", frozenset({"exclusion-approve", "exclusions-bulk"}), "30/minute"),
    RateLimit(
        "retest",
        frozenset({"exclusion-retest", "exclusion-retest-without", "exclusion-still-blocked"}),
        "10/minute;60/hour",
    ),
    RateLimit("drift", frozenset({"drift-scan", "drift-scan-tenant", "drift-apply-again"}), "30/minute"),
    RateLimit("export", LISTS, "6/minute;60/hour", method="GET", parameter="as", values=frozenset({"csv"})),
    RateLimit("evidence", frozenset({"evidence-json", "evidence-text", "pack"}), "30/minute", method="GET"),
    RateLimit("pack", frozenset({"pack", "redacted-pack", "device-endpoint"}), "30/minute"),
    RateLimit("search", LISTS, "60/minute", method="GET", parameter="q"),
)


def rate_limit_of(view: str, method: str, query: Mapping[str, str]) -> RateLimit | None:
    """Return what a request for a named address would count as; None where it is not counted."""
    return next((limit for limit in RATE_LIMITS if limit.is_meant(view, method, query)), None)


Rates = Mapping[str, tuple[RateLimitItem, ...]]  # by the name of the limit; one that is missing is not limited


def read_rates(setting: Callable[[str, str], str]) -> Rates:
    """Return the rates; ``setting`` gives what is set by a name, else the second argument."""
    return {limit.name: _read(f"RATE_{limit.name.upper()}", limit.usual, setting) for limit in RATE_LIMITS}


def _read(name: str, usual: str, setting: Callable[[str, str], str]) -> tuple[RateLimitItem, ...]:
    text = setting(name, usual)
    try:
        rates = tuple(parse_many(text))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {text!r}: write for example {usual}.") from error
    if any(rate.amount < 1 for rate in rates):
        raise ImproperlyConfigured(f"{name} is {text!r}: each number is 1 or more.")
    return rates


@cache
def counts_in(redis_url: str) -> Counts:
    """Return the counts of this process."""
    return Counts(redis_url)


@dataclass(slots=True)
class Counts:
    """Who did what how often lately."""

    redis_url: str
    _own: MovingWindowRateLimiter = field(default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()))
    _shared: MovingWindowRateLimiter = field(init=False)
    _away_until: float = 0.0

    def __post_init__(self) -> None:
        """Set up the shared counts; nothing is sent yet."""
        patience: dict[str, Any] = {"socket_connect_timeout": 1, "socket_timeout": 1, "retry": Retry(NoBackoff(), 0)}
        storage: Storage = RedisStorage(self.redis_url, key_prefix=KEY_PREFIX, wrap_exceptions=True, **patience)
        self._shared = MovingWindowRateLimiter(storage)

    def take(self, rates: tuple[RateLimitItem, ...], *whose: str) -> timedelta | None:
        """Count once more; return how long to wait where that is too often, which is not counted."""
        if time.monotonic() >= self._away_until:
            try:
                return _take(self._shared, rates, whose)
            except StorageError as error:
                self._away_until = time.monotonic() + AWAY_FOR_S
                log.warning("rates_counted_alone", error=str(error))
        return _take(self._own, rates, whose)


def _take(
    limiter: MovingWindowRateLimiter, rates: tuple[RateLimitItem, ...], whose: tuple[str, ...]
) -> timedelta | None:
    full = [rate for rate in rates if not limiter.test(rate, *whose)]
    if not full:
        full = [rate for rate in rates if not limiter.hit(rate, *whose)]
    if not full:
        return None
    free_at = max(limiter.get_window_stats(rate, *whose).reset_time for rate in full)
    return timedelta(seconds=max(free_at - time.time(), 1))
