"""Allow indicators in the tenant: put there, found, removed, each believed only as it is read back.

Sources: docs/reference/apis.md sections 3 and 9; docs/reference/exclusions.md sections 2 and 6. A tenant has one
indicator for each value and type, and a second call for the same replaces the first. So what is there is read before
anything is written, and what the portal did not make is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import structlog

from troubleshooting.domain.tenant.errors import TenantErrorCode as Code
from troubleshooting.tenant import parse
from troubleshooting.tenant.base import (
    ALLOWED,
    APPLICATION,
    MOST_INDICATORS,
    IndicatorType,
    Removal,
    TenantIndicator,
)
from troubleshooting.tenant.client import MayWrite, TenantClient
from troubleshooting.tenant.errors import Conflict, NotConfirmed, TenantError

log = structlog.get_logger(__name__)

PATH = "/api/indicators"


@dataclass(frozen=True, slots=True)
class WantedIndicator:
    """An allow as it was approved: exactly what is sent, and what has to be read back.

    The end is kept in UTC without fractions of a second, so never later than approved. The API takes no groups for all
    PCs, so all PCs have to be said. Raises ValueError for a scope that contradicts itself and an end without a zone.
    """

    value: str
    type: IndicatorType
    title: str
    description: str
    expires_at: datetime
    groups: tuple[str, ...]
    for_everyone: bool

    def __post_init__(self) -> None:
        """Refuse what would be read as something wider."""
        if not all(name.strip() for name in self.groups):
            raise ValueError("Names of device groups are not empty.")
        if bool(self.groups) is self.for_everyone:
            raise ValueError("Name device groups, or say for_everyone=True; not both, not neither.")
        if self.expires_at.tzinfo is None:
            raise ValueError("The end needs a time zone.")
        object.__setattr__(self, "expires_at", self.expires_at.astimezone(UTC).replace(microsecond=0))

    def as_body(self) -> dict[str, Any]:
        """Return the call's body; names are case-sensitive (docs/reference/apis.md section 3)."""
        return {
            "indicatorValue": self.value,
            "indicatorType": self.type.value,
            "action": ALLOWED,
            "title": self.title,
            "description": self.description,
            "application": APPLICATION,
            "expirationTime": self.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "severity": "Informational",
            "generateAlert": False,
            "rbacGroupNames": list(self.groups),
        }

    def differences(self, found: TenantIndicator) -> tuple[str, ...]:
        """Name what the tenant has otherwise; titles and descriptions decide nothing and are left out."""
        pairs = {
            "type": (self.type.value, found.type),
            "action": (ALLOWED, found.action),
            "end": (self.expires_at, found.expiration_time),
            "device groups": (_folded(self.groups), _folded(found.rbac_group_names)),
        }
        return tuple(name for name, (wanted, present) in pairs.items() if wanted != present)

    def is_met_by(self, found: TenantIndicator) -> bool:
        """Tell whether nothing is left to write."""
        texts = (self.title, self.description) == (found.title, found.description)
        return texts and not self.differences(found)


class Indicators:
    """The tenant's indicators."""

    def __init__(self, client: TenantClient) -> None:
        """Take the client."""
        self._client = client

    def put(self, wanted: WantedIndicator, *, may_write: MayWrite) -> TenantIndicator:
        """Have exactly this in the tenant for its value; returns the indicator as it was read back.

        What was there of the portal's own is replaced, groups included. Raises Conflict where something else decides
        about the value already, NotConfirmed where it was accepted and not read back so, TenantError for everything
        else, and what ``may_write`` raises.
        """
        present = self._own(wanted)
        if present is not None and wanted.is_met_by(present):
            return present
        accepted = self._put(wanted, is_new=present is None, may_write=may_write)
        return self._confirm_put(wanted, accepted)

    def find(self, value: str) -> tuple[TenantIndicator, ...]:
        """Return what the tenant has for exactly this value, of any type and action."""
        answer = self._client.pages(PATH, {"$filter": f"indicatorValue eq {odata_text(value)}"})
        found = (parse.indicator(entity) for entity in answer)
        return tuple(indicator for indicator in found if indicator.value.casefold() == value.casefold())

    def list_all(self) -> tuple[TenantIndicator, ...]:
        """Return every indicator of the tenant, the portal's or not; one call for each thousand."""
        found = (parse.indicator(entity) for entity in self._client.pages(PATH))
        return tuple({indicator.id: indicator for indicator in found}.values())

    def is_full(self) -> bool:
        """Tell, with one call, whether the tenant holds as many indicators as it can."""
        answer = self._client.get(PATH, {"$top": "1", "$skip": str(MOST_INDICATORS - 1)})
        return isinstance(answer, dict) and bool(answer.get("value"))

    def remove(self, indicator_id: str, *, value: str, may_write: MayWrite) -> Removal:
        """Remove the portal's indicator; returns what is left for the value, read after it.

        Gone already is done. Raises Conflict where somebody made it block or warn meanwhile (theirs stays),
        NotConfirmed while it still shows, and what ``may_write`` raises.
        """
        present = _by_id(self.find(value), indicator_id)
        if present is not None and not present.is_allow:
            raise Conflict(present)
        was_there = self._client.delete(f"{PATH}/{quote(indicator_id, safe='')}", may_write=may_write)
        log.info("tenant_indicator_deleted", indicator_id=indicator_id, was_there=was_there)
        for found in self._reads(value):
            if _by_id(found, indicator_id) is None:
                return Removal(was_there, found)
        raise NotConfirmed(f"Indicator {indicator_id} for {value} still shows after it was deleted.")

    def _own(self, wanted: WantedIndicator) -> TenantIndicator | None:
        """Return the portal's own allow of the value; raises Conflict for anybody else's indicator, of any type."""
        found = self.find(wanted.value)
        foreign = next((indicator for indicator in found if not (indicator.is_ours and indicator.is_allow)), None)
        if foreign is not None:
            raise Conflict(foreign)
        return next((indicator for indicator in found if indicator.type == wanted.type), None)

    def _put(self, wanted: WantedIndicator, *, is_new: bool, may_write: MayWrite) -> TenantIndicator:
        try:
            accepted = parse.indicator(self._client.post(PATH, wanted.as_body(), may_write=may_write))
        except TenantError as error:
            if is_new and error.code is Code.BAD_REQUEST and self._is_surely_full():
                raise _limit_reached(error) from error
            raise
        log.info("tenant_indicator_accepted", indicator_id=accepted.id, type=accepted.type, is_new=is_new)
        return accepted

    def _is_surely_full(self) -> bool:
        """No documented code says that the tenant is full, so it is counted; where that fails, it is not said."""
        try:
            return self.is_full()
        except TenantError:
            return False

    def _confirm_put(self, wanted: WantedIndicator, accepted: TenantIndicator) -> TenantIndicator:
        seen: TenantIndicator | None = None
        for found in self._reads(wanted.value):
            seen = next((indicator for indicator in found if indicator.type == wanted.type), seen)
            if seen is not None and not wanted.differences(seen):
                return seen
        raise NotConfirmed(_missed(wanted, seen), accepted=accepted)

    def _reads(self, value: str) -> Iterator[tuple[TenantIndicator, ...]]:
        """Read a few times after a write, with pauses between: a read may lag behind."""
        for pause in self._client.limits.confirm_pauses:
            self._client.timing.sleep(pause.total_seconds())
            yield self.find(value)


def odata_text(value: str) -> str:
    """Write a text for ``$filter``: OData doubles the quotes inside."""
    return "'" + value.replace("'", "''") + "'"


def _folded(names: Iterable[str]) -> frozenset[str]:
    return frozenset(map(str.casefold, names))


def _by_id(found: Iterable[TenantIndicator], indicator_id: str) -> TenantIndicator | None:
    return next((indicator for indicator in found if indicator.id == indicator_id), None)


def _missed(wanted: WantedIndicator, seen: TenantIndicator | None) -> str:
    if seen is None:
        return f"No indicator for {wanted.value} was read back."
    return f"The indicator for {wanted.value} was read back otherwise: {', '.join(wanted.differences(seen))}."


def _limit_reached(error: TenantError) -> TenantError:
    return TenantError(
        Code.LIMIT_REACHED,
        error.detail,
        microsoft_code=error.microsoft_code,
        correlation_id=error.correlation_id,
    )
