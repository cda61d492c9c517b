from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import DeviceFactory, UserFactory
from tests.support.world import ADAM, EMMA, person
from troubleshooting.models import ActivityEntry
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
