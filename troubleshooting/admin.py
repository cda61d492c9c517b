"""Django's admin for administrators: people, groups and PCs. Cases and evidence are read on their own pages."""

from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from troubleshooting.actions import audit
from troubleshooting.models import Device, DeviceGroup, User

M = TypeVar("M", bound=models.Model)


class Audited(admin.ModelAdmin[M]):
    """Writes an audit entry in the transaction of each change; values stay out of it, since some are secret."""

    def save_model(self, request: HttpRequest, obj: M, form: ModelForm[M], change: bool) -> None:
        """Save and record which fields changed."""
        super().save_model(request, obj, form, change)
        self._record(request, obj, "changed" if change else "added", fields=sorted(form.changed_data))

    def delete_model(self, request: HttpRequest, obj: M) -> None:
        """Record and delete."""
        self._record(request, obj, "deleted")
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[M]) -> None:
        """Record and delete each."""
        for obj in queryset:
            self.delete_model(request, obj)

    def _record(self, request: HttpRequest, obj: M, deed: str, **details: Any) -> None:
        assert isinstance(request.user, User)
        audit.record(deed, obj, case=None, actor=request.user, now=timezone.now(), name=str(obj), **details)


@admin.register(User)
class PersonAdmin(Audited[User], UserAdmin[User]):
    """People, with their one role."""

    list_display = ("username", "first_name", "last_name", "email", "role", "is_active")
    list_filter = ("role", "is_active")
    fieldsets = (*(UserAdmin.fieldsets or ()), (_("In the portal"), {"fields": ("role", "time_zone")}))


@admin.register(DeviceGroup)
class DeviceGroupAdmin(Audited[DeviceGroup]):
    """How PCs are reached."""

    list_display = ("name", "credential_profile", "https", "port", "auth", "configuration_name", "test_needs_approval")


@admin.register(Device)
class DeviceAdmin(Audited[Device]):
    """PCs and their owners."""

    list_display = ("hostname", "group", "owner", "console_user", "last_visited_at")
    list_filter = ("group",)
    search_fields = ("hostname", "description", "owner__username")
    autocomplete_fields = ("owner",)
    readonly_fields = ("console_user", "last_visited_at")
