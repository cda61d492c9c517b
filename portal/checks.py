"""Start-up checks: what must never be wrong where real people use the portal."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register

from troubleshooting.domain.checks.registry import CHECKS
from troubleshooting.domain.leases.lease import LONGEST
from troubleshooting.machines.catalogue import prerequisite_visit

SECRET_KEY_MIN_LENGTH = 50
POSTGRESQL = "portal.database"  # Django's own, with limits on waiting


def register_all() -> None:
    """Hand the checks to Django; ``manage.py check`` and every start run them."""
    for check in (check_debug, check_database_engine, check_secret_key, check_credential_directory, check_ca_file):
        register(check, Tags.security)
    register(check_audit_mode_tests, Tags.compatibility)
    register(check_entries_read, Tags.compatibility)


def check_debug(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Refuse DEBUG in production: its pages show settings and data to everyone."""
    if settings.PRODUCTION and settings.DEBUG:
        return [Error("DEBUG is on in production.", hint="Leave DEBUG out of the settings.", id="portal.E001")]
    return []


def check_database_engine(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Refuse every engine but PostgreSQL."""
    engine = settings.DATABASES["default"]["ENGINE"]
    if engine != POSTGRESQL:
        return [Error(f"The database engine is {engine}.", hint="Set DATABASE_URL to PostgreSQL.", id="portal.E002")]
    return []


def check_secret_key(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Refuse a short secret key: it signs sessions and password links."""
    if len(settings.SECRET_KEY) < SECRET_KEY_MIN_LENGTH:
        hint = f"Make one of at least {SECRET_KEY_MIN_LENGTH} characters."
        return [Error("SECRET_KEY is too short.", hint=hint, id="portal.E003")]
    return []


def check_credential_directory(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Refuse a directory of device credentials that is missing or that everyone on this machine can read."""
    directory: Path | None = settings.DEVICE_CREDENTIAL_DIRECTORY
    if directory is None:
        return []
    if not directory.is_dir():
        return [Error(f"DEVICE_CREDENTIAL_DIRECTORY names {directory}, which is no directory.", id="portal.E004")]
    if directory.stat().st_mode & stat.S_IRWXO:
        hint = f"Run: chmod o-rwx {directory}"
        return [Error(f"Everyone on this machine can look into {directory}.", hint=hint, id="portal.E005")]
    return []


def check_ca_file(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Warn about a missing file of certificate authorities: no PC could be trusted."""
    ca_file: Path | None = settings.DEVICE_CA_FILE
    if ca_file is not None and not ca_file.is_file():
        return [checks.Warning(f"DEVICE_CA_FILE names {ca_file}, which is no file.", id="portal.W001")]
    return []


def check_audit_mode_tests(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Refuse a length that no lease may have, and roles that nobody has: they would demand an approval from no one."""
    found: list[CheckMessage] = []
    if not timedelta(0) < settings.AUDIT_MODE_TEST_LENGTH <= LONGEST:
        hint = "Give a length of at most an hour, for example 15m."
        found.append(
            Error(f"AUDIT_MODE_TEST_LENGTH is {settings.AUDIT_MODE_TEST_LENGTH}.", hint=hint, id="portal.E006")
        )
    roles = [str(code) for code, _label in get_user_model()._meta.get_field("role").choices or ()]
    unknown = sorted(set(settings.AUDIT_MODE_TEST_NEEDS_APPROVAL_FROM) - set(roles))
    if unknown:
        hint = f"The roles are {', '.join(roles)}."
        names = ", ".join(unknown)
        found.append(Error(f"AUDIT_MODE_TEST_NEEDS_APPROVAL_FROM names {names}.", hint=hint, id="portal.E007"))
    return found


def check_entries_read(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    """Refuse a check of PCs that waits for an answer which no visit asks for: it would never be judged."""
    asked = {entry.name.partition(":")[0] for entry in prerequisite_visit(since=timedelta(hours=24))}
    missing = [(check.id, name) for check in CHECKS for name in check.depends_on if name not in asked]
    return [
        Error(
            f'The check "{check}" depends on "{name}", which no visit reads.',
            hint="Name an entry of prerequisite_visit() in troubleshooting/machines/catalogue.py.",
            id="portal.E008",
        )
        for check, name in missing
    ]
