from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import DeviceFactory, UserFactory
from tests.support.world import ADAM, EMMA, NOW, person
from troubleshooting.models import ActivityEntry, AddressChange, Device, DeviceGroup
from troubleshooting.models.choices import Role

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "seven green umbrellas"


@pytest.fixture
def adam() -> Client:
    client = Client()
    client.force_login(person(ADAM))
    return client


def fields_of(response) -> dict[str, object]:
    """Return what a browser would send back unchanged."""
    form = response.context["adminform"].form
    values = {name: form[name].value() for name in form.fields if not form.fields[name].disabled}
    sent = {name: value for name, value in values.items() if value not in (None, False, [])}
    for name in ("last_login", "date_joined"):
        if name in sent:
            moment = sent.pop(name)
            sent |= {f"{name}_0": f"{moment:%Y-%m-%d}", f"{name}_1": f"{moment:%H:%M:%S}"}
    return sent


def save(client: Client, url: str, **changes: object):
    fields = fields_of(client.get(url)) | changes
    response = client.post(url, {name: value for name, value in fields.items() if value is not None})
    assert response.status_code == 302, response.context["adminform"].form.errors
    return ActivityEntry.objects.get()


def test_a_changed_password_is_recorded_without_the_password(adam):
    emma = person(EMMA)
    url = reverse("admin:auth_user_password_change", args=[emma.pk])

    adam.post(url, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"})

    emma.refresh_from_db()
    assert emma.check_password(NEW_PASSWORD)
    entry = ActivityEntry.objects.get()
    assert (entry.action, entry.actor_name, entry.subject_id) == ("password_changed", "adam", emma.pk)
    assert entry.details == {"name": "Emma"}


def test_a_password_that_was_not_taken_is_not_recorded(adam):
    url = reverse("admin:auth_user_password_change", args=[person(EMMA).pk])

    adam.post(url, {"password1": NEW_PASSWORD, "password2": "another one", "usable_password": "true"})

    assert not ActivityEntry.objects.exists()


def test_nobody_changes_the_password_of_a_person_who_is_not_there(adam):
    assert adam.post(reverse("admin:auth_user_password_change", args=["none"])).status_code == 404


@pytest.mark.parametrize(
    ("field", "sent", "old", "new"),
    [
        ("role", Role.REVIEWER.value, Role.EMPLOYEE.value, Role.REVIEWER.value),
        ("is_active", None, True, False),
        ("is_superuser", "on", False, True),
    ],
)
def test_what_gives_a_person_power_is_recorded_with_its_old_and_new_value(adam, field, sent, old, new):
    url = reverse("admin:troubleshooting_user_change", args=[person(EMMA).pk])

    entry = save(adam, url, **{field: sent})

    assert entry.details["values"] == {field: {"old": old, "new": new}}


def test_a_new_owner_of_a_pc_is_recorded_with_the_one_before(adam):
    device = DeviceFactory(owner=person(EMMA))
    successor = UserFactory()

    entry = save(adam, reverse("admin:troubleshooting_device_change", args=[device.pk]), owner=successor.pk)

    assert entry.details["values"] == {"owner": {"old": "emma", "new": successor.username}}


def test_other_values_stay_out_of_the_record(adam):
    url = reverse("admin:troubleshooting_user_change", args=[person(EMMA).pk])

    entry = save(adam, url, first_name="Emmeline")

    assert "first_name" in entry.details["fields"]
    assert "values" not in entry.details


def test_the_page_of_a_device_group_leads_to_the_files_of_the_endpoint(adam):
    group = DeviceFactory().group

    page = adam.get(reverse("admin:troubleshooting_devicegroup_change", args=[group.pk])).content.decode()

    assert f'<a href="{reverse("device-endpoint")}">' in page


# --- where PCs are visited --------------------------------------------------------------------------------------------


def change_url(subject: Device | DeviceGroup) -> str:
    return reverse(f"admin:troubleshooting_{type(subject).__name__.lower()}_change", args=[subject.pk])


def sent(client: Client, url: str, **changes: object):
    fields = fields_of(client.get(url)) | changes
    return client.post(url, {name: value for name, value in fields.items() if value is not None}, follow=True)


def decided(client: Client, action: str) -> str:
    url = reverse("admin:troubleshooting_addresschange_changelist")
    every = list(AddressChange.objects.values_list("pk", flat=True))
    return client.post(url, {"action": action, "_selected_action": every}, follow=True).content.decode()


@pytest.fixture
def agnes() -> Client:
    client = Client()
    client.force_login(person(("agnes", Role.ADMINISTRATOR)))
    return client


def test_the_address_of_a_pc_that_nobody_visited_is_changed_at_once_and_recorded(adam):
    device = DeviceFactory(address="old.contoso.example", port=5985)

    entry = save(adam, change_url(device), address="new.contoso.example", port=5986)

    assert entry.details["values"] == {
        "address": {"old": "old.contoso.example", "new": "new.contoso.example"},
        "port": {"old": 5985, "new": 5986},
    }


def test_the_address_of_a_pc_in_use_waits_for_another_administrator(adam, agnes):
    device = DeviceFactory(address="old.contoso.example", port=5985, last_visited_at=NOW)

    page = sent(adam, change_url(device), address="new.contoso.example", description="Reception").content.decode()

    device.refresh_from_db()
    assert (device.address, device.description) == ("old.contoso.example", "Reception")
    assert "waits for another administrator" in page
    assert "another administrator has to approve it" in decided(adam, "approve")
    device.refresh_from_db()
    assert device.address == "old.contoso.example"

    decided(agnes, "approve")

    device.refresh_from_db()
    assert device.address == "new.contoso.example"


def test_the_sign_in_of_a_group_in_use_waits_too(adam, agnes):
    group = DeviceFactory(last_visited_at=NOW).group
    before = (group.https, group.auth)

    sent(adam, change_url(group), https=None, auth="kerberos", tenant_name="Finance")

    group.refresh_from_db()
    assert ((group.https, group.auth), group.tenant_name) == (before, "Finance")
    decided(agnes, "reject")
    group.refresh_from_db()
    assert (group.https, group.auth) == before


def test_a_second_change_is_told_to_wait(adam):
    device = DeviceFactory(address="old.contoso.example", last_visited_at=NOW)
    sent(adam, change_url(device), address="new.contoso.example")

    page = sent(adam, change_url(device), address="newer.contoso.example").content.decode()

    assert "is waiting to be decided" in page
    assert AddressChange.objects.count() == 1


@pytest.mark.parametrize(
    ("address", "port"),
    [
        ("https://pc.contoso.example", None),
        ("pc.contoso.example:5985", None),
        ("127.1", None),
        ("127.0.0.1", None),
        ("169.254.169.254", None),
        ("localhost", None),
        ("broker.contoso.example", 6379),
        ("portal.contoso.example", 443),
    ],
)
def test_no_pc_is_added_at_an_address_that_is_none_or_the_portals(adam, settings, address, port):
    settings.DEVICES_MAY_BE_LOCAL = False
    settings.CELERY_BROKER_URL = "redis://broker.contoso.example:6379/0"
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "portal.contoso.example"]
    fields = {"hostname": "PC-1", "address": address, "port": port or "", "group": DeviceFactory().group.pk}

    response = adam.post(reverse("admin:troubleshooting_device_add"), fields)

    assert list(response.context["adminform"].form.errors) == ["address"]
    assert Device.objects.count() == 1


def test_no_groups_port_leads_its_pcs_to_the_portals_own(adam, settings):
    settings.CELERY_BROKER_URL = "redis://broker.contoso.example:6379/0"
    device = DeviceFactory(address="broker.contoso.example", port=None)

    response = sent(adam, change_url(device.group), port=6379)

    assert list(response.context["adminform"].form.errors) == ["port"]


def test_address_changes_are_neither_edited_nor_deleted(adam):
    device = DeviceFactory(last_visited_at=NOW)
    sent(adam, change_url(device), address="new.contoso.example")
    change = AddressChange.objects.get()

    assert adam.get(reverse("admin:troubleshooting_addresschange_add")).status_code == 403
    assert adam.post(reverse("admin:troubleshooting_addresschange_change", args=[change.pk]), {}).status_code == 403
    assert adam.get(reverse("admin:troubleshooting_addresschange_delete", args=[change.pk])).status_code == 403


def test_the_first_page_names_the_portal_and_offers_nothing_without_effect(adam):
    page = adam.get(reverse("admin:index")).content.decode()

    assert "Network protection portal" in page
    assert "Django administration" not in page
    assert ">Groups<" not in page  # those of Django; a role says what a person may do
