"""A host in its one canonical form: a name in ASCII and lower case (IDNA 2008), or an IP address."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from enum import StrEnum

import idna

from troubleshooting.domain.cases.indicator_errors import InvalidIndicator, Refusal

LONGEST_HOST = 253  # characters of the ASCII form (RFC 1035)
LONGEST_LABEL = 63

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")


class IndicatorKind(StrEnum):
    """What was reported. ``URL`` has a scheme or a path; a port alone does not make one."""

    URL = "url"
    HOST = "host"
    IPV4 = "ipv4"
    IPV6 = "ipv6"


def covers(host: str, other_host: str) -> bool:
    """Tell whether ``other_host`` is ``host`` or a name below it (both canonical); an IP address covers only itself."""
    if host == other_host:
        return True
    names = read_ip(host) is None and read_ip(other_host) is None
    return names and other_host.endswith("." + host)


def with_parents(host: str) -> Iterator[str]:
    """Return a host and the names above it."""
    labels = host.split(".")
    return (".".join(labels[start:]) for start in range(len(labels)))


def canonical_host(written: str) -> tuple[str, IndicatorKind]:
    """Return a host's canonical text and kind; raises :class:`InvalidIndicator`."""
    if written.startswith("["):
        return _ipv6(written[1:-1]), IndicatorKind.IPV6
    host = _mapped(written)
    host = host.removesuffix(".")
    if not host:
        raise InvalidIndicator(Refusal.HOST_MISSING)
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _ipv4(host), IndicatorKind.IPV4
    host = ".".join(_ascii_label(label) for label in labels)
    if len(host) > LONGEST_HOST:
        raise InvalidIndicator(Refusal.HOST_TOO_LONG)
    return host, IndicatorKind.HOST


def _mapped(host: str) -> str:
    """Return the lower-case, width-normalised form (UTS 46) that IDNA 2008 is applied to."""
    if host.isascii():
        return host.lower()
    try:
        return idna.uts46_remap(host, std3_rules=False, transitional=False)
    except UnicodeError as error:  # idna's errors are UnicodeErrors
        raise InvalidIndicator(Refusal.CHARACTERS) from error


def _ascii_label(label: str) -> str:
    """Return one label in ASCII.

    An ASCII label is taken as DNS and browsers take it: underscores and double hyphens exist in real names, which the
    idna package would refuse; so does an ``xn--`` label of older rules.
    """
    if not label:
        raise InvalidIndicator(Refusal.LABEL_EMPTY)
    if len(label) > LONGEST_LABEL:
        raise InvalidIndicator(Refusal.LABEL_TOO_LONG)
    if label.isascii():
        if not _LABEL.fullmatch(label):
            raise InvalidIndicator(Refusal.CHARACTERS)
        return label
    try:
        return idna.alabel(label).decode("ascii")
    except UnicodeError as error:
        raise InvalidIndicator(Refusal.CHARACTERS) from error


def _ipv4(host: str) -> str:
    """Read a dotted quad; hexadecimal, octal-looking and shortened forms are refused, since programs disagree."""
    try:
        return str(ipaddress.IPv4Address(host))
    except ValueError as error:
        raise InvalidIndicator(Refusal.AMBIGUOUS_NUMBER) from error


def _ipv6(text: str) -> str:
    """Read an IPv6 address; a zone (``%eth0``) belongs to one machine and is refused."""
    try:
        if "%" in text:
            raise InvalidIndicator(Refusal.IPV6_FORM)
        return str(ipaddress.IPv6Address(text))
    except ipaddress.AddressValueError as error:
        raise InvalidIndicator(Refusal.IPV6_FORM) from error


def read_ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an IP address, or give None."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
