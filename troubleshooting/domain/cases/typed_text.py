"""The one address in what people paste: a sentence, a notification, a line of Event Viewer, a link of a mail program.

An address is taken only where the text has one reading. Several sites, an address that is broken in two and text
without any are left to the caller, who says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from troubleshooting.domain.base.public_suffixes import has_known_suffix, official_suffixes
from troubleshooting.domain.cases.indicator_errors import InvalidIndicator, Refusal

MOST_PIECES = 400  # words that are looked at; nobody reports with more

_SPLIT_SCHEME = re.compile(r"(?i)\b(h[tx]{2}ps?)\s*:\s*/\s*/\s*(?=\S)")
_BBCODE = re.compile(r"(?i)\[url(?:=([^\]\s]*))?\]|\[/url\]")
_POSSESSIVE = re.compile(r"['’]s(?=\s)")  # "www.example.com's server IP address could not be found"
_BETWEEN = re.compile(r"[\s<>\"“”„«»‹›`{}|]+|\]\(|(?<=[\w/])[,;]+(?=(?:https?|hxxps?|ftp)(?::|\[:))|\\(?:url|href)")
_SCHEME_INSIDE = re.compile(r"(?i)\A[^./\\\s]*?[^\w./\\\s](?=(?:https?|hxxps?|ftp)(?:://|\[:))")
_QUAD = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_FILE_SUFFIXES = frozenset(  # some are top-level domains too
    ("zip", "mov", "md", "py", "sh", "pl", "rs", "ps", "ai", "cab", "doc", "app", "exe", "dll")
)
_LOOKS_CONTINUED = re.compile(r"\A(?:[&=?%]|\S*/\S|[^\s.]*\.(?:html?|aspx?|php|pdf|docx?|xlsx?|pptx?|zip|txt|csv)\Z)")
_USUAL_SUFFIXES = frozenset(("com", "net", "org", "info", "biz", "edu", "gov", "eu", "example"))
_IS_SOMETHING_ELSE = re.compile(r"[(\[]?(?:[a-z]+:/|www\.)|[\d/.:-]+\Z|and/or\Z|http/[\d.]+\Z")


_SEVERAL_PARTS = re.compile(
    r"(?i)\]\(|[\w>]<|>[\w<]|\A<[^>]*\||\[url|\\(?:url|href)\{|(?<=[\w/])[,;]+(?=(?:https?|hxxps?|ftp)(?::|\[:))"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text that may be an address; ``after`` is what follows it, for finding out whether it goes on."""

    text: str
    after: str


def holds_several_parts(text: str) -> bool:
    """Tell whether marks of a chat, a mail program or a list stand between parts, though no blank does."""
    return _SEVERAL_PARTS.search(re.sub(r"(?i)<(?:\.|dot)>", ".", text)) is not None


def pieces(text: str) -> tuple[Piece, ...]:
    """Return the parts of a text between blanks, quotes and angle brackets, in order."""
    text = _SPLIT_SCHEME.sub(lambda found: f"{found.group(1)}://", text)
    text = _POSSESSIVE.sub("", _BBCODE.sub(r" \1 ", text))
    parts = [part for part in _BETWEEN.split(text) if part]
    if len(parts) > MOST_PIECES:
        raise InvalidIndicator(Refusal.SPACES)
    return tuple(Piece(_SCHEME_INSIDE.sub("", part), after) for part, after in pairwise([*parts, ""]))


def is_broken_in_two(text: str) -> bool:
    """Tell whether blanks stand inside an address, so that no part of it can be taken for the whole.

    ``www.example .com``, ``www. example.com``, ``https://example.com/my file.pdf``.
    """
    parts = pieces(text)
    return any(_is_torn(piece) for piece in parts)


def _is_torn(piece: Piece) -> bool:
    """Tell whether a part ends, or the next begins, in the middle of an address."""
    word, after = piece.text.lower(), piece.after.lower()
    if re.match(r"\.[a-z0-9-]", after) and re.search(r"[a-z0-9-]\Z", word):
        return True
    if _goes_on(word, after):
        return True
    if word in {"www", "www."} or re.fullmatch(r"[a-z]+://(?:www\.?)?", word):
        return bool(after)
    has_path = re.match(r"[a-z]+://[^/]+/.", word) is not None and word[-1] not in ".,;:!?)]"
    return has_path and _LOOKS_CONTINUED.match(after) is not None and not _IS_SOMETHING_ELSE.match(after)


def _goes_on(word: str, after: str) -> bool:
    """Tell whether the next word is the rest of a host's ending: ``www.example.co m``, ``www.example.co. uk``."""
    host = re.fullmatch(r"(?:[a-z]+://)?([\w.-]+)", word)
    rest = re.match(r"[a-z]{1,8}(?=[/:.,]|\Z)", after)
    if "://" in word and host is not None and re.match(r"-[\w-]" if word[-1] != "." else r"[a-z0-9-]+\.[a-z]", after):
        return True
    if host is None or rest is None or ("://" not in word and "." not in word[:-1]):
        return False
    suffix = official_suffixes().publicsuffix(host[1] + rest[0]) or ""
    ends_open = word.endswith(".") and (rest[0] in _USUAL_SUFFIXES or "." in suffix)
    return ends_open or suffix in _USUAL_SUFFIXES


def looks_like_an_address(written: str, host: str, *, has_scheme: bool) -> bool:
    """Tell whether a word of a sentence is an address and not a file, a version or two sentences without a blank."""
    if ":" in host or _QUAD.fullmatch(host):
        return True
    labels = host.split(".")
    if not has_known_suffix(host):
        return has_scheme and len(labels) == 1 and labels[0] != "www"
    if labels[0] == "www" and official_suffixes().publicsuffix(host) == host.partition(".")[2]:
        return False  # "www.google. com": a name is missing
    if has_scheme or len(labels) > 2:
        return True
    return labels[-1] not in _FILE_SUFFIXES and not re.search(r"[a-z]\.[A-Z][a-z]", written)


def without_blanks(text: str) -> Iterator[str]:
    """Return other readings of a text with blanks, as one word: ``www example com``, a shared folder's path."""
    words = text.split()
    if len(words) > 2 and words[0].lower() == "www" and all(re.fullmatch(r"[\w-]+", word) for word in words):
        host = ".".join(words).lower()
        if has_known_suffix(host):
            yield host
