r"""MPRegistry.txt: Defender's settings by where they come from (docs/reference/diagnostics.md section 4.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from troubleshooting.domain.evidence.places import Place
from troubleshooting.machines.support_files.lines import Lines

EFFECTIVE, GROUP_POLICY, MDM_POLICY, LOCAL = "effective policy", "system policy", "mdm policy", "preferences"
BLOCKS = (EFFECTIVE, GROUP_POLICY, MDM_POLICY, LOCAL)
ROOT = "."
NETWORK_PROTECTION = r"windows defender exploit guard\network protection"
WINDOWS = "windows"  # what stands after Defender's part, by whole keys
CURRENT_VERSION = r"hkey_local_machine\software\microsoft\windows nt\currentversion"

_BLOCK = re.compile(r'^\S.*"(effective policy|system policy|mdm policy|preferences)" ?:?$', re.IGNORECASE)
_SECTION = re.compile(r"^\s*\[([^\[\]]+)\]$")
_TYPE = re.compile(r"\s\[([A-Za-z_0-9]{1,40})\]\s{0,20}:")
_END = re.compile(r"^Windows Setup keys from", re.IGNORECASE)
_NUMBER = re.compile(r"^(?:0x([0-9a-fA-F]{1,16})|(\d{1,20}))\b")
_NOTHING = frozenset({"", "(null)", "<no value>"})
_MOST_VALUES = 50_000


@dataclass(frozen=True, slots=True)
class Value:
    """One value of the registry; ``data`` is None where nothing is in it."""

    name: str
    data: str | int | None
    place: Place


@dataclass
class Block:
    """The values from one source: by folded section, then by folded name."""

    place: Place
    sections: dict[str, dict[str, Value]] = field(default_factory=dict)
    heads: dict[str, Place] = field(default_factory=dict)

    def value(self, section: str, name: str) -> Value | None:
        """Return a value by section and name, in any case."""
        return self.sections.get(section.casefold(), {}).get(name.casefold())

    def anywhere(self, name: str) -> Value | None:
        """Return the first value of that name, for those whose section is not known."""
        wanted = name.casefold()
        return next((values[wanted] for values in self.sections.values() if wanted in values), None)


def read_registry(lines: Lines) -> dict[str, Block]:
    """Return the blocks by name (BLOCKS and WINDOWS); of two values of one name the first counts.

    Nothing of a file with more values than any registry has: a list that was cut off must not look whole.
    """
    if sum(line[:1].isspace() for _number, line in lines) > _MOST_VALUES:
        return {}
    blocks: dict[str, Block] = {}
    block: Block | None = None
    section = ROOT
    for number, line in lines:
        if found := _BLOCK.match(line):
            block, section = blocks.setdefault(found[1].casefold(), Block(lines.place(number))), ROOT
        elif _END.match(line):
            block, section = blocks.setdefault(WINDOWS, Block(lines.place(number))), ROOT
        elif found := _SECTION.match(line):
            section = found[1].strip().casefold()
            if block is not None:
                block.heads.setdefault(section, lines.place(number))
        elif block is not None and line[:1].isspace() and (found := _TYPE.search(line)):
            name, data = line[: found.start()].strip(), _data(found[1], line[found.end() :])
            value = Value(name, data, lines.place(number))
            block.sections.setdefault(section, {}).setdefault(value.name.casefold(), value)
    return blocks


def _data(kind: str, text: str) -> str | int | None:
    written = text.strip()
    if written.casefold() in _NOTHING:
        return None
    if kind.upper() in {"REG_DWORD", "REG_QWORD"}:
        found = _NUMBER.match(written)
        return (int(found[1], 16) if found[1] else int(found[2])) if found else None
    return written
