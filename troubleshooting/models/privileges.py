"""What the role that runs the portal may do with each table, beside reading it (docs/adr/0012-two-roles.md).

One role owns the tables and migrates. Web, worker and beat run as the other, with no more than what is listed here:
UPDATE of the fields that change, DELETE where something is deleted, never TRUNCATE or TRIGGER. Each ``migrate`` grants
it anew (granting.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.apps import apps
from django.db import models


@dataclass(frozen=True, slots=True)
class Privileges:
    """What one table needs; ``changes`` are names of fields."""

    adds: bool = False
    changes: tuple[str, ...] = ()
    deletes: bool = False

    def statements(self) -> set[str]:
        """Return the SQL statements that are open, each as a whole or for some columns."""
        wanted = {"SELECT": True, "INSERT": self.adds, "UPDATE": bool(self.changes), "DELETE": self.deletes}
        return {statement for statement, is_open in wanted.items() if is_open}


READ_ONLY = Privileges()
APPEND_ONLY = Privileges(adds=True)
LINKS = Privileges(adds=True, deletes=True)  # a table of two foreign keys


def _kept(*changes: str) -> Privileges:
    return Privileges(adds=True, changes=changes)


def _deleted(*changes: str) -> Privileges:
    return Privileges(adds=True, changes=changes, deletes=True)


PRIVILEGES: Mapping[str, Privileges] = {
    # Evidence, decisions and what was done
    "troubleshooting.ActivityEntry": APPEND_ONLY,
    "troubleshooting.CaseVerdict": APPEND_ONLY,
    "troubleshooting.DeviceAnswer": APPEND_ONLY,
    "troubleshooting.DeviceSnapshot": _kept("account"),
    "troubleshooting.RemovedAnswers": READ_ONLY,  # adding a row removes the answers of a visit: the owner's
    "troubleshooting.CheckFinding": _kept("status", "content", "judged_at"),
    "troubleshooting.ExclusionDecision": APPEND_ONLY,
    "troubleshooting.ExclusionWarning": APPEND_ONLY,
    "troubleshooting.Undo": APPEND_ONLY,
    "troubleshooting.Undo_exclusions": APPEND_ONLY,
    "troubleshooting.Collection": APPEND_ONLY,
    "troubleshooting.CollectorToken": _kept("expires_at", "tries"),
    # Cases and what is done for them
    "troubleshooting.CaseCounter": _kept("last"),
    "troubleshooting.Case": _kept("stage", "closed_at", "updated_at", "verdict_code", "verdict_confidence"),
    "troubleshooting.CheckRun": _kept(
        "status",
        "version",
        "attempt",
        "queued_at",
        "started_at",
        "heartbeat_at",
        "next_attempt_at",
        "cancel_requested_at",
        "finished_at",
        "error_code",
        "error_detail",
    ),
    "troubleshooting.SettingLease": _kept(
        "value_before",
        "value_seen",
        "status",
        "outcome",
        "started_at",
        "ends_at",
        "task_fires_at",
        "unsettled_until",
        "ended_at",
        "attempts",
        "error_code",
        "error_detail",
        "next_attempt_at",
    ),
    "troubleshooting.AuditModeTest": _kept(
        "lease",
        "status",
        "version",
        "approved_by",
        "approved_at",
        "visited_at",
        "visit_outcome",
        "cancelled_by",
        "events_read_at",
        "ended_at",
    ),
    "troubleshooting.Submission": _kept(
        "status",
        "form",
        "alert_link",
        "reference",
        "determination",
        "kept_because",
        "updated_at",
        "sent_at",
        "sent_by",
    ),
    # Exclusions
    "troubleshooting.Exclusion": _kept(
        "scope_kind",
        "scope_device",
        "scope_group",
        "reason",
        "status",
        "round",
        "approvals_needed",
        "expires_at",
        "approved_at",
        "approved_change",
        "digest",
        "ended_by",
        "ended_at",
    ),
    "troubleshooting.Placement": _kept(
        "status",
        "is_canary",
        "was_there_before",
        "indicator_id",
        "outcome",
        "late_put_until",
        "late_removal_until",
        "put_at",
        "verified_at",
        "event_at",
        "ended_at",
        "attempts",
        "error_code",
        "error_detail",
        "next_attempt_at",
    ),
    "troubleshooting.Retest": _kept(
        "lease", "status", "outcome", "content", "due_at", "ended_at", "attempts", "error_code", "error_detail"
    ),
    "troubleshooting.EmergencyStop": _kept("is_on", "ended_at", "ended_by", "end_note"),
    # What PCs and the tenant hold
    "troubleshooting.DriftScan": _kept("ended_at", "error_code", "error_detail"),
    "troubleshooting.DriftFinding": _kept("value", "last_seen_at", "gone_at", "changed_at", "changed_by"),
    "troubleshooting.TenantReading": APPEND_ONLY,
    "troubleshooting.SeenIndicator": Privileges(adds=True, deletes=True),  # the next reading replaces them all
    # People, PCs and groups: what the administration changes and deletes
    "troubleshooting.User": _deleted(
        "password",
        "last_login",
        "is_superuser",
        "username",
        "first_name",
        "last_name",
        "email",
        "is_staff",
        "is_active",
        "date_joined",
        "role",
        "time_zone",
        "must_change_password",
    ),
    "troubleshooting.User_groups": LINKS,
    "troubleshooting.User_user_permissions": LINKS,
    "troubleshooting.Device": _deleted(
        "hostname", "address", "port", "description", "group", "owner", "console_user", "last_visited_at"
    ),
    "troubleshooting.DeviceGroup": _deleted(
        "name",
        "credential_profile",
        "https",
        "port",
        "auth",
        "configuration_name",
        "changing_configuration_name",
        "test_needs_approval",
        "tenant_name",
    ),
    "troubleshooting.AddressChange": _kept("is_approved", "decided_by", "decided_at"),
    "admin.LogEntry": Privileges(adds=True, deletes=True),  # goes with the account of its person
    "troubleshooting.Heartbeat": _kept("at"),
    # What is over is deleted
    "troubleshooting.SignInCounter": _deleted("failures", "last_at", "next_at"),
    "sessions.Session": _deleted("session_data", "expire_date"),
    # What migrate writes
    "auth.Group": READ_ONLY,  # Django's own, of which there are none
    "auth.Group_permissions": READ_ONLY,
    "auth.Permission": READ_ONLY,
    "contenttypes.ContentType": READ_ONLY,
}


def changing_fields(model: type[models.Model]) -> list[str]:
    """Return the fields of a model that may change, for ``save(update_fields=…)``."""
    return list(PRIVILEGES[model._meta.label].changes)


def columns_of(model: type[models.Model]) -> list[str]:
    """Return the columns of a table that may change."""
    columns = {field.name: str(field.column) for field in model._meta.concrete_fields}
    return [columns[name] for name in PRIVILEGES[model._meta.label].changes]


def all_models() -> list[type[models.Model]]:
    """Return every model with a table, those of many-to-many fields included."""
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
