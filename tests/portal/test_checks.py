from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from portal import checks
from troubleshooting.domain.checks.windows import PROXY


def ids(found: list[checks.CheckMessage]) -> list[str | None]:
    return [message.id for message in found]


def test_debug_is_refused_in_production(settings: Settings) -> None:
    settings.PRODUCTION = True
    settings.DEBUG = True

    assert ids(checks.check_debug(None)) == ["portal.E001"]


def test_debug_is_allowed_in_development(settings: Settings) -> None:
    settings.DEBUG = True

    assert checks.check_debug(None) == []


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_another_database_engine_is_refused(settings: Settings) -> None:
    settings.DATABASES = {"default": {"ENGINE": "django.db.backends.dummy"}}

    assert ids(checks.check_database_engine(None)) == ["portal.E002"]


def test_a_short_secret_key_is_refused(settings: Settings) -> None:
    settings.SECRET_KEY = "x" * 49

    assert ids(checks.check_secret_key(None)) == ["portal.E003"]


def test_a_missing_credential_directory_is_refused(settings: Settings, tmp_path: Path) -> None:
    settings.DEVICE_CREDENTIAL_DIRECTORY = tmp_path / "none"

    assert ids(checks.check_credential_directory(None)) == ["portal.E004"]


def test_a_credential_directory_open_to_everyone_is_refused(settings: Settings, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    settings.DEVICE_CREDENTIAL_DIRECTORY = tmp_path

    assert ids(checks.check_credential_directory(None)) == ["portal.E005"]


def test_a_missing_ca_file_is_warned_about(settings: Settings, tmp_path: Path) -> None:
    settings.DEVICE_CA_FILE = tmp_path / "none.pem"

    assert ids(checks.check_ca_file(None)) == ["portal.W001"]


def test_the_settings_of_the_tests_pass(settings: Settings, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    settings.DEVICE_CREDENTIAL_DIRECTORY = tmp_path

    found = [
        *checks.check_debug(None),
        *checks.check_database_engine(None),
        *checks.check_secret_key(None),
        *checks.check_credential_directory(None),
        *checks.check_ca_file(None),
    ]

    assert found == []


@pytest.mark.parametrize(
    ("length", "roles", "found"),
    [
        (timedelta(minutes=15), [], []),
        (timedelta(minutes=60), ["employee", "reviewer"], []),
        (timedelta(minutes=61), [], ["portal.E006"]),
        (timedelta(0), ["boss"], ["portal.E006", "portal.E007"]),
    ],
)
def test_a_length_or_a_role_that_cannot_be_is_refused(
    settings: Settings, length: timedelta, roles: list[str], found: list[str]
) -> None:
    settings.AUDIT_MODE_TEST_LENGTH, settings.AUDIT_MODE_TEST_NEEDS_APPROVAL_FROM = length, roles

    assert ids(checks.check_audit_mode_tests(None)) == found


def test_a_check_of_pcs_that_no_visit_asks_about_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.check_entries_read(None) == []
    monkeypatch.setattr(checks, "CHECKS", (replace(PROXY, depends_on=("moon_phase",)),))

    (found,) = checks.check_entries_read(None)

    assert (found.id, found.msg) == ("portal.E008", 'The check "proxy" depends on "moon_phase", which no visit reads.')
