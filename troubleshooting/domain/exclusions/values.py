r"""The value of an exclusion, in the one form that is sent, shown, compared and signed.

Indicators (docs/reference/exclusions.md section 2): no wildcard, network, range or port; IPv6 in eight groups. IP
exclusions (section 3): one IPv4 address. Process exclusions (section 4): the whole path of one program. Our own rules
there:

- No wildcards, although Windows takes them in paths: nobody can say beforehand what they open.
- No image name alone: it counts in any folder.
- No network share (``\\server\share``): section 4 documents none, and who may write there decides what runs.
- Only system variables: Defender reads them as LocalSystem, so a person's own would name another folder.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from troubleshooting.domain.base.text import say
from troubleshooting.domain.cases.indicator import Indicator, InvalidIndicator, covers, parse_exact
from troubleshooting.domain.cases.masked import mask_indicator, names_masked_in, plain_indicator
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.exclusions.value_errors import (
    FROM_INDICATOR,
    VALUE_REFUSALS,
    InvalidExclusionValue,
    ValueRefusal,
)

__all__ = [
    "VALUE_REFUSALS",
    "ExclusionValue",
    "IndicatorType",
    "InvalidExclusionValue",
    "ValueRefusal",
    "canonical",
    "from_indicator",
    "parse_value",
    "value_covers",
]

LONGEST_PATH = 259  # characters (MAX_PATH without its final zero); general knowledge

# System variables that Windows sets for every account, and what they usually mean. The usual meaning is for the deny
# list and for finding doubles only; it is never sent.
SYSTEM_VARIABLES: Mapping[str, str] = {
    "%programfiles%": r"c:\program files",
    "%programw6432%": r"c:\program files",
    "%programfiles(x86)%": r"c:\program files (x86)",
    "%commonprogramfiles%": r"c:\program files\common files",
    "%commonprogramw6432%": r"c:\program files\common files",
    "%commonprogramfiles(x86)%": r"c:\program files (x86)\common files",
    "%programdata%": r"c:\programdata",
    "%allusersprofile%": r"c:\programdata",
    "%public%": r"c:\users\public",
    "%systemroot%": r"c:\windows",
    "%windir%": r"c:\windows",
    "%systemdrive%": "c:",
}
USER_VARIABLES: frozenset[str] = frozenset(
    [
        "%appdata%",
        "%localappdata%",
        "%userprofile%",
        "%username%",
        "%userdomain%",
        "%homepath%",
        "%homedrive%",
        "%homeshare%",
        "%temp%",
        "%tmp%",
        "%onedrive%",
        "%onedrivecommercial%",
        "%userdnsdomain%",
        "%logonserver%",
    ]
)

_QUOTES = " \t\r\n\u00a0\u200b\ufeff\"'“”„"
_IPV4_NETWORK = re.compile(r"[0-9.]+/[0-9.]+")
_IPV4_RANGE = re.compile(r"[0-9.]+\s*[-–]\s*[0-9.]+")
_VARIABLE = re.compile(r"%[^%\\]*%")
_ILLEGAL = re.compile(r'[<>:"/|]')
_SHORT = re.compile(r"~[0-9]")


class IndicatorType(StrEnum):
    """The API's name of an indicator's type (docs/reference/apis.md section 3)."""

    DOMAIN_NAME = "DomainName"
    URL = "Url"
    IP_ADDRESS = "IpAddress"


@dataclass(frozen=True, slots=True)
class ExclusionValue:
    """A value in the form that is sent.

    ``expanded`` is for finding out what it means: lower-case, system variables replaced by what they usually are.
    ``indicator`` is the address that an allow indicator or an IP exclusion is about.
    """

    kind: ExclusionKind
    value: str
    indicator_type: IndicatorType | None = None
    indicator: Indicator | None = field(default=None, compare=False)
    expanded: str = field(default="", compare=False)

    @property
    def canonical(self) -> str:
        """Return the form for comparison with what a PC or the tenant lists (case does not count)."""
        return canonical(self.value)

    @property
    def file_name(self) -> str:
        """Return a process exclusion's file name in lower-case; "" for the other kinds."""
        return self.expanded.rpartition("\\")[2] if self.kind is ExclusionKind.PROCESS else ""


def canonical(text: str) -> str:
    """Return any listed value in the form for comparison, also one that is no value by our rules.

    Lower case, not casefold(): that would make one file of "straße.exe" and "strasse.exe".
    """
    return text.strip().lower()


def read_value(kind: ExclusionKind, text: str) -> ExclusionValue | InvalidExclusionValue:
    """Return the value that a person asks for, or why the text is none (see :func:`parse_value`, `check_no_secret`)."""
    try:
        value = parse_value(kind, text)
        check_no_secret(value)
    except InvalidExclusionValue as error:
        return error
    return value


def check_no_secret(value: ExclusionValue) -> None:
    """Raise InvalidExclusionValue where an address has a token, a key or a person's name in its path or query."""
    if value.indicator is None or not names_masked_in(masked := mask_indicator(value.indicator)):
        return
    shorter = plain_indicator(masked).value
    raise InvalidExclusionValue(ValueRefusal.MASKED, say(VALUE_REFUSALS[ValueRefusal.MASKED], address=shorter))


def parse_value(kind: ExclusionKind, text: str) -> ExclusionValue:
    """Read what a person entered for that kind; raises :class:`InvalidExclusionValue` and nothing else."""
    trimmed = text.strip(_QUOTES)
    if not trimmed:
        raise InvalidExclusionValue(ValueRefusal.EMPTY)
    return _PARSERS[kind](trimmed)


def from_indicator(found: Indicator) -> ExclusionValue:
    """Return the allow indicator for an address: a URL where it has a page, else the IP address or the host.

    ``https://shop.example.com/`` is the host ``shop.example.com``: the scheme tells nothing more, and the host form is
    the one that is documented for every program. Raises InvalidExclusionValue.
    """
    if "*" in found.value:
        raise InvalidExclusionValue(ValueRefusal.WILDCARD)
    if found.scheme == "ftp":
        raise InvalidExclusionValue(ValueRefusal.FTP)
    if found.port is not None:
        raise InvalidExclusionValue(ValueRefusal.PORT)
    if found.path in {None, "/"}:
        return _site(found)
    if found.scheme is None:
        raise InvalidExclusionValue(ValueRefusal.SCHEME_MISSING)
    host = _eight_groups(found)
    shown = f"[{host}]" if ":" in host else host
    value = f"{found.scheme}://{shown}{found.path}"
    return ExclusionValue(ExclusionKind.ALLOW_INDICATOR, value, IndicatorType.URL, found, value.lower())


def value_covers(wide: ExclusionValue, narrow: ExclusionValue) -> bool:
    """Tell whether whatever the second opens is open with the first already (of one kind; other kinds never do).

    A domain covers its subdomains and their pages; a page covers what begins with it (docs/reference/exclusions.md
    section 2).
    """
    if wide.kind is not narrow.kind:
        return False
    if wide.expanded == narrow.expanded:
        return True
    if wide.indicator is None or narrow.indicator is None:
        return False
    if wide.indicator_type is IndicatorType.URL:
        return _is_below(wide.expanded, narrow.expanded)
    return covers(wide.indicator.host, narrow.indicator.host)


def _is_below(page: str, other: str) -> bool:
    """Tell whether the other address lies below a page: ``/a`` covers ``/a/b`` and ``/a?b``, not ``/ab``."""
    return other.startswith((page.rstrip("/") + "/", page + "?"))


def _parse_indicator(text: str) -> ExclusionValue:
    """Read an allow indicator's value."""
    try:
        found = parse_exact(text)
    except InvalidIndicator as error:
        code = FROM_INDICATOR.get(error.code, ValueRefusal.UNREADABLE)
        raise InvalidExclusionValue(code, None if error.code in FROM_INDICATOR else error.text) from error
    return from_indicator(found)


def _site(found: Indicator) -> ExclusionValue:
    """Return the indicator of a whole host."""
    value = _eight_groups(found)
    kind = IndicatorType.DOMAIN_NAME if found.address is None else IndicatorType.IP_ADDRESS
    return ExclusionValue(ExclusionKind.ALLOW_INDICATOR, value, kind, found, value)


def _eight_groups(found: Indicator) -> str:
    """Return the host; IPv6 as ``2001:4860:4860:0:0:0:0:8888`` (section 2), and IPv4 inside IPv6 as the IPv4 it is."""
    address = found.address
    if not isinstance(address, ipaddress.IPv6Address):
        return found.host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return ":".join(f"{int(group, 16):x}" for group in address.exploded.split(":"))


def _parse_ip_address(text: str) -> ExclusionValue:
    """Read an IP exclusion's value: one IPv4 address, which may be internal (section 3)."""
    _refuse_many_addresses(text)
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError as error:
        raise InvalidExclusionValue(ValueRefusal.NOT_AN_IPV4) from error
    if isinstance(address, ipaddress.IPv6Address):
        raise InvalidExclusionValue(ValueRefusal.IPV6_EXCLUSION)
    value = str(address)
    return ExclusionValue(ExclusionKind.IP_ADDRESS, value, None, parse_exact(value), value)


def _refuse_many_addresses(text: str) -> None:
    """Refuse what stands for more than one address, and a port."""
    if "*" in text or "?" in text:
        raise InvalidExclusionValue(ValueRefusal.WILDCARD)
    if _IPV4_NETWORK.fullmatch(text) or (":" in text and re.search(r"/[0-9]+\Z", text) and "//" not in text):
        raise InvalidExclusionValue(ValueRefusal.NETWORK)
    if _IPV4_RANGE.fullmatch(text):
        raise InvalidExclusionValue(ValueRefusal.RANGE)
    if re.fullmatch(r"[0-9.]+:[0-9]+", text):
        raise InvalidExclusionValue(ValueRefusal.PORT)


def _parse_process(text: str) -> ExclusionValue:
    """Read a process exclusion's value: the whole path of one program."""
    path = text.replace("/", "\\")
    _refuse_form(path)
    root, rest = _split_root(path)
    _refuse_parts(rest)
    expanded = (SYSTEM_VARIABLES.get(root.lower(), root) + rest).lower()
    return ExclusionValue(ExclusionKind.PROCESS, root + rest, expanded=expanded)


def _refuse_form(path: str) -> None:
    """Refuse what is no path from a drive at all."""
    if len(path) > LONGEST_PATH:
        raise InvalidExclusionValue(ValueRefusal.TOO_LONG)
    if path.startswith(("\\\\?\\", "\\\\.\\", "\\??\\")) or path.lower().startswith("\\device\\"):
        raise InvalidExclusionValue(ValueRefusal.DEVICE_PATH)
    if "*" in path or "?" in path:
        raise InvalidExclusionValue(ValueRefusal.WILDCARD)
    if path.startswith("\\\\"):
        raise InvalidExclusionValue(ValueRefusal.NETWORK_SHARE)
    if "\\" not in path and "%" not in path and ":" not in path:
        raise InvalidExclusionValue(ValueRefusal.IMAGE_NAME)


def _split_root(path: str) -> tuple[str, str]:
    r"""Part ``C:`` or ``%ProgramFiles%`` from what follows, which begins with a backslash."""
    variable = _VARIABLE.match(path)
    end = variable.end() if variable else 2
    root, rest = path[:end], path[end:]
    if variable is not None:
        _refuse_variable(root.lower())
    elif not re.fullmatch(r"[A-Za-z]:", root):
        raise InvalidExclusionValue(ValueRefusal.NOT_FROM_THE_DRIVE)
    if not rest.strip("\\"):
        raise InvalidExclusionValue(ValueRefusal.FOLDER)
    if not rest.startswith("\\"):
        raise InvalidExclusionValue(ValueRefusal.NOT_FROM_THE_DRIVE)
    return root, rest


def _refuse_variable(name: str) -> None:
    """Refuse variables that are a person's own, and unknown ones."""
    if name in USER_VARIABLES:
        raise InvalidExclusionValue(ValueRefusal.USER_VARIABLE)
    if name not in SYSTEM_VARIABLES:
        raise InvalidExclusionValue(ValueRefusal.UNKNOWN_VARIABLE)


def _refuse_parts(rest: str) -> None:
    """Refuse parts that no file has, that mean another folder than they seem to, and what is no program.

    A part that ends in a space or a dot is what Windows drops or keeps depending on who asks; harmful software uses
    that to look like a folder of Windows.
    """
    if "%" in rest:
        raise InvalidExclusionValue(ValueRefusal.UNKNOWN_VARIABLE)
    if _ILLEGAL.search(rest) or any(_is_invisible(character) for character in rest):
        raise InvalidExclusionValue(ValueRefusal.BAD_CHARACTERS)
    if rest.endswith("\\"):
        raise InvalidExclusionValue(ValueRefusal.FOLDER)
    parts = rest[1:].split("\\")
    if any(not part or part.endswith((".", " ")) or part.startswith(" ") for part in parts):
        raise InvalidExclusionValue(ValueRefusal.DOTS_IN_PATH)
    if any(_SHORT.search(part) for part in parts):
        raise InvalidExclusionValue(ValueRefusal.SHORT_NAME)
    if not parts[-1].lower().endswith(".exe") or parts[-1].lower() == ".exe":
        raise InvalidExclusionValue(ValueRefusal.NOT_A_PROGRAM)


def _is_invisible(character: str) -> bool:
    """Tell whether a character is a control, format or surrogate one."""
    return unicodedata.category(character) in {"Cc", "Cf", "Cs"}


_PARSERS: Mapping[ExclusionKind, Callable[[str], ExclusionValue]] = {
    ExclusionKind.ALLOW_INDICATOR: _parse_indicator,
    ExclusionKind.IP_ADDRESS: _parse_ip_address,
    ExclusionKind.PROCESS: _parse_process,
}
