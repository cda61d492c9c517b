"""What the tenant knows of a PC and of its alerts (docs/reference/apis.md sections 4 and 5); read only."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from troubleshooting.domain.tenant.errors import TenantErrorCode as Code
from troubleshooting.tenant import parse
from troubleshooting.tenant.base import TenantAlert, TenantMachine
from troubleshooting.tenant.client import TenantClient
from troubleshooting.tenant.errors import TenantError
from troubleshooting.tenant.indicators import odata_text

PATH = "/api/machines"
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Lookups:
    """Questions about PCs."""

    def __init__(self, client: TenantClient) -> None:
        """Take the client."""
        self._client = client

    def machine_by_name(self, name: str) -> TenantMachine | None:
        """Return the PC of that name, by its full name first, then by its short one; None where the tenant has none.

        A PC that was set up anew stands there twice; the one seen last counts.
        """
        names = dict.fromkeys((name, name.partition(".")[0]))
        found = next(filter(None, map(self._named, names)), [])
        return max(found, key=lambda machine: machine.last_seen or LONG_AGO, default=None)

    def alerts_of(self, machine_id: str, *, since: datetime) -> tuple[TenantAlert, ...]:
        """Return the alerts of a PC whose last event is not before then, newest first; one without a date is left out.

        Raises TenantError NOT_FOUND for a PC that the tenant does not know.
        """
        entities = self._client.pages(f"{PATH}/{quote(machine_id, safe='')}/alerts", {"$expand": "evidence"})
        alerts = {alert.id: alert for alert in map(parse.alert, entities)}
        recent = [(alert.last_event_at, alert) for alert in alerts.values() if alert.last_event_at is not None]
        newest_first = sorted(recent, key=lambda pair: pair[0], reverse=True)
        return tuple(alert for last_event_at, alert in newest_first if last_event_at >= since)

    def _named(self, name: str) -> list[TenantMachine]:
        try:
            entities = list(self._client.pages(PATH, {"$filter": f"computerDnsName eq {odata_text(name)}"}))
        except TenantError as error:
            if error.code is Code.NOT_FOUND:  # the API's way to say none
                return []
            raise
        found = map(parse.machine, entities)
        return [machine for machine in found if machine.name.casefold() == name.casefold()]
