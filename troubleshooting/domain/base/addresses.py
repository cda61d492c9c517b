"""Where PCs may be: a host and a port, never the portal's own, and never near it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _

Endpoint = tuple[str, int]  # host, port

LONGEST_NAME = 253
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_NUMBER = re.compile(r"(?:0[xX][0-9A-Fa-f]*|[0-9]+)")  # a resolver takes "127.1" and "0x7f000001" for addresses


def is_host(text: str) -> bool:
    """Tell whether a text is a host name or an IP address, and nothing beside it: no scheme, user, port or path."""
    if _ip(text) is not None:
        return "%" not in text
    last = text.rstrip(".").rpartition(".")[2]
    return len(text) <= LONGEST_NAME and bool(_NAME.fullmatch(text)) and not _NUMBER.fullmatch(last)


def is_local(host: str) -> bool:
    """Tell whether this is loopback, link-local, or no address of one machine; a name is not looked up."""
    ip = _ip(host)
    if ip is None:
        name = host.rstrip(".").casefold()
        return name == "localhost" or name.endswith(".localhost")
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_multicast


def why_not_visited(host: str, port: int, *, own: Collection[Endpoint], may_be_local: bool) -> Text | None:
    """Return why no PC may be at an address; None where one may. ``own``: web, database and broker."""
    if not is_host(host):
        return say(_("This must be a host name or an IP address, without a scheme, a port or a path."))
    if is_local(host) and not may_be_local:
        return say(_("This is the portal's own machine or its own network segment. No PC is visited there."))
    if (_plain(host), port) in {(_plain(own_host), own_port) for own_host, own_port in own}:
        return say(_("The portal's own web server, database or broker is at this address and port."))
    return None


def _plain(host: str) -> str:
    ip = _ip(host)
    return host.rstrip(".").casefold() if ip is None else ip.compressed


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
