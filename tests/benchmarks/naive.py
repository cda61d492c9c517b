"""The naive way to read a device, as a yardstick: the same commands unfiltered, one pipeline each.

Whole CIM objects carry their class declaration along, and nothing is batched (docs/reference/remoting.md section 9).
It needs an endpoint without NoLanguage limits, which the lab's ``--full-language`` PCs have.
"""

from __future__ import annotations

from datetime import timedelta

from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from portal.demo.lab.server import LAB_PASSWORD, LAB_USERNAME
from troubleshooting.machines.catalogue import prerequisite_visit
from troubleshooting.machines.pipeline import SELECT_OBJECT, Entry

UNFILTERED = frozenset({SELECT_OBJECT})


def read_naively(port: int) -> int:
    """Read everything a visit reads and give how many objects came."""
    wsman = WSMan(
        "localhost",
        port=port,
        username=LAB_USERNAME,
        password=LAB_PASSWORD,
        ssl=False,
        auth="ntlm",
        encryption="always",
        no_proxy=True,
    )
    with wsman, RunspacePool(wsman) as pool:
        return sum(_read(pool, entry) for entry in prerequisite_visit(timedelta(hours=24)))


def _read(pool: RunspacePool, entry: Entry) -> int:
    pipeline = PowerShell(pool)
    for part in entry.pipeline:
        if part.name in UNFILTERED:
            continue
        pipeline.add_cmdlet(part.name)
        for parameter in part.parameters:
            value = list(parameter.value) if isinstance(parameter.value, tuple) else parameter.value
            if parameter.name is None:
                pipeline.add_argument(value)
            else:
                pipeline.add_parameter(parameter.name, value)
    return len(pipeline.invoke())
