"""A .reg file, read back by hivexregedit, which did not write it."""

from __future__ import annotations

import re

import pytest

from tests.support.hive import read_back
from troubleshooting.domain.fleet.registry_file import POLICIES, NotRegistrable, RegistryValue, registry_file

ODD = [
    r"C:\Program Files\App\app.exe",
    "C:\\a’; Start-Process calc; ’b.exe",
    'C:\\quoted "twice"\\x.exe',
    r"\\server\share$\größe (x86)\[1]\a=b.exe",
    "C:\\😀\\x.exe",
    "2001:db8::1",
    "-",
    "@",
]


def values_in(exported: str) -> dict[str, str | int]:
    """Return the values of an export by key and name, below Defender's policies."""
    found: dict[str, str | int] = {}
    key = ""
    for line in exported.splitlines():
        if line.startswith("["):
            key = line[1:-1].removeprefix(POLICIES)
        elif line.startswith('"'):
            name, data = re.fullmatch(r'"((?:[^"\\]|\\.)*)"=(.*)', line).groups()
            name = re.sub(r"\\(.)", r"\1", name)
            found[f"{key} {name}"] = (
                int(data.removeprefix("dword:"), 16)
                if data.startswith("dword:")
                else bytes.fromhex(data.removeprefix("hex(1):").replace(",", "")).decode("utf-16-le").removesuffix("\0")
            )
    return found


def test_numbers_and_odd_texts_come_back_as_they_were(tmp_path):
    values = [RegistryValue("Spynet", "SpynetReporting", 2), RegistryValue("", "Top", 0xFFFFFFFF)]
    values += [RegistryValue(r"Exclusions\Processes", name, f"{name}\\") for name in ODD]

    found = values_in(read_back(tmp_path, registry_file(values)))

    assert found == {
        r"\Spynet SpynetReporting": 2,
        " Top": 0xFFFFFFFF,
        **{rf"\Exclusions\Processes {name}": f"{name}\\" for name in ODD},
    }


def test_the_file_is_what_regedit_takes():
    file = registry_file([RegistryValue("Spynet", "SpynetReporting", 2)])

    assert file.startswith(b"\xff\xfe")
    lines = file.decode("utf-16").split("\r\n")
    assert lines[0] == "Windows Registry Editor Version 5.00"
    assert lines[2:4] == [f"[{POLICIES}\\Spynet]", '"SpynetReporting"=dword:00000002']
    assert "\n" not in "".join(lines)


@pytest.mark.parametrize("data", ["a\nb", "a\r\n[HKEY_LOCAL_MACHINE\\x]", "a\x00", "a\u2028b", -1, 1 << 32])
def test_what_the_file_cannot_hold_is_refused(data):
    with pytest.raises(NotRegistrable):
        registry_file([RegistryValue("Spynet", "x", data)])
    if isinstance(data, str):
        with pytest.raises(NotRegistrable):
            registry_file([RegistryValue("Spynet", data, 1)])
