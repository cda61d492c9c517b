"""Commands that try the network from the PC."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from psrpcore.types import ErrorCategory, PSInt, PSUInt

from portal.demo.lab import errors
from portal.demo.lab.call import Call
from portal.demo.lab.errors import CommandError
from portal.demo.lab.objects import Thing, Typed
from portal.demo.lab.pc import Visit
from portal.demo.lab.run import Run
from portal.demo.lab.sites import host_of

REMOTE_HOST = r"C:\Windows\System32\wsmprovhost.exe"
CLOSED = "The underlying connection was closed: An unexpected error occurred on a send."
TOO_MANY_REDIRECTS = (
    "The maximum redirection count has been exceeded. To increase the number of redirections allowed, supply a "
    "higher value to the -MaximumRedirection parameter."
)


def resolve_name(run: Run, call: Call) -> Iterator[Thing]:
    """Answer with an A record, or say that there is no such name."""
    name = str(call.get("Name"))
    site = run.pc.sites.get(host_of(name))
    if site is None:
        raise CommandError(
            f"{name} : DNS name does not exist",
            f"DNS_ERROR_RCODE_NAME_ERROR,{errors.full_name('Resolve-DnsName')}",
            category=ErrorCategory.ResourceUnavailable,
            reason="Win32Exception",
            target=name,
        )
    record = {
        "Name": name,
        "Type": Typed("Microsoft.DnsClient.Commands.RecordType", "A"),
        "CharacterSet": Typed("Microsoft.DnsClient.Commands.DNSCharset", "Unicode"),
        "Section": Typed("Microsoft.DnsClient.Commands.DNSSection", "Answer"),
        "DataLength": 4,
        "TTL": PSUInt(300),
        "Address": site.address,
        "IPAddress": site.address,
        "QueryType": Typed("Microsoft.DnsClient.Commands.RecordType", "A"),
        "IP4Address": site.address,
    }
    names = ("Microsoft.DnsClient.Commands.DnsRecord_A", "Microsoft.DnsClient.Commands.DnsRecord")
    yield Thing(names[0], record, type_names=names, to_string=names[0])


def test_port(run: Run, call: Call) -> Iterator[Thing]:
    """Answer whether a TCP connection was made."""
    host, port = str(call.get("ComputerName")), int(call.get("Port"))
    site = run.pc.sites.get(host_of(host))
    answer = {
        "ComputerName": host,
        "RemoteAddress": Typed("System.Net.IPAddress", site.address) if site else None,
        "RemotePort": PSUInt(port),
        "TcpTestSucceeded": site is not None and port in site.open_ports,
    }
    yield Thing("TestNetConnectionResult", answer)


def request_page(run: Run, call: Call) -> Iterator[Thing]:
    """Open a page from the session's own process, as network protection sees it."""
    url = str(call.get("Uri"))
    site = run.pc.sites.get(host_of(url))
    if site is None:
        raise _web_error(f"The remote name could not be resolved: '{host_of(url)}'")
    if run.pc.visit(url, program=REMOTE_HOST, user=r"NT AUTHORITY\NETWORK SERVICE") is Visit.BLOCKED:
        raise _web_error(CLOSED)
    if site.redirects:
        run.report(_redirect_error())
    yield Thing(
        "Microsoft.PowerShell.Commands.BasicHtmlWebResponseObject",
        {"StatusCode": PSInt(302 if site.redirects else 200)},
    )


def _web_error(message: str) -> CommandError:
    return CommandError(
        message,
        f"WebCmdletWebResponseException,{errors.full_name('Invoke-WebRequest')}",
        category=ErrorCategory.InvalidOperation,
        reason="WebException",
        target="System.Net.HttpWebRequest",
        target_type="HttpWebRequest",
        terminating=True,
    )


def _redirect_error() -> CommandError:
    return CommandError(
        "Operation is not valid due to the current state of the object.",
        f"MaximumRedirectExceeded,{errors.full_name('Invoke-WebRequest')}",
        category=ErrorCategory.InvalidOperation,
        reason="InvalidOperationException",
        target="System.Net.HttpWebRequest",
        target_type="HttpWebRequest",
        details=TOO_MANY_REDIRECTS,
    )


def test_secure_channel(run: Run, call: Call) -> Iterator[bool]:
    """Answer True on a member of a domain."""
    if not run.pc.part_of_domain:
        raise CommandError(
            "Cannot verify the secure channel for the local computer. The local computer is not joined to a domain "
            "or the domain cannot be contacted.",
            f"ComputerNotInDomain,{errors.full_name('Test-ComputerSecureChannel')}",
            category=ErrorCategory.InvalidOperation,
            reason="InvalidOperationException",
            target=run.pc.hostname,
            terminating=True,
        )
    yield True


HANDLERS: dict[str, Callable[[Run, Call], Iterable[Any]]] = {
    "Resolve-DnsName": resolve_name,
    "Test-NetConnection": test_port,
    "Invoke-WebRequest": request_page,
    "Test-ComputerSecureChannel": test_secure_channel,
}
