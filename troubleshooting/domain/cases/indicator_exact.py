"""An address in one canonical form: a URL, a host name or an IP address.

It is read as it stands: quotes around it, a final dot and the usual ways of making it harmless
(``hxxps://bad[.]example``) are taken off, and what could mean two things is refused with a sentence.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import idna

from troubleshooting.domain.cases.hosts import IndicatorKind, canonical_host, read_ip
from troubleshooting.domain.cases.indicator_errors import InvalidIndicator, Refusal
from troubleshooting.domain.cases.typed_words import EDGES

LONGEST_ADDRESS = 2048  # characters, before and after it is made canonical
HIGHEST_PORT = 65535

# ftp too: network protection inspects FTP and works on every port (docs/reference/checks.md section 6,
# docs/reference/performance-and-proxy.md section 1). Other schemes never name a connection that it decides on.
DEFAULT_PORTS: Mapping[str, int] = {"http": 80, "https": 443, "ftp": 21}

# Addresses that exist only inside one network or machine (RFC 1918, 6598, 3927, 4193, 4291).
PRIVATE_NETWORKS: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::/127",
        "fc00::/7",
        "fe80::/10",
    )
)

_JOINERS = "\u200c\u200d"  # real letters' companions in some scripts; IDNA decides about them
_PATH_SAFE = "!$&()*+,-./:;=?@_~%"  # quotes and brackets are encoded, so that a canonical text has none at its edge
_DEFANGED_SCHEME = re.compile(r"(?i)\Ahxxp(s?)(?=[:\[])")
_DEFANGED_COLON = re.compile(r"\[:(//)?\]")
_SCHEME = re.compile(r"(?i)\A([a-z][a-z0-9+.-]*)://")
_SCHEME_AS_HOST = re.compile(r"(?i)\A(?:h[tx]{2}ps?|ftp)(?:[/?#]|__|\Z)")
_SCHEME_TYPO = re.compile(r"(?i)\A(?:https?|ftp):(?!//)")
_RANGE = re.compile(r"[0-9.]*[0-9]-[0-9][0-9.]*|[0-9a-f:]*:[0-9a-f:]*-[0-9a-f:]+")
_CIDR_LENGTH = re.compile(r"/[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class Indicator:
    """A reported address in canonical form.

    ``host`` is ASCII and lower-case (IDNA 2008), or the text of an IP address without brackets. ``port`` is None where
    none was given or the given one is the scheme's own. ``path`` has the query with it and never the fragment, which
    does not leave the browser.
    """

    kind: IndicatorKind
    value: str
    host: str
    scheme: str | None = None
    port: int | None = None
    path: str | None = None

    @property
    def display_host(self) -> str:
        """Return the host as people write it (Unicode); a label that is not valid IDNA stays as it is."""
        return ".".join(_displayed(label) for label in self.host.split("."))

    @property
    def address(self) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
        """Return the IP address that the host is, or None for a name."""
        return read_ip(self.host)

    @property
    def is_private(self) -> bool:
        """Tell whether the host is an IP address of an internal network or of the PC itself (a name never is)."""
        address = self.address
        if isinstance(address, ipaddress.IPv6Address):
            address = address.ipv4_mapped or address
        return address is not None and any(address in network for network in PRIVATE_NETWORKS)

    def as_json(self) -> dict[str, Any]:
        """Return the form that is stored."""
        return {
            "kind": self.kind.value,
            "value": self.value,
            "host": self.host,
            "scheme": self.scheme,
            "port": self.port,
            "path": self.path,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Indicator:
        """Read back what :meth:`as_json` gave."""
        return cls(
            kind=IndicatorKind(stored["kind"]),
            value=stored["value"],
            host=stored["host"],
            scheme=stored.get("scheme"),
            port=stored.get("port"),
            path=stored.get("path"),
        )


def parse_exact(text: str) -> Indicator:
    """Read an address as it stands, from a PC, the tenant or our own records; raises :class:`InvalidIndicator`.

    Only what copying leaves around it and the usual ways of making it harmless are taken off: nothing is guessed.
    """
    plain = refang(_checked_text(text))
    scheme, rest = _split_scheme(plain)
    authority, path = _split_authority(rest)
    _refuse_groups(authority, path, scheme)
    host, port = _split_port(authority)
    if scheme is not None and port == DEFAULT_PORTS[scheme]:
        port = None
    return _build(host, scheme=scheme, port=port, path=path)


def refang(text: str) -> str:
    """Undo the usual ways of making an address harmless: ``hxxp``, ``[.]``, ``(.)`` in the host, ``[:]``, ``[://]``."""
    text = _DEFANGED_SCHEME.sub(r"http\1", text)
    text = _DEFANGED_COLON.sub(r":\1", text).replace("[.]", ".")
    beginning = _SCHEME.match(text)
    start = beginning.end() if beginning else 0
    authority, path = _split_authority(text[start:])
    return text[:start] + authority.replace("(.)", ".") + (path or "")


def _checked_text(text: str) -> str:
    """Return the text without what surrounds it; refuse what no address can contain anywhere."""
    trimmed = bounded(text)
    if any(character.isspace() for character in trimmed):
        raise InvalidIndicator(Refusal.SPACES)
    return trimmed


def bounded(text: str) -> str:
    """Return the text without what surrounds it; refuse what is empty, too long, or contains what nobody can see."""
    trimmed = text.strip(EDGES)
    if not trimmed:
        raise InvalidIndicator(Refusal.EMPTY)
    if len(trimmed) > LONGEST_ADDRESS:
        raise InvalidIndicator(Refusal.TOO_LONG)
    if any(_is_invisible(character) for character in trimmed):
        raise InvalidIndicator(Refusal.CONTROL_CHARACTERS)
    return trimmed


def _is_invisible(character: str) -> bool:
    """Tell whether a character is a control, format or surrogate one (line breaks and tabs count as spaces)."""
    if character in "\t\r\n" or character in _JOINERS:
        return False
    return unicodedata.category(character) in {"Cc", "Cf", "Cs"}


def _split_scheme(text: str) -> tuple[str | None, str]:
    """Part the scheme (lower-case) from the rest."""
    beginning = _SCHEME.match(text)
    if beginning is None:
        if _SCHEME_TYPO.match(text) and not re.match(r"(?i)\A(?:https?|ftp):[0-9]+(?:/|\Z)", text):
            raise InvalidIndicator(Refusal.SCHEME)
        if _SCHEME_AS_HOST.match(text):
            raise InvalidIndicator(Refusal.SCHEME)
        return None, text
    scheme = beginning.group(1).lower()
    if scheme not in DEFAULT_PORTS:
        raise InvalidIndicator(Refusal.SCHEME)
    return scheme, text[beginning.end() :]


def _split_authority(text: str) -> tuple[str, str | None]:
    """Part the host and port from the path; None where nothing follows."""
    end = next((place for place, character in enumerate(text) if character in "/?#"), len(text))
    return text[:end], text[end:] or None


def _refuse_groups(authority: str, path: str | None, scheme: str | None) -> None:
    """Refuse user-info, and what stands for more than one address: wildcards, networks, ranges."""
    if "@" in authority:
        raise InvalidIndicator(Refusal.USER_INFO)
    if "*" in authority or re.search(r"/(?:\*{1,2}|\*{4,})\Z", path or ""):
        raise InvalidIndicator(Refusal.WILDCARD)
    if scheme is None and path and _CIDR_LENGTH.fullmatch(path) and read_ip(authority.strip("[]")):
        raise InvalidIndicator(Refusal.NETWORK)
    if _RANGE.fullmatch(authority.lower()):
        raise InvalidIndicator(Refusal.RANGE)


def _split_port(authority: str) -> tuple[str, int | None]:
    """Part the host (an IPv6 address keeps its brackets) from the port."""
    if authority.startswith("["):
        host, closed, rest = authority.partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise InvalidIndicator(Refusal.IPV6_FORM)
        return host + closed, _port(rest[1:]) if rest else None
    if authority.count(":") > 1:
        return f"[{authority}]", None
    host, colon, port = authority.partition(":")
    return host, _port(port) if colon else None


def _port(text: str) -> int:
    """Read a port of 1 to 65535."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= HIGHEST_PORT:
        raise InvalidIndicator(Refusal.PORT)
    return int(text)


def _build(written_host: str, *, scheme: str | None, port: int | None, path: str | None) -> Indicator:
    """Put the canonical parts together."""
    host, kind = canonical_host(written_host)
    path = _canonical_path(path, scheme)
    shown = f"[{host}]" if kind is IndicatorKind.IPV6 and (scheme or port or path) else host
    value = (f"{scheme}://" if scheme else "") + shown + (f":{port}" if port else "") + (path or "")
    if len(value) > LONGEST_ADDRESS:
        raise InvalidIndicator(Refusal.TOO_LONG)
    return Indicator(IndicatorKind.URL if scheme or path else kind, value, host, scheme, port, path)


def _canonical_path(path: str | None, scheme: str | None) -> str | None:
    """Return the path and query, percent-encoded, without the fragment; a bare host's lone slash is nothing."""
    path = (path or "").partition("#")[0]
    if path.startswith("?"):
        path = "/" + path
    if scheme is None and path in {"", "/"}:
        return None
    return quote(path or "/", safe=_PATH_SAFE)


def _displayed(label: str) -> str:
    """Return a label in Unicode, or as it is."""
    if not label.startswith("xn--"):
        return label
    try:
        return idna.ulabel(label)
    except UnicodeError:
        return label
