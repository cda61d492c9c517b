"""Load the demo people and their PCs into the database; run again, it only follows the lab to other ports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from portal.demo.lab.pcs import DEMO_PCS, DemoPC
from portal.demo.people import PASSWORD, PEOPLE, TIME_ZONE, DemoPerson
from troubleshooting.actions.addresses import approve_change, reject_change, request_change
from troubleshooting.models import Device, DeviceGroup, User
from troubleshooting.models.choices import Role

TENANT_GROUP = "Simulated PCs"  # how the lab's tenant calls their device group
CREDENTIAL_PROFILE = "lab"  # DEVICE_CREDENTIAL_LAB_USERNAME and …_PASSWORD, which portal/demo/runner.py sets


@transaction.atomic
def load_demo(*, ready_file: str) -> None:
    """Make what is missing; the lab's ready file says where each PC listens."""
    people = {person.username: _load_person(person) for person in PEOPLE}
    group, _made = DeviceGroup.objects.get_or_create(
        name="Simulated PCs",
        defaults={
            "credential_profile": CREDENTIAL_PROFILE,
            "https": False,
            "auth": "negotiate",
            "tenant_name": TENANT_GROUP,
        },
    )
    ports = lab_ports(Path(ready_file).read_text(encoding="utf-8"))
    for pc in DEMO_PCS:
        _load_device(pc, group=group, owner=people[pc.owner_username], ports=ports)


def lab_ports(ready_line: str) -> Mapping[str, int]:
    """Read ``lab ready: PC-0142=127.0.0.1:15985 …``: the port of each PC by its name."""
    pairs = (word.split("=", 1) for word in ready_line.split() if "=" in word)
    return {name: int(address.rpartition(":")[2]) for name, address in pairs}


def _load_person(person: DemoPerson) -> User:
    user, made = User.objects.get_or_create(
        username=person.username,
        defaults={
            "first_name": person.first_name,
            "last_name": person.last_name,
            "email": person.email,
            "role": Role(person.role).value,
            "time_zone": TIME_ZONE,
            "is_staff": person.role == Role.ADMINISTRATOR,
            "is_superuser": person.role == Role.ADMINISTRATOR,
        },
    )
    if made:
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
    return user


def _load_device(pc: DemoPC, *, group: DeviceGroup, owner: User, ports: Mapping[str, int]) -> None:
    port = ports[pc.hostname]
    device, made = Device.objects.get_or_create(
        hostname=pc.hostname,
        defaults={"address": "127.0.0.1", "port": port, "description": pc.label, "group": group, "owner": owner},
    )
    if not made and device.port != port:
        _follow(device, port)


def _follow(device: Device, port: int) -> None:
    """Change the port as it is done: one administrator asks, another one approves."""
    now, adam, agnes = timezone.now(), User.objects.get(username="adam"), User.objects.get(username="agnes")
    for waiting in device.address_changes.filter(is_approved=None):
        reject_change(waiting.pk, by=agnes, now=now)
    approve_change(request_change(device, {"port": port}, by=adam, now=now).pk, by=agnes, now=now)
