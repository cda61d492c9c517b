"""Typed reads of the environment, so that a wrong or missing value stops the start with a sentence.

A value is looked for in the environment, then in the file that ``NAME_FILE`` points to (a secret mount), then in the
fallbacks that a settings module for development or tests has laid down. Production lays down none.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_fallbacks: dict[str, str] = {}

_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})
_UNITS: Mapping[str, str] = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def fall_back_to(values: Mapping[str, str]) -> None:
    """Lay down what counts where the environment says nothing (development and tests only)."""
    _fallbacks.update(values)


def read_env_file(path: Path) -> dict[str, str]:
    """Return the ``NAME=value`` lines of a file; an empty mapping where there is no such file."""
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def env_str(name: str, *, default: str | None = None) -> str:
    """Return a text; raise ImproperlyConfigured with a sentence where it is missing and has no default."""
    value = _find(name)
    if value is not None:
        return value
    if default is not None:
        return default
    raise ImproperlyConfigured(f"The portal cannot start: set {name} in the environment (or {name}_FILE to a file).")


def env_bool(name: str, *, default: bool) -> bool:
    """Return a yes or no, written 1/0, true/false, yes/no or on/off."""
    value = _find(name)
    if value is None:
        return default
    word = value.strip().lower()
    if word not in _YES | _NO:
        raise _wrong(name, value, "write true or false")
    return word in _YES


def env_int(name: str, *, default: int) -> int:
    """Return a whole number."""
    value = _find(name)
    if value is None:
        return default
    try:
        return int(value)
    except ValueError as error:
        raise _wrong(name, value, "write a whole number, for example 60") from error


def env_timedelta(name: str, *, default: timedelta) -> timedelta:
    """Return a duration, written as a number with its unit: 90s, 5m, 24h or 3d."""
    value = _find(name)
    if value is None:
        return default
    number, unit = value.strip()[:-1], value.strip()[-1:]
    if unit not in _UNITS or not number.isdecimal():
        raise _wrong(name, value, "write a number and its unit, for example 90s, 5m, 24h or 3d")
    return timedelta(**{_UNITS[unit]: int(number)})


def env_path(name: str, *, default: Path | None = None) -> Path | None:
    """Return a path, or None where nothing is set; whether it exists is for the system checks to say."""
    value = _find(name)
    return Path(value) if value else default


def env_list(name: str, *, default: tuple[str, ...] = ()) -> list[str]:
    """Return the parts of a list with commas, without the empty ones."""
    value = _find(name)
    if value is None:
        return list(default)
    return [part.strip() for part in value.split(",") if part.strip()]


def _find(name: str) -> str | None:
    if name in os.environ:
        return os.environ[name]
    if secret_file := os.environ.get(f"{name}_FILE"):
        return _read_secret(name, Path(secret_file))
    return _fallbacks.get(name)


def _read_secret(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read: {error.strerror}.") from error


def _wrong(name: str, value: str, hint: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name} is {value!r}: {hint}.")
