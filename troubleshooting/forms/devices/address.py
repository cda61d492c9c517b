"""Where PCs are visited: what the administration's forms refuse."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.forms import ModelForm

from troubleshooting.domain.base.addresses import Endpoint, why_not_visited
from troubleshooting.models import Device, DeviceGroup
from troubleshooting.queries.base.words import translated

WINRM = {True: 5986, False: 5985}  # by HTTPS
WEB_PORTS = (80, 443, 8000)


def own_endpoints() -> set[Endpoint]:
    """Return where the portal's web server, database and broker are, as its settings name them."""
    database = settings.DATABASES["default"]
    broker = urlsplit(settings.CELERY_BROKER_URL)
    web = {(host.lstrip("."), port) for host in settings.ALLOWED_HOSTS for port in WEB_PORTS}
    return web | {(str(database["HOST"]), int(database["PORT"] or 5432)), (broker.hostname or "", broker.port or 6379)}


class DeviceForm(ModelForm[Device]):
    """A PC, whose address is a host that is not the portal's."""

    def clean(self) -> dict[str, Any]:
        """Say at the address, or at the name where there is none, why no PC may be there."""
        super().clean()
        values = self.cleaned_data
        group: DeviceGroup | None = values.get("group")
        where = "address" if values.get("address") else "hostname"
        if group is not None and values.get(where):
            port = values.get("port") or group.port or WINRM[group.https]
            _refuse(self, where, values[where], port)
        return values


class DeviceGroupForm(ModelForm[DeviceGroup]):
    """A group, whose port makes no PC's address one of the portal's."""

    def clean(self) -> dict[str, Any]:
        """Say at the port which PC would be at an address of the portal's."""
        super().clean()
        values = self.cleaned_data
        port = values.get("port") or WINRM[bool(values.get("https"))]
        group_id: int | None = self.instance.pk
        if group_id is not None:
            for device in Device.objects.filter(group_id=group_id, port=None):
                _refuse(self, "port", device.address or device.hostname, port)
        return values


def _refuse(form: DeviceForm | DeviceGroupForm, field: str, host: str, port: int) -> None:
    why_not = why_not_visited(host, port, own=own_endpoints(), may_be_local=settings.DEVICES_MAY_BE_LOCAL)
    if why_not is not None and field not in form.errors:
        form.add_error(field, translated(why_not))
