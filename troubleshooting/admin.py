"""Django's admin for administrators: people, groups and PCs. Cases and evidence are read on their own pages."""

from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.db import models, transaction
from django.forms import Field, ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from troubleshooting.actions import activity_log
from troubleshooting.models import Device, DeviceGroup, User

M = TypeVar("M", bound=models.Model)


class Audited(admin.ModelAdmin[M]):
    """Writes an activity entry in the transaction of each change, with the values of ``told_fields`` only."""

    told_fields: frozenset[str] = frozenset()  # whose old and new value is told; others may hold secrets

    def save_model(self, request: HttpRequest, obj: M, form: ModelForm[M], change: bool) -> None:
        """Save and record which fields changed."""
        super().save_model(request, obj, form, change)
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


def _old_and_new(form: ModelForm[M], name: str) -> dict[str, Any]:
    old = form.fields[name].to_python(form.initial.get(name))
    return {"old": _plain(old), "new": _plain(form.cleaned_data[name])}


def _plain(value: object) -> object:
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
class DeviceGroupAdmin(Audited[DeviceGroup]):
    """How PCs are reached."""

    told_fields = frozenset({"tenant_name", "configuration_name", "changing_configuration_name"})

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
class DeviceAdmin(Audited[Device]):
    """PCs and their owners."""

    told_fields = frozenset({"owner"})

    list_display = ("hostname", "group", "owner", "console_user", "last_visited_at")
    list_filter = ("group",)
    search_fields = ("hostname", "description", "owner__username")
    autocomplete_fields = ("owner",)
    readonly_fields = ("console_user", "last_visited_at")
