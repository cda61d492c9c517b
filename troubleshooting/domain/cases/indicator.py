"""The reported address: what a person typed or pasted, read as an address in its canonical form.

People copy addresses from mails, toasts, chats and logs. What has one reading is mended, and the person is shown what
was mended; a link that only wraps another address is known as one, and the person is asked which is meant. What could
mean two things is refused with a sentence instead of guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from troubleshooting.domain.base.public_suffixes import has_known_suffix
from troubleshooting.domain.cases.hosts import IndicatorKind, canonical_host, covers
from troubleshooting.domain.cases.indicator_errors import InvalidIndicator, Refusal
from troubleshooting.domain.cases.indicator_exact import Indicator, bounded, parse_exact, refang
from troubleshooting.domain.cases.link_services import wrapping_of
from troubleshooting.domain.cases.repairs import Repair
from troubleshooting.domain.cases.typed_text import (
    holds_several_parts,
    is_broken_in_two,
    looks_like_an_address,
    pieces,
    without_blanks,
)
from troubleshooting.domain.cases.typed_words import mended

__all__ = [
    "Indicator",
    "IndicatorKind",
    "InvalidIndicator",
    "Reading",
    "Refusal",
    "Repair",
    "WrappedLink",
    "canonical_host",
    "covers",
    "link_in",
    "parse_exact",
    "parse_indicator",
    "read_address",
    "refang",
]

MOST_LAYERS = 5  # of links that wrap links

_FOR_MANY = frozenset({Refusal.WILDCARD, Refusal.NETWORK, Refusal.RANGE})
_NO_ANSWERS = frozenset(("n/a", "na", "none", "nothing", "unknown", "no", "-", "www"))
_DOTTED = re.compile(r"(?<![\w@.-])[\w-]+\.\w(?!\S*@)")  # not a mail address


@dataclass(frozen=True, slots=True)
class WrappedLink:
    """A link of a service that leads to another address; ``inside`` is None where the link does not show it."""

    service: str
    inside: Indicator | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a typed text was read as, what was mended in it, and what it wraps if it is such a link."""

    indicator: Indicator
    repairs: tuple[Repair, ...] = ()
    link: WrappedLink | None = None


def parse_indicator(text: str) -> Indicator:
    """Return the address that a person typed; raises :class:`InvalidIndicator`, also for a link that wraps another.

    The report's form uses :func:`read_address`, which leaves it to the person whether the address inside is meant.
    """
    reading = read_address(text)
    if reading.link is None:
        return reading.indicator
    inside = reading.link.inside
    if inside is None:
        raise InvalidIndicator(Refusal.HIDDEN_ADDRESS, service=reading.link.service)
    raise InvalidIndicator(Refusal.WRAPPED_LINK, service=reading.link.service, inside=inside.value)


def read_address(text: str) -> Reading:
    """Read what a person typed or pasted; raises :class:`InvalidIndicator` where there is not exactly one reading."""
    trimmed = re.sub(r"\s+", " ", bounded(text))
    if trimmed.casefold() in _NO_ANSWERS:
        raise InvalidIndicator(Refusal.NO_ADDRESS)
    has_parts = holds_several_parts(text.strip())
    indicator, repairs = (None if has_parts else _read_alone(trimmed)) or _read_within(trimmed)
    if indicator.host == "www":
        raise InvalidIndicator(Refusal.HOST_MISSING)
    return Reading(indicator, repairs, link_in(indicator))


def _read_alone(text: str) -> tuple[Indicator, tuple[Repair, ...]] | None:
    """Read a text that is nothing but one address; None where more may stand in it."""
    try:
        word, repairs = mended(text)
        if Repair.FOLDER in repairs and any(character.isspace() for character in text):
            return None  # \\server\share and more
        if any(character.isspace() for character in word):
            return next(((parse_exact(word), (Repair.DOTS,)) for word in without_blanks(text)), None)
        return parse_exact(word), repairs
    except InvalidIndicator as error:
        if [piece.text for piece in pieces(text)] == [text]:
            raise _true_reason(error, text) from error
        return None


def _read_within(text: str) -> tuple[Indicator, tuple[Repair, ...]]:
    """Read the one address in a longer text."""
    if is_broken_in_two(text):
        raise InvalidIndicator(Refusal.SPACES)
    found = [reading for piece in pieces(text) if (reading := _read_piece(piece.text)) is not None]
    if not found:
        raise InvalidIndicator(Refusal.SPACES if _DOTTED.search(text) else Refusal.NO_ADDRESS)
    indicator, repairs = the_one_meant(found)
    return indicator, (Repair.FOUND, *repairs)


def _read_piece(text: str) -> tuple[Indicator, tuple[Repair, ...]] | None:
    """Read a part of a text; None where it is no address. What stands for many sites or is cut off is refused."""
    try:
        word, repairs = mended(text)
        indicator = parse_exact(word)
    except InvalidIndicator as error:
        if error.code in _FOR_MANY and "." in text:
            raise
        if re.match(r"(?i)[a-z]+://.", text):  # a part of an address with a blank in it, or one with a password
            raise InvalidIndicator(Refusal.SPACES if error.code is not Refusal.USER_INFO else error.code) from error
        return None
    is_sure = indicator.scheme is not None or Repair.FOLDER in repairs
    if looks_like_an_address(word, indicator.host, has_scheme=is_sure):
        return indicator, repairs
    if is_sure or indicator.host.startswith("www."):
        raise InvalidIndicator(Refusal.SPACES)  # a part of an address with a blank in it
    return None


def the_one_meant(found: Sequence[tuple[Indicator, tuple[Repair, ...]]]) -> tuple[Indicator, tuple[Repair, ...]]:
    """Return the one address that a text names, perhaps more than once: the page rather than its host alone."""
    if len({(indicator.host.removeprefix("www."), indicator.port) for indicator, _repairs in found}) > 1:
        raise InvalidIndicator(Refusal.SEVERAL)
    pages = {indicator.value: (indicator, repairs) for indicator, repairs in found if indicator.path not in {None, "/"}}
    sites = {indicator.value: (indicator, repairs) for indicator, repairs in found if indicator.scheme is not None}
    for narrower in (pages, sites, {indicator.value: (indicator, repairs) for indicator, repairs in found}):
        if len(narrower) > 1:
            raise InvalidIndicator(Refusal.SEVERAL)
        if narrower:
            return next(iter(narrower.values()))
    raise InvalidIndicator(Refusal.NO_ADDRESS)


def _true_reason(error: InvalidIndicator, text: str) -> InvalidIndicator:
    """Return the reason that is true of the text as it was typed, where a colon or a bracket suggests another one."""
    if error.code in {Refusal.IPV6_FORM, Refusal.PORT, Refusal.CHARACTERS} and re.search(r"[\[\](){}]", text):
        is_ipv6 = text.count(":") > 2 or re.match(r"(?i)\A(?:[a-z]+://)?\[[0-9a-f:]", text)
        return error if is_ipv6 else InvalidIndicator(Refusal.BRACKETS)
    if error.code is Refusal.PORT and "." not in text:
        return InvalidIndicator(Refusal.NO_ADDRESS)
    return error


def link_in(indicator: Indicator) -> WrappedLink | None:
    """Return what a link wraps, the innermost address where links wrap links; None for an address of its own."""
    service, inside = "", indicator
    for _layer in range(MOST_LAYERS):
        wrapping = wrapping_of(inside.host, inside.path) if inside.scheme != "ftp" else None
        if wrapping is None:
            break
        next_inside = _inside(wrapping.inside)
        if next_inside is None and not wrapping.service.always_wraps:
            break
        service = service or wrapping.service.name
        if next_inside is None:
            return WrappedLink(service, None)
        inside = next_inside
    return WrappedLink(service, inside) if service else None


def _inside(text: str | None) -> Indicator | None:
    """Read the address inside a link; None where it is none, or only a word."""
    try:
        indicator = parse_exact(mended(bounded(text or ""))[0])
    except InvalidIndicator:
        return None
    is_sure = indicator.scheme is not None or indicator.address is not None or has_known_suffix(indicator.host)
    return indicator if is_sure else None
