"""docs/reference/device-commands.md is the contract of what may be sent to a device: the catalogue says the same."""

from __future__ import annotations

import re

import pytest

from tests.support.tree import ROOT
from troubleshooting.machines import catalogue
from troubleshooting.machines.pipeline import Entry

CONTRACT = (ROOT / "docs/reference/device-commands.md").read_text(encoding="utf-8")


def rows(heading: str, *, columns: int) -> list[list[str]]:
    """Return the cells of the first table under a heading, without the table's own heading."""
    section = CONTRACT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    table = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert table is not None
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table[0].splitlines()[2:]]
    assert all(len(row) == columns for row in cells)
    return cells


READING = {name: (pipeline, deadline) for name, pipeline, deadline, _, _ in rows("Reading", columns=5)}
CHANGING = {name: (pipeline, "45 s") for name, pipeline, _ in rows("Changing", columns=3)}
ENTRIES = sorted({*catalogue._FIXED, *catalogue._ASKED_WITH_ARGUMENTS}, key=lambda entry: entry.name)


def base(entry: Entry) -> str:
    return entry.name.partition(":")[0]


def test_the_contract_lists_exactly_the_commands_of_the_catalogue():
    assert {*READING, *CHANGING} == {base(entry) for entry in ENTRIES}
    assert READING.keys().isdisjoint(CHANGING)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_command_is_sent_as_the_contract_says(entry):
    pipeline, deadline = {**READING, **CHANGING}[base(entry)]
    of_this_name = [part for other in ENTRIES if base(other) == base(entry) for part in other.pipeline]
    named = {parameter.name or str(parameter.value) for part in of_this_name for parameter in part.parameters}
    switches = {name.removeprefix("-") for name in named if re.fullmatch(r"-?[A-Z]\w+", name)}

    assert set(re.findall(r"\s`?-([A-Z]\w+)", pipeline)) == switches
    assert all(part.name.rpartition("\\")[2] in pipeline for part in of_this_name)
    assert deadline == f"{entry.deadline.total_seconds():.0f} s"
