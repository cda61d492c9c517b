"""Sites as a simulated PC sees them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Site:
    """A host of the internet: its address, and what Microsoft's reputation service says about it."""

    address: str = "203.0.113.10"
    is_blocked: bool = False
    redirects: bool = False
    open_ports: frozenset[int] = frozenset({80, 443})


def host_of(url: str) -> str:
    """Return the host of an address or of a bare host name, in lower case."""
    return (urlsplit(url if "//" in url else f"//{url}").hostname or "").casefold()


def visible_part(url: str) -> str:
    """Return what network protection sees of an address: with HTTPS, the path is hidden from it."""
    return f"https://{host_of(url)}" if url.casefold().startswith("https://") else url
