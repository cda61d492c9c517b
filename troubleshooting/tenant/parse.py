"""The API's JSON as values, every shape looked at (docs/reference/apis.md sections 3 to 5).

A field that is missing or null reads as empty; one of another type, or an entry without what makes it one, raises
TenantError BROKEN_ANSWER.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from troubleshooting.domain.tenant.errors import TenantErrorCode as Code
from troubleshooting.tenant.base import TenantAlert, TenantIndicator, TenantMachine
from troubleshooting.tenant.errors import TenantError


def indicator(entity: Any) -> TenantIndicator:
    """Read an indicator."""
    return TenantIndicator(
        id=_identifier(entity, "id"),
        value=_needed(entity, "indicatorValue"),
        type=_needed(entity, "indicatorType"),
        action=_needed(entity, "action"),
        title=_text(entity, "title"),
        description=_text(entity, "description"),
        expiration_time=_moment(entity, "expirationTime"),
        rbac_group_names=_texts(entity, "rbacGroupNames"),
        application=_text(entity, "application"),
        source=_text(entity, "source"),
        source_type=_text(entity, "sourceType"),
        created_by=_text(entity, "createdBy"),
        created_at=_moment(entity, "creationTimeDateTimeUtc"),
        updated_at=_moment(entity, "lastUpdateTime"),
    )


def machine(entity: Any) -> TenantMachine:
    """Read a machine."""
    return TenantMachine(
        id=_identifier(entity, "id"),
        name=_text(entity, "computerDnsName"),
        os_platform=_text(entity, "osPlatform"),
        last_seen=_moment(entity, "lastSeen"),
        health_status=_text(entity, "healthStatus"),
        onboarding_status=_text(entity, "onboardingStatus"),
        device_group=_text(entity, "rbacGroupName"),
    )


def alert(entity: Any) -> TenantAlert:
    """Read an alert; addresses come from its evidence, each once."""
    evidence = list(_evidence(entity))
    return TenantAlert(
        id=_identifier(entity, "id"),
        title=_text(entity, "title"),
        severity=_text(entity, "severity"),
        status=_text(entity, "status"),
        category=_text(entity, "category"),
        detection_source=_text(entity, "detectionSource"),
        machine_id=_text(entity, "machineId"),
        last_event_at=_moment(entity, "lastEventTime"),
        urls=_distinct(_text(item, "url") for item in evidence),
        ip_addresses=_distinct(_text(item, "ipAddress") for item in evidence),
    )


def _broken(name: str, value: Any) -> TenantError:
    return TenantError(Code.BROKEN_ANSWER, f"Field {name} is {str(value)[:100]!r}.")


def _field(entity: Any, name: str) -> Any:
    if not isinstance(entity, Mapping):
        raise _broken("entity", entity)
    return entity.get(name)


def _text(entity: Any, name: str) -> str:
    value = _field(entity, name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _broken(name, value)
    return value


def _needed(entity: Any, name: str) -> str:
    value = _text(entity, name)
    if not value:
        raise _broken(name, value)
    return value


def _identifier(entity: Any, name: str) -> str:
    """Ids are texts in the API's examples; numbers are taken too."""
    value = _field(entity, name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _needed(entity, name)


def _texts(entity: Any, name: str) -> tuple[str, ...]:
    value = _field(entity, name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _broken(name, value)
    return tuple(value)


def _moment(entity: Any, name: str) -> datetime | None:
    """Read a date; where it names no zone it is UTC, as the API's documentation says."""
    text = _text(entity, name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _broken(name, text) from error


def _evidence(entity: Any) -> Iterator[Any]:
    value = _field(entity, "evidence")
    if value is None:
        return
    if not isinstance(value, list):
        raise _broken("evidence", value)
    yield from value


def _distinct(texts: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))
