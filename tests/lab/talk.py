"""Unmodified pypsrp, as the tests of the lab use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from portal.demo.lab.server import LAB_PASSWORD, LAB_USERNAME, LabServer

NP_LOG = "Microsoft-Windows-Windows Defender/Operational"
MPCMDRUN = r"C:\Program Files\Windows Defender\MpCmdRun.exe"
EVENT_FILTER = "*[System[(EventID=1125 or EventID=1126 or EventID=5007 or EventID=5013) and {}]]".format(
    "TimeCreated[timediff(@SystemTime) <= 3600000]"
)

Command = tuple[str, dict[str, Any]]


def client(server: LabServer, **settings: Any) -> WSMan:
    """Return a client of that server."""
    plain = {
        "port": server.port,
        "ssl": server.https,
        "auth": "ntlm",
        "username": LAB_USERNAME,
        "password": LAB_PASSWORD,
        "no_proxy": True,
        "cert_validation": str(server.ca_file) if server.https else True,
        "connection_timeout": 5,
        "read_timeout": 10,
        "operation_timeout": 5,
    }
    return WSMan("localhost" if server.https else "127.0.0.1", **{**plain, **settings})


@contextmanager
def opened(server: LabServer, **settings: Any) -> Iterator[RunspacePool]:
    """Open a runspace pool for a while."""
    with client(server, **settings) as wsman, RunspacePool(wsman) as pool:
        yield pool


@contextmanager
def left_open(server: LabServer, **settings: Any) -> Iterator[RunspacePool]:
    """Open a runspace pool that is not closed at the end, for servers that are gone by then."""
    with client(server, **settings) as wsman:
        pool = RunspacePool(wsman)
        pool.open()
        yield pool


def build(pool: RunspacePool, *statements: list[Command]) -> PowerShell:
    """Build a pipeline of statements, each a list of commands with their parameters."""
    shell = PowerShell(pool)
    for number, statement in enumerate(statements):
        if number:
            shell.add_statement()
        for name, parameters in statement:
            shell.add_cmdlet(name)
            for parameter, value in parameters.items():
                shell.add_argument(value) if parameter.startswith("argument") else shell.add_parameter(parameter, value)
    return shell


def run(pool: RunspacePool, *statements: list[Command]) -> PowerShell:
    """Run statements as one pipeline and give it, ended."""
    shell = build(pool, *statements)
    shell.invoke()
    return shell


def read(server: LabServer, *commands: Command, **settings: Any) -> PowerShell:
    """Run one statement in a session of its own."""
    with opened(server, **settings) as pool:
        return run(pool, list(commands))


def only(shell: PowerShell) -> Any:
    """Return the one object that a pipeline put out."""
    assert [str(error) for error in shell.streams.error] == []
    (value,) = shell.output
    return value


def errors(shell: PowerShell) -> list[str]:
    """Return the identifiers of the errors."""
    return [error.fq_error for error in shell.streams.error]


def select(*names: str) -> Command:
    return "Select-Object", {"Property": list(names)}


def cim(class_name: str, **further: Any) -> Command:
    return "Get-CimInstance", {**further, "ClassName": class_name}


def key(path: str) -> Command:
    return "Get-ItemProperty", {"Path": path}


def events(log: str = NP_LOG, xpath: str = EVENT_FILTER, most: int = 500) -> list[Command]:
    return [
        ("Get-WinEvent", {"LogName": log, "FilterXPath": xpath, "MaxEvents": most}),
        ("ForEach-Object", {"MemberName": "ToXml"}),
    ]


DATE: Command = ("Get-Date", {})
STATUS: Command = ("Get-MpComputerStatus", {})
PREFERENCE: Command = ("Get-MpPreference", {})
