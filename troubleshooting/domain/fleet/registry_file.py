"""A file that regedit imports: UTF-16 with its mark, CRLF, and the escaping of its own that is not PowerShell's.

Source: Microsoft, "How to add, modify, or delete registry subkeys and values by using a .reg file". Within quotes the
backslash and the double quote are escaped by a backslash; a line end cannot stand there at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

POLICIES = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows Defender"


class NotRegistrable(ValueError):
    """A .reg file cannot hold this: a control character, a line end, or a number beyond 32 bits."""


@dataclass(frozen=True, slots=True)
class RegistryValue:
    """One value below Defender's policies: ``key`` is what follows POLICIES, data an int (REG_DWORD) or a REG_SZ."""

    key: str
    name: str
    data: int | str

    @property
    def path(self) -> str:
        """Return the whole path of the key."""
        return "\\".join(filter(None, (POLICIES, self.key)))

    @property
    def kind(self) -> str:
        """Return the type as regedit names it."""
        return "REG_DWORD" if isinstance(self.data, int) else "REG_SZ"


def registry_file(values: Iterable[RegistryValue]) -> bytes:
    """Return the file; raises NotRegistrable."""
    lines = ["Windows Registry Editor Version 5.00", ""]
    for value in values:
        lines += [f"[{_checked(value.path)}]", f"{_quoted(value.name)}={_data(value.data)}", ""]
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode("utf-16-le")


def _data(data: int | str) -> str:
    if isinstance(data, str):
        return _quoted(data)
    if not 0 <= data < 1 << 32:
        raise NotRegistrable(data)
    return f"dword:{data:08x}"


def _quoted(text: str) -> str:
    return '"' + _checked(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _checked(text: str) -> str:
    if not text.isprintable():
        raise NotRegistrable(text)
    return text
