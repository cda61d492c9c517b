r"""Names and addresses taken out of a pack that people outside IT may read.

What goes: user names, computer names, internal addresses, security identifiers, e-mail addresses, queries and tokens of
addresses, and the words that a person adds. Each becomes a placeholder such as ``[user 1]``, the same one wherever it
stands, so that the text can still be followed. What is not known by name is found by where it stands: below
``C:\Users``, in an event's ``Computer``, in a property such as ``UserName``.

Sources: Microsoft, "Well-known SIDs" (S-1-5-18 and the like name nobody); RFC 1918, 3927, 4193, 4291 and 6598
(addresses that are not public); Microsoft, "Naming conventions in Active Directory" (what a computer's name may hold).
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from html import escape
from typing import Any
from urllib.parse import quote

from troubleshooting.domain.base.masking import mask_text
from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say

MOST_NAMES = 1_000  # every name is looked for at every place of the text, and a PC may name as many as it likes


class RemovedKind(StrEnum):
    """What was taken out; the value stands in the placeholder."""

    USER = "user"
    COMPUTER = "computer"
    INTERNAL_ADDRESS = "internal address"
    SID = "SID"
    EMAIL = "e-mail address"
    QUERY = "query"
    OWN_WORD = "own word"


@dataclass(frozen=True, slots=True)
class Known:
    """What the portal knows by name."""

    users: frozenset[str] = frozenset()  # account names, full names, e-mail addresses
    computers: frozenset[str] = frozenset()  # with or without their domain
    own_words: tuple[str, ...] = ()  # what a person wants to have out; also as a part of a word
    reported_host: str = ""  # stays, since the pack is about it


@dataclass(frozen=True, slots=True, order=True)
class Removed:
    """One thing that was taken out, and how often."""

    placeholder: str
    kind: RemovedKind
    times: int
    value: str = field(compare=False, repr=False, default="")  # for who may see it; never part of the pack


_SEPARATOR = r"(?:[\\/]|%5C|%2F)+"
_USER_FOLDER = re.compile(
    rf"(?i){_SEPARATOR}(?:Users|Documents(?:\ |%20|\+)and(?:\ |%20|\+)Settings|home){_SEPARATOR}"
    rf"([^\\/\"'<>|:*?\r\n]{{1,64}}?)"
    rf"(?={_SEPARATOR}|[\"'<>|*?\r\n;,]|\Z)"
)
_COMPUTER_ELEMENT = re.compile(r"<Computer>([^<]{1,255})</Computer>")
_USER_ELEMENT = re.compile(r"(?i)<Data Name=['\"][^'\"<>]{0,40}User(?:\ ?Name)?['\"]>([^<]{1,255})</Data>")
_UNC_HOST = re.compile(r"(?<![\w\\:])\\{2,4}([A-Za-z0-9][\w.-]{0,252})\\")
_NAMED_COMPUTER = re.compile(
    r"(?i)\b(?:computer|machine|host)[ _-]?name['\"]?\s{0,9}[:=]\s{0,9}['\"]?([A-Za-z0-9][\w.-]{0,252})"
)
_NAMED_USER = re.compile(
    r"(?i)\b(?:user|benutzer)[ _-]?name['\"]?\s{0,9}[:=]\s{0,9}['\"]?([\w.$-]{1,64}(?:\\{1,2}[\w.$-]{1,64})?)"
)
_USER_KEYS = frozenset(
    re.findall(
        r"\w+", "user username useraccount account accountname loggedonuser primaryownername registereduser userid"
    )
)
_COMPUTER_KEYS = frozenset(
    re.findall(
        r"\w+",
        "computer computername pscomputername csname dnshostname machinename hostname servername domain dnsdomain "
        "domainname userdomain netbiosname device",
    )
)
_NOBODY = frozenset(
    re.split(
        ", ?",
        "public, default, default user, all users, defaultapppool, system, local service, network service, "
        "localservice, networkservice, nt authority, builtin, nt service, window manager, font driver host, "
        "workgroup, localhost, device, globalroot, ***,",
    )
)
_WELL_KNOWN_SID = re.compile(r"S-1-(?:[0-35]-\d{1,2}|5-32-\d{1,4}|15-\d+|16-\d+|5-80-[\d-]+)")

_EMAIL = r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
_SID = r"(?<![\w-])S-1-\d{1,14}(?:-\d{1,14}){1,15}"
_END = r"\s\"'<>\\^`{|}"
_QUERY = rf"(?<=[^{_END}])\?(?=[\w%&])[^{_END}]+|(?<=[\w/])\#[^{_END}]+"
_IPV4 = r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)"
_IPV6 = r"(?<![\w:.])(?:f[cd][0-9a-f]{2}|fe[89a-f][0-9a-f])(?::[0-9a-f]{0,4}){2,7}(?:%\w{1,15})?(?![\w:])"
_INTERNAL_NETS = tuple(
    ipaddress.ip_network(net)
    for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10")
)


class TooManyNames(Refused):
    """The evidence names more people and computers than are looked for; none of them is left in by mistake."""

    text = say(
        _(
            "The evidence names more people and computers than the portal can look for, so it makes no pack without "
            "names. Take out by hand what nobody outside IT may read."
        )
    )


class Redactor:
    """Takes names out of one pack. Every document is read by ``learn`` before the first is written by ``redacted``.

    Making one and learning raise TooManyNames.
    """

    def __init__(self, known: Known) -> None:
        self._exempt = known.reported_host.casefold()
        self._own = tuple(word.strip() for word in known.own_words if word.strip())
        self._users: dict[str, None] = {}
        self._computers: dict[str, None] = {}
        self._suffixes: dict[str, None] = {}
        self._placeholders: dict[tuple[RemovedKind, str], str] = {}
        self._times: Counter[tuple[RemovedKind, str]] = Counter()
        self._values: dict[tuple[RemovedKind, str], str] = {}
        self._pattern: re.Pattern[str] | None = None
        for name in sorted(known.users):
            self._learn_user(name)
        for name in sorted(known.computers):
            self._learn_computer(name)

    def learn(self, document: Any) -> None:
        """Look for names in a text, or in JSON."""
        if isinstance(document, str):
            self._learn_text(document)
        elif isinstance(document, Mapping):
            for name, part in document.items():
                self._learn_property(str(name), part)
                self.learn(part)
        elif isinstance(document, Sequence):
            for part in document:
                self.learn(part)

    def redacted(self, document: Any) -> Any:
        """Return a text, or JSON with every text in it, without names; keys that are names change too."""
        if self._pattern is None:
            self._pattern = self._compiled()
        if isinstance(document, str):
            return self._pattern.sub(self._placeholder_of, mask_text(document))
        if isinstance(document, Mapping):
            return {self.redacted(name): self.redacted(part) for name, part in document.items()}
        if isinstance(document, Sequence):
            return [self.redacted(part) for part in document]
        return document

    def removed(self) -> tuple[Removed, ...]:
        """Return what was taken out so far, in the order of the placeholders."""
        return tuple(
            Removed(self._placeholders[key], key[0], times, self._values[key]) for key, times in self._times.items()
        )

    # --- learning -----------------------------------------------------------------------------------------------------

    def _learn_property(self, name: str, value: Any) -> None:
        key = name.replace("_", "").casefold()
        if isinstance(value, str) and len(value) <= 255:
            if key in _USER_KEYS:
                self._learn_user(value)
            elif key in _COMPUTER_KEYS:
                self._learn_computer(value)

    def _learn_text(self, text: str) -> None:
        for pattern in (_USER_FOLDER, _USER_ELEMENT, _NAMED_USER):
            for found in pattern.finditer(text):
                self._learn_user(found[1])
        for pattern in (_COMPUTER_ELEMENT, _UNC_HOST, _NAMED_COMPUTER):
            for found in pattern.finditer(text):
                self._learn_computer(found[1])

    def _learn_user(self, name: str) -> None:
        domain, _sign, account = name.strip().replace("\\\\", "\\").rpartition("\\")
        if domain.casefold() in _NOBODY - {""}:
            return
        if domain:
            self._learn_computer(domain)
        for part in (account, account.partition(" ")[0]):  # a path in a sentence ends somewhere
            if account.casefold() not in _NOBODY and part.casefold() not in _NOBODY and not re.fullmatch(_SID, part):
                self._users.setdefault(part.removesuffix("$"))
        self._check_number()

    def _learn_computer(self, name: str) -> None:
        name = name.strip().rstrip(".").removesuffix("$")
        folded = name.casefold()
        if folded in _NOBODY or folded == self._exempt or _is_address(name):
            return
        short, _dot, suffix = name.partition(".")
        self._computers.setdefault(name)
        if suffix and not short.isdigit():
            self._computers.setdefault(short)
            self._suffixes.setdefault(suffix)
        self._check_number()

    def _check_number(self) -> None:
        if len(self._users) + len(self._computers) + len(self._suffixes) > MOST_NAMES:
            raise TooManyNames

    # --- taking out ---------------------------------------------------------------------------------------------------

    def _compiled(self) -> re.Pattern[str]:
        parts = {
            "own": "|".join(_spellings(self._own)),
            "email": _EMAIL,
            "sid": _SID,
            "query": _QUERY,
            "ipv4": _IPV4,
            "ipv6": _IPV6,
            "computer": _whole("|".join((*self._hosts(), *_spellings(self._computers)))),
            "user": _whole("|".join(_spellings(self._users))),
        }
        return re.compile("|".join(f"(?P<{name}>{part})" for name, part in parts.items() if part), re.IGNORECASE)

    def _hosts(self) -> Iterator[str]:
        """Return patterns for the hosts of the computers' domains; a domain of one label needs a host before it."""
        for suffix in sorted(self._suffixes, key=len, reverse=True):
            yield rf"(?:[\w-]{{1,63}}\.){{{0 if '.' in suffix else 1},8}}{re.escape(suffix)}"

    def _placeholder_of(self, found: re.Match[str]) -> str:
        group, value = str(found.lastgroup), found[0]
        if group == "sid" and _WELL_KNOWN_SID.fullmatch(value):
            return value
        if group == "ipv4" and not _is_internal(value):
            return value
        if group == "computer" and value.casefold() == self._exempt:
            return value
        return self._placeholder(_KINDS[group], value)

    def _placeholder(self, kind: RemovedKind, value: str) -> str:
        key = (kind, value.casefold())
        if key not in self._placeholders:
            number = sum(one is kind for one, _folded in self._placeholders) + 1
            self._placeholders[key] = f"[{kind.value} {number}]"
            self._values[key] = value
        self._times[key] += 1
        return self._placeholders[key]


_KINDS = {
    "own": RemovedKind.OWN_WORD,
    "email": RemovedKind.EMAIL,
    "sid": RemovedKind.SID,
    "query": RemovedKind.QUERY,
    "ipv4": RemovedKind.INTERNAL_ADDRESS,
    "ipv6": RemovedKind.INTERNAL_ADDRESS,
    "computer": RemovedKind.COMPUTER,
    "user": RemovedKind.USER,
}


def _spellings(words: Iterable[str]) -> list[str]:
    """Return patterns for words as they stand, percent-encoded and in XML; the longest first."""
    cased = {spelling for word in words for spelling in (word, word.upper(), word.casefold())}  # ß may become SS
    spelled = {spelling for word in cased for spelling in (word, quote(word), escape(word), escape(word, quote=False))}
    longest_first = sorted(spelled, key=lambda word: (-len(word), word))
    return [re.sub(r"(?:\\ |%20)+", r"(?:\\s|%20|[+_.-]){1,3}", re.escape(word)) for word in longest_first]


def _whole(pattern: str) -> str:
    """Return a pattern for whole words; what percent-encoding leaves before one is no part of it."""
    return rf"(?:(?<![^\W_])|(?<=%[0-9A-F]{{2}}))(?:{pattern})(?![^\W_])" if pattern else ""


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_internal(text: str) -> bool:
    """Tell whether a written IPv4 address is one of a private network; what is no address is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in net for net in _INTERNAL_NETS)
