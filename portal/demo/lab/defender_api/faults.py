"""What can be wrong with the simulated tenant, switched on and off while it runs."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class ApiFault(StrEnum):
    """One thing that is wrong. Those marked * take their figures from :class:`ApiFaultSettings`."""

    SIGN_IN_THROTTLED = "sign_in_throttled"  # * 429 from the sign-in
    SIGN_IN_FAULT = "sign_in_fault"  # 500 from the sign-in
    SIGN_IN_GARBAGE = "sign_in_garbage"  # an answer of the sign-in that is not JSON
    SIGN_IN_ODD = "sign_in_odd"  # * a token endpoint that gives other JSON than a token
    SIGN_IN_REDIRECT = "sign_in_redirect"  # 302 to another host
    SIGN_IN_ELSEWHERE = "sign_in_elsewhere"  # the sign-in's description names another host
    UNAUTHORIZED = "unauthorized"  # 401 to every call
    FORBIDDEN = "forbidden"  # * 403
    THROTTLED = "throttled"  # * 429 with Retry-After
    SERVER_FAULT = "server_fault"  # 500
    GATEWAY_PAGE = "gateway_page"  # 502 with HTML
    REDIRECT = "redirect"  # 302 to another host
    SLOW = "slow"  # * a delay before each answer
    SILENT = "silent"  # a call is never answered
    CUT = "cut"  # TCP reset in the middle of an answer
    CUT_BEFORE = "cut_before"  # TCP reset instead of an answer
    CUT_AFTER_WRITE = "cut_after_write"  # TCP reset instead of the answer to a POST that was done
    GARBAGE = "garbage"  # an answer that is not JSON
    BAD_COMPRESSION = "bad_compression"  # an answer that is not compressed as it says
    ODD_SHAPE = "odd_shape"  # JSON of another shape
    READ_LAG = "read_lag"  # * reads after a write show what was there before
    WIDENS = "widens"  # what is written loses its device groups
    ECHOES = "echoes"  # texts of errors repeat the secret or the token that was sent
    LIMITS = "limits"  # the limits on calls are enforced, as in the real tenant


@dataclass
class ApiFaultSettings:
    """The figures that some faults need; they may be changed at any time."""

    retry_after: str = "1"  # THROTTLED, SIGN_IN_THROTTLED: the header; empty = none
    forbidden_code: str = "Forbidden"  # or DisabledFeature, DisallowedOperation
    delay_s: float = 0.2  # SLOW
    sign_in_gives: str = '{"token_type": "Bearer"}'  # SIGN_IN_ODD
    lag_reads: int = 1  # READ_LAG: so many reads after a write


class ApiFaults:
    """The faults that are on; each strikes always, or a number of times."""

    def __init__(self) -> None:
        """Begin with none."""
        self._left: dict[ApiFault, int | None] = {}
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[ApiFault]:
        """Go through the faults that are on."""
        return iter(tuple(self._left))

    def add(self, fault: ApiFault, *, times: int | None = None) -> None:
        """Switch a fault on, for a number of strikes or (None) until it is switched off."""
        with self._lock:
            self._left[ApiFault(fault)] = times

    def discard(self, fault: ApiFault) -> None:
        """Switch a fault off."""
        with self._lock:
            self._left.pop(fault, None)

    def replace(self, faults: Iterable[ApiFault]) -> None:
        """Have exactly these faults on."""
        with self._lock:
            self._left = {ApiFault(fault): None for fault in faults}

    def strikes(self, fault: ApiFault) -> bool:
        """Tell whether the fault strikes now, and count it."""
        with self._lock:
            if fault not in self._left:
                return False
            left = self._left[fault]
            if left is None:
                return True
            self._left[fault] = left - 1
            if left <= 1:
                del self._left[fault]
            return True

    def first_to_strike(self, faults: Iterable[ApiFault]) -> ApiFault | None:
        """Return the first of these that strikes now, or None."""
        return next(filter(self.strikes, faults), None)
