"""Named accounts for devices, from the environment or from a secret mount, never from the database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from troubleshooting.domain.evidence.device_errors import DeviceErrorCode as Code
from troubleshooting.machines.base import Credential
from troubleshooting.machines.errors import MachineError

_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}\Z")

USERNAME, PASSWORD, CERTIFICATE, KEY = "username", "password", "certificate.pem", "key.pem"


def load_credential(profile: str, *, environ: Mapping[str, str], directory: Path | None) -> Credential:
    """Return the account of that profile.

    It is put together from ``<directory>/<profile>/{username,password,certificate.pem,key.pem}`` and from
    ``DEVICE_CREDENTIAL_<PROFILE>_{USERNAME,PASSWORD,CERTIFICATE,CERTIFICATE_KEY}``; a file wins over a variable, and
    the last two variables name files. Raises MachineError CREDENTIALS_MISSING, with the names that were looked for,
    where there is neither a user name nor a certificate with its key.
    """
    prefix = f"DEVICE_CREDENTIAL_{profile.upper().replace('-', '_')}"
    folder = directory / profile if directory is not None and _PROFILE.match(profile) else None
    credential = Credential(
        profile=profile,
        username=_text(folder, USERNAME) or environ.get(f"{prefix}_USERNAME") or None,
        password=_text(folder, PASSWORD) or environ.get(f"{prefix}_PASSWORD") or None,
        certificate_pem=_file(folder, CERTIFICATE) or _path(environ.get(f"{prefix}_CERTIFICATE")),
        certificate_key=_file(folder, KEY) or _path(environ.get(f"{prefix}_CERTIFICATE_KEY")),
    )
    has_certificate = credential.certificate_pem is not None and credential.certificate_key is not None
    if not _PROFILE.match(profile) or not (credential.username or has_certificate):
        raise MachineError(Code.CREDENTIALS_MISSING, _looked_for(profile, prefix, folder))
    return credential


def _text(folder: Path | None, name: str) -> str | None:
    """Return a secret file's text without the line end that editors add, or None."""
    path = _file(folder, name)
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeError):
        return None


def _file(folder: Path | None, name: str) -> Path | None:
    path = folder / name if folder is not None else None
    return path if path is not None and path.is_file() else None


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _looked_for(profile: str, prefix: str, folder: Path | None) -> str:
    variables = ", ".join(f"{prefix}_{end}" for end in ("USERNAME", "PASSWORD", "CERTIFICATE", "CERTIFICATE_KEY"))
    files = ", ".join(str(folder / name) for name in (USERNAME, PASSWORD, CERTIFICATE, KEY)) if folder else "no files"
    return f"Profile {profile!r}: looked for {variables} and {files}."
