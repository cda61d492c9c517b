"""The routes of the simulated API: permissions, limits, and what each call does.

Source: docs/reference/apis.md sections 1 to 5.
"""

from __future__ import annotations

import json
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.demo.lab.defender_api import odata, validation
from portal.demo.lab.defender_api.faults import ApiFault, ApiFaults, ApiFaultSettings
from portal.demo.lab.defender_api.problem import Problem
from portal.demo.lab.defender_api.sign_in import SignIn
from portal.demo.lab.defender_api.tenant import SimulatedTenant

INDICATOR_FILTERS = frozenset(
    {
        "application",
        "createdByDisplayName",
        "expirationTime",
        "generateAlert",
        "title",
        "rbacGroupNames",
        "rbacGroupIds",
        "indicatorValue",
        "indicatorType",
        "creationTimeDateTimeUtc",
        "createdBy",
        "action",
        "severity",
    }
)
MACHINE_FILTERS = frozenset({"computerDnsName", "id", "lastSeen", "onboardingStatus", "healthStatus", "osPlatform"})
ALERT_FILTERS = frozenset({"id", "lastEventTime", "status", "severity", "category", "detectionSource", "incidentId"})

ALERT_ROLES = frozenset({"Alert.Read.All", "Alert.ReadWrite.All"})
WINDOWS = ((100, 60.0), (1_500, 3_600.0))  # docs/reference/apis.md section 3


@dataclass(frozen=True)
class ApiRequest:
    """One call."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    authorization: str = ""


@dataclass(frozen=True)
class ApiReply:
    """One answer; None as content is an empty body."""

    status: int
    content: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[ApiRequest, re.Match[str]], ApiReply]


class Api:
    """Answers calls with a good token."""

    def __init__(self, tenant: SimulatedTenant, sign_in: SignIn, faults: ApiFaults, settings: ApiFaultSettings) -> None:
        """Take the state and what may be wrong with it."""
        self._tenant = tenant
        self._sign_in = sign_in
        self._faults = faults
        self._settings = settings
        self._calls: deque[float] = deque(maxlen=WINDOWS[-1][0])
        self.clock: Callable[[], float] = time.monotonic  # of the limits
        self._routes: tuple[tuple[str, re.Pattern[str], frozenset[str], Answer], ...] = (
            ("GET", _path("/indicators"), frozenset({"Ti.ReadWrite.All"}), self._list_indicators),
            ("POST", _path("/indicators"), frozenset({"Ti.ReadWrite.All"}), self._put_indicator),
            ("DELETE", _path("/indicators/([^/]+)"), frozenset({"Ti.ReadWrite.All"}), self._delete_indicator),
            ("GET", _path("/machines"), frozenset({"Machine.Read.All", "Machine.ReadWrite.All"}), self._list_machines),
            ("GET", _path("/machines/([^/]+)/alerts"), ALERT_ROLES, self._list_machine_alerts),
            ("GET", _path("/alerts"), ALERT_ROLES, self._list_alerts),
        )

    def answer(self, request: ApiRequest) -> ApiReply:
        """Answer one call; raises Problem."""
        roles = self._sign_in.roles_of(request.authorization)
        if roles is None or self._faults.strikes(ApiFault.UNAUTHORIZED):
            raise Problem(401, "Unauthorized", "The token is missing, wrong or has ended.")
        self._check_limits()
        if self._faults.strikes(ApiFault.FORBIDDEN):
            raise Problem(403, self._settings.forbidden_code, "The application may not do this.")
        for method, pattern, needed, answer in self._routes:
            if method == request.method and (match := pattern.fullmatch(request.path)):
                if needed.isdisjoint(roles):
                    raise Problem(403, "Forbidden", f"The application needs one of {', '.join(sorted(needed))}.")
                return answer(request, match)
        raise Problem(404, "ResourceNotFound", f"There is nothing at {request.path}.")

    def _check_limits(self) -> None:
        if self._faults.strikes(ApiFault.THROTTLED):
            headers = {"Retry-After": self._settings.retry_after} if self._settings.retry_after else {}
            raise Problem(429, "TooManyRequests", "Rate limit is exceeded.", headers)
        if ApiFault.LIMITS not in self._faults:
            return
        now = self.clock()
        for most, seconds in WINDOWS:
            if len(self._calls) >= most and now - self._calls[-most] < seconds:
                pause = str(int(self._calls[-most] + seconds - now) + 1)
                raise Problem(429, "TooManyRequests", "Rate limit is exceeded.", {"Retry-After": pause})
        self._calls.append(now)

    def _list_indicators(self, request: ApiRequest, _match: re.Match[str]) -> ApiReply:
        entities = self._tenant.indicators(is_lagging=ApiFault.READ_LAG in self._faults)
        return _listed("Indicators", odata.select(entities, request.query, filters=INDICATOR_FILTERS))

    def _put_indicator(self, request: ApiRequest, _match: re.Match[str]) -> ApiReply:
        body = validation.check(_json(request.body), device_groups=self._tenant.device_groups, now=self._tenant.now())
        if self._faults.strikes(ApiFault.WIDENS):
            body = {**body, "rbacGroupNames": []}
        entity = self._tenant.put(body, lag_reads=self._settings.lag_reads)
        return ApiReply(200, {"@odata.context": _context("Indicators/$entity"), **entity})

    def _delete_indicator(self, _request: ApiRequest, match: re.Match[str]) -> ApiReply:
        self._tenant.delete(match[1], lag_reads=self._settings.lag_reads)
        return ApiReply(204)

    def _list_machines(self, request: ApiRequest, _match: re.Match[str]) -> ApiReply:
        found = odata.select(self._tenant.machines, request.query, filters=MACHINE_FILTERS)
        if "$filter" in request.query and not found and request.query.get("$skip", "0") == "0":
            raise Problem(404, "ResourceNotFound", "No machine was found.")  # docs/reference/apis.md section 5
        return _listed("Machines", found)

    def _list_machine_alerts(self, request: ApiRequest, match: re.Match[str]) -> ApiReply:
        if self._tenant.machine(match[1]) is None:
            raise Problem(404, "ResourceNotFound", f"Machine {match[1]} was not found.")
        alerts = [alert for alert in self._tenant.alerts if alert["machineId"] == match[1]]
        return _listed("Alerts", odata.select(alerts, request.query, filters=ALERT_FILTERS))

    def _list_alerts(self, request: ApiRequest, _match: re.Match[str]) -> ApiReply:
        return _listed("Alerts", odata.select(self._tenant.alerts, request.query, filters=ALERT_FILTERS))


def _path(rest: str) -> re.Pattern[str]:
    return re.compile(rf"/api(?:/v1\.0)?{rest}")


def _listed(name: str, entities: list[Mapping[str, Any]]) -> ApiReply:
    return ApiReply(200, {"@odata.context": _context(name), "value": entities})


def _context(name: str) -> str:
    return f"https://api.security.microsoft.com/api/$metadata#{name}"


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise Problem(400, "InvalidRequestBody", "Request body is incorrect.") from error
