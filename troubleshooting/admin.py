"""Django's admin for administrators: people, groups and PCs. Cases and evidence are read on their own pages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db import models, transaction
from django.forms import Field, ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from troubleshooting.actions import activity_log, addresses
from troubleshooting.domain.base.refused import Refused
from troubleshooting.forms.devices.address import DeviceForm, DeviceGroupForm
from troubleshooting.models import AddressChange, Device, DeviceGroup, User
from troubleshooting.models.device import DEVICE_ADDRESS, GROUP_ADDRESS
from troubleshooting.queries.base.words import translated

admin.site.site_header = admin.site.site_title = _("Network protection portal")
admin.site.index_title = _("Administration")
admin.site.unregister(Group)  # what a person may do is their role's alone

M = TypeVar("M", bound=models.Model)


@contextmanager
def told(request: HttpRequest, done: str) -> Iterator[None]:
    """Say ``done`` after the action inside, or the sentence of its refusal."""
    try:
        yield
    except Refused as refused:
        messages.error(request, translated(refused.text))
    else:
        messages.info(request, done)


class Audited(admin.ModelAdmin[M]):
    """Writes an activity entry in the transaction of each change, with the values of ``told_fields`` only."""

    told_fields: frozenset[str] = frozenset()  # whose old and new value is told; others may hold secrets

    def save_model(self, request: HttpRequest, obj: M, form: ModelForm[M], change: bool) -> None:
        """Save and record which fields changed."""
        super().save_model(request, obj, form, change)
        if change and not form.changed_data:
            return
        told = {name: _old_and_new(form, name) for name in sorted(self.told_fields.intersection(form.changed_data))}
        self._record(
            request,
            obj,
            "changed" if change else "added",
            fields=sorted(form.changed_data),
            **{"values": told} if told else {},
        )

    def delete_model(self, request: HttpRequest, obj: M) -> None:
        """Record and delete."""
        self._record(request, obj, "deleted")
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[M]) -> None:
        """Record and delete each."""
        for obj in queryset:
            self.delete_model(request, obj)

    def _record(self, request: HttpRequest, obj: M, action: str, **details: Any) -> None:
        assert isinstance(request.user, User)
        activity_log.record(action, obj, case=None, actor=request.user, now=timezone.now(), name=str(obj), **details)


class Addressed(Audited[M]):
    """Of what is in use, ``address_fields`` wait for a second administrator; the other fields are saved at once."""

    address_fields: tuple[str, ...] = ()  # as columns

    def save_model(self, request: HttpRequest, obj: M, form: ModelForm[M], change: bool) -> None:
        """Save all but a change of address, and ask for that."""
        held = [name for name in self.address_fields if name.removesuffix("_id") in form.changed_data]
        before = self.get_queryset(request).filter(pk=obj.pk).first() if change else None
        if held and isinstance(before, Device | DeviceGroup) and addresses.is_in_use(before):
            self._ask(request, before, {name: getattr(obj, name) for name in held})
            for name in held:
                setattr(obj, name, getattr(before, name))
            kept = [name for name in form.changed_data if name not in {one.removesuffix("_id") for one in held}]
            form.changed_data = kept
        super().save_model(request, obj, form, change)

    def _ask(self, request: HttpRequest, before: Device | DeviceGroup, new: dict[str, Any]) -> None:
        assert isinstance(request.user, User)
        said = _("The change of address waits for another administrator, under “Address changes”.")
        with told(request, str(said)):
            addresses.request_change(before, new, by=request.user, now=timezone.now())


def _old_and_new(form: ModelForm[M], name: str) -> dict[str, Any]:
    old = form.fields[name].to_python(form.initial.get(name))
    return {"old": _plain(old), "new": _plain(form.cleaned_data[name])}


def _plain(value: object) -> object:
    if isinstance(value, DeviceGroup):
        return value.name
    return value.username if isinstance(value, User) else value


@admin.register(User)
class PersonAdmin(Audited[User], UserAdmin[User]):
    """People, with their one role."""

    list_display = ("username", "first_name", "last_name", "email", "role", "is_active")
    list_filter = ("role", "is_active")
    fieldsets = (
        *(UserAdmin.fieldsets or ()),
        (_("In the portal"), {"fields": ("role", "time_zone", "must_change_password")}),
    )
    told_fields = frozenset({"role", "is_active", "is_staff", "is_superuser"})

    add_form_template = "admin/person_add.html"
    change_user_password_template = "admin/person_password.html"  # noqa: S105

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool) -> None:
        """Have whoever is added choose a password of their own."""
        if not change:
            obj.must_change_password = True
        super().save_model(request, obj, form, change)

    @method_decorator(sensitive_post_parameters())
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """Record that the password was changed, and nothing of it; have the person choose one of their own."""
        with transaction.atomic():
            before = self.get_object(request, unquote(id))
            response = super().user_change_password(request, id, form_url)
            after = self.get_object(request, unquote(id))
            if before and after and before.password != after.password:
                self._record(request, after, "password_changed")
                if after != request.user:
                    User.objects.filter(pk=after.pk).update(must_change_password=True)
        return response


@admin.register(DeviceGroup)
class DeviceGroupAdmin(Addressed[DeviceGroup]):
    """How PCs are reached."""

    form = DeviceGroupForm
    address_fields = GROUP_ADDRESS
    told_fields = frozenset({"tenant_name", *GROUP_ADDRESS})

    list_display = (
        "name",
        "credential_profile",
        "https",
        "port",
        "auth",
        "configuration_name",
        "changing_configuration_name",
        "test_needs_approval",
        "tenant_name",
    )

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Field | None:
        """Say at the endpoints' names where the portal's own come from."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name == "changing_configuration_name":
            link = format_html('<a href="{}">{}</a>', reverse("device-endpoint"), _("Endpoint for PCs"))
            field.help_text = format_html("{} {}", field.help_text, link)
        return field


@admin.register(Device)
class DeviceAdmin(Addressed[Device]):
    """PCs and their owners."""

    form = DeviceForm
    address_fields = DEVICE_ADDRESS
    told_fields = frozenset({"owner", "hostname", "address", "port", "group"})

    list_display = ("hostname", "group", "owner", "console_user", "last_visited_at")
    list_filter = ("group",)
    search_fields = ("hostname", "description", "owner__username")
    autocomplete_fields = ("owner",)
    readonly_fields = ("console_user", "last_visited_at")


@admin.register(AddressChange)
class AddressChangeAdmin(admin.ModelAdmin[AddressChange]):
    """Changes of address that wait for a second administrator, and those that were decided."""

    list_display = ("__str__", "requested_by", "requested_at", "is_approved", "decided_by", "decided_at")
    list_filter = (("is_approved", admin.EmptyFieldListFilter),)
    list_select_related = ("device", "group", "requested_by", "decided_by")
    actions = ("approve", "reject")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave that to the pages of PCs and groups."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AddressChange | None = None) -> bool:
        """Let them be decided, not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AddressChange | None = None) -> bool:
        """Keep them all."""
        return False

    @admin.action(description=_("Approve and carry out"))
    def approve(self, request: HttpRequest, queryset: models.QuerySet[AddressChange]) -> None:
        """Carry out what another administrator asked for."""
        self._decide(request, queryset, addresses.approve_change)

    @admin.action(description=_("Reject, or take back your own"))
    def reject(self, request: HttpRequest, queryset: models.QuerySet[AddressChange]) -> None:
        """Leave everything as it is."""
        self._decide(request, queryset, addresses.reject_change)

    def _decide(
        self, request: HttpRequest, chosen: models.QuerySet[AddressChange], action: Callable[..., object]
    ) -> None:
        for change in chosen.order_by("requested_at"):
            with told(request, f"{change}: {_('done')}"):
                action(change.pk, by=request.user, now=timezone.now())
