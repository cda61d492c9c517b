import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client

from portal.celery import app as celery_app

ROOT = Path(__file__).resolve().parents[2]
COMPLETE = {
    "SECRET_KEY": "x" * 50,
    "DATABASE_URL": "postgresql://portal@db/portal",
    "REDIS_URL": "redis://redis:6379/0",
    "ALLOWED_HOSTS": "portal.contoso.example",
}
ASK = "import django; django.setup(); from django.conf import settings as s; "


def in_production(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own with the settings of production and nothing else in the environment."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, "DJANGO_SETTINGS_MODULE": "portal.settings.base", **env},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("missing", ["SECRET_KEY", "DATABASE_URL", "REDIS_URL"])
def test_production_does_not_start_without_its_secrets(missing: str) -> None:
    ended = in_production(ASK, **{name: value for name, value in COMPLETE.items() if name != missing})

    assert ended.returncode == 1
    assert f"The portal cannot start: set {missing} in the environment" in ended.stderr


@pytest.mark.parametrize("url", ["sqlite:///db.sqlite3", "mysql://portal@db/portal", "postgis://portal@db/portal"])
def test_production_does_not_start_on_another_database(url: str) -> None:
    ended = in_production(ASK, **COMPLETE | {"DATABASE_URL": url})

    assert ended.returncode == 1
    assert "DATABASE_URL must name a PostgreSQL server" in ended.stderr


def test_production_is_closed() -> None:
    ended = in_production(
        ASK + "print(s.DEBUG, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, "
        "s.SECURE_HSTS_SECONDS > 0, not s.DEVICES_MAY_BE_LOCAL, s.DATABASES['default']['ENGINE'], s.ALLOWED_HOSTS)",
        **COMPLETE,
    )

    assert ended.stdout.split(maxsplit=7) == [
        "False",
        "True",
        "True",
        "True",
        "True",
        "True",
        "portal.database",
        "['portal.contoso.example']\n",
    ]


def test_production_passes_its_own_deployment_checks() -> None:
    ended = in_production(
        "from django.core.management import execute_from_command_line as run; "
        "run(['manage.py', 'check', '--deploy', '--tag', 'security', '--fail-level', 'ERROR'])",
        **COMPLETE,
    )

    assert ended.returncode == 0, ended.stderr


def test_pages_carry_a_strict_content_security_policy(client: Client) -> None:
    policy = client.get("/healthz/").headers["Content-Security-Policy"]

    directives = {part.split()[0]: part.split()[1:] for part in policy.split(";") if part.strip()}
    assert directives == {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }


def test_pages_carry_the_other_security_headers(client: Client) -> None:
    headers = client.get("/healthz/").headers

    assert {name: headers[name] for name in ("X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy")} == {
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
    }
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_every_scheduled_task_is_a_task() -> None:
    celery_app.loader.import_default_modules()

    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert scheduled <= set(celery_app.tasks)


def test_the_test_database_is_postgresql() -> None:
    assert settings.DATABASES["default"]["ENGINE"] == "portal.database"
    assert apps.is_installed("django.contrib.postgres")
