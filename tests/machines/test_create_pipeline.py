"""What begins a pipeline is, byte for byte, what pypsrp itself would write, and is written once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.serializer import Serializer
from pypsrp.wsman import WSMan

from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.machines import catalogue, changing
from troubleshooting.machines.catalogue import CLOSING, prerequisite_visit
from troubleshooting.machines.create_pipeline import MOST_KEPT, _written, create_pipeline
from troubleshooting.machines.pipeline import Cmdlet, Entry, Parameter

VISIT = (*prerequisite_visit(timedelta(hours=1)), CLOSING)
CHANGES = (
    changing.add_exclusion(ExclusionKind.PROCESS, "C:\\Program Files\\Zürich’s & Co\\a-b.exe"),
    catalogue.request_page("https://www.example.com/a?b=c&d=%C3%A4"),
)


class Recorded(PowerShell):
    """pypsrp's own pipeline, which keeps what it would send."""

    message: Any = None

    def _invoke(self, msg: Any) -> None:
        self.message = msg


def by_pypsrp(entries: tuple[Entry, ...], protocol_version: str) -> bytes:
    pool = RunspacePool(WSMan("pc.example"))
    pool.protocol_version = protocol_version
    shell = Recorded(pool)
    for entry in entries:
        if shell.commands:
            shell.add_statement()
        for part in entry.pipeline:
            shell.add_cmdlet(part.name)
            for parameter in part.parameters:
                value = list(parameter.value) if isinstance(parameter.value, tuple) else parameter.value
                if parameter.name is None:
                    shell.add_argument(value)
                else:
                    shell.add_parameter(parameter.name, value)
    shell.begin_invoke(remote_stream_options=0)
    return ElementTree.tostring(Serializer().serialize(shell.message), encoding="utf-8", method="xml")


@pytest.mark.parametrize("entries", [VISIT, *((entry,) for entry in CHANGES)], ids=["visit", "change", "page"])
@pytest.mark.parametrize("protocol_version", ["2.1", "2.2", "2.3"])
def test_it_is_what_pypsrp_writes(entries: tuple[Entry, ...], protocol_version: str):
    assert create_pipeline(entries, protocol_version=protocol_version).body == by_pypsrp(entries, protocol_version)


def test_the_same_statements_are_written_once():
    _written.cache_clear()
    first = create_pipeline(VISIT, protocol_version="2.3")
    again = create_pipeline((*prerequisite_visit(timedelta(hours=1)), CLOSING), protocol_version="2.3")

    assert first.body is again.body
    assert _written.cache_info().misses == 1


def test_values_that_are_equal_and_not_the_same_are_kept_apart():
    texts = {
        create_pipeline((entry(value),), protocol_version="2.3").body for value in (1, True, "1", "True", None, ("1",))
    }

    assert len(texts) == 6


def test_what_is_kept_has_an_end():
    for number in range(MOST_KEPT + 10):
        create_pipeline((entry(f"https://{number}.example/"),), protocol_version="2.3")

    assert _written.cache_info().currsize == MOST_KEPT


def entry(value: Any) -> Entry:
    return Entry("x", (Cmdlet("Get-X", (Parameter("Value", value),)),), timedelta(seconds=1))
