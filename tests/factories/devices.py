"""PCs and their groups."""

from __future__ import annotations

import factory

from tests.factories.people import UserFactory
from troubleshooting.models import Device, DeviceGroup


class DeviceGroupFactory(factory.django.DjangoModelFactory):
    """The office's PCs."""

    class Meta:
        model = DeviceGroup
        django_get_or_create = ("name",)

    name = "Office"
    credential_profile = "office"


class DeviceFactory(factory.django.DjangoModelFactory):
    """A PC of an Emma."""

    class Meta:
        model = Device

    hostname = factory.Sequence(lambda n: f"PC-{n:04d}")
    description = "Notebook"
    group = factory.SubFactory(DeviceGroupFactory)
    owner = factory.SubFactory(UserFactory)
