"""How the address inside a wrapped link is read, one function for each form. None: this link does not show it.

The text that comes out was written by a stranger and is judged like anything that is typed.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus


@dataclass(frozen=True, slots=True)
class Link:
    """The parts of a link as they were written, without the question mark."""

    host: str
    path: str
    query: str

    @property
    def parameters(self) -> Iterator[tuple[str, str]]:
        """Return the names (lower-case) and values of the query, percent-encoded still."""
        for part in self.query.split("&"):
            name, _equals, value = part.partition("=")
            yield name.lower(), value


Reader = Callable[[Link], str | None]


def parameter(*names: str) -> Reader:
    """Read the first of these parameters of the query that is there."""

    def read(link: Link) -> str | None:
        values = dict(reversed(tuple(link.parameters)))
        return next((unquote(values[name]) for name in names if values.get(name)), None)

    return read


def base64_parameter(name: str, *, prefix: str = "") -> Reader:
    """Read a parameter of the query that is encoded in Base64, after a prefix of the service's own."""

    def read(link: Link) -> str | None:
        value = parameter(name)(link)
        return _from_base64(value.removeprefix(prefix)) if value else None

    return read


def pattern(expression: str, *, scheme: str = "") -> Reader:
    """Read the first group of an expression in the path and query, percent-decoded where the scheme is encoded."""
    compiled = re.compile(expression)

    def read(link: Link) -> str | None:
        found = compiled.search(f"{link.path}?{link.query}" if link.query else link.path)
        if found is None:
            return None
        text = found.group(1)
        encoded = re.match(r"(?i)[a-z]+%3a|[^/?]*%2f", text)
        return scheme + (unquote(text) if encoded else text)

    return read


def whole_query(link: Link) -> str | None:
    """Read the query as the address itself (``href.li/?https://…``)."""
    return unquote(link.query) or None


def first_of(*readers: Reader) -> Reader:
    """Read with the first reader that finds something."""
    return lambda link: next((text for reader in readers if (text := reader(link))), None)


def search_terms(*names: str) -> Reader:
    """Read what was searched for where it is an address itself; None for words."""
    address = re.compile(r"(?i)(?:site:)?((?:https?://)?[\w-]+(?:\.[\w-]+)+(?:[/:?]\S*)?)")

    def read(link: Link) -> str | None:
        values = dict(reversed(tuple(link.parameters)))
        typed = next((unquote_plus(values[name]).strip() for name in names if values.get(name)), "")
        found = address.fullmatch(typed)
        return found.group(1) if found else None

    return read


def translated_host(link: Link) -> str | None:
    """Read the host of a page that Google translates: ``www-example-com.translate.goog``."""
    label = link.host.removesuffix(".translate.goog")
    if label == link.host:
        return None
    host = label.replace("--", "\0").replace("-", ".").replace("\0", "-")
    kept = "&".join(part for part in link.query.split("&") if part and not part.startswith("_x_tr_"))
    return f"https://{host}{link.path}{'?' + kept if kept else ''}"


def url_defense_v2(link: Link) -> str | None:
    """Read Proofpoint's second form: ``-`` stands for ``%`` and ``_`` for ``/``."""
    value = dict(link.parameters).get("u", "")
    return unquote(value.replace("-", "%").replace("_", "/")) or None


_V3 = re.compile(r"/v3/__(.+?)__;([^!]*)!")
_V3_TOKEN = re.compile(r"\*(\*.)?")
_V3_RUNS = {  # a run of characters is **X, with X for its length
    letter: length
    for length, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", start=2)
}


def url_defense_v3(link: Link) -> str | None:
    """Read Proofpoint's third form: the address stands open, odd characters follow in Base64 and are ``*`` in it."""
    found = _V3.search(f"{link.path}?{link.query}" if link.query else link.path)
    if found is None:
        return None
    text = re.sub(r"\A([a-z0-9+.-]+:/)([^/])", r"\1/\2", found.group(1), flags=re.IGNORECASE)
    left_out = iter(_from_base64(found.group(2)) or "")

    def put_back(token: re.Match[str]) -> str:
        length = _V3_RUNS.get(token.group(1)[1], 0) if token.group(1) else 1
        return "".join(next(left_out, "") for _ in range(length))

    return _V3_TOKEN.sub(put_back, text)


def _from_base64(text: str) -> str | None:
    """Decode Base64 of either alphabet, with or without its padding."""
    plain = text.strip().rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4)).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
