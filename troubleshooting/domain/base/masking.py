"""Secrets in addresses: what is masked before anything is stored.

People paste links with tokens, keys, session ids and e-mail addresses in them, and a PC's log may name such a link too.
Host and path say which site is meant; nobody needs the rest. So a value of a query stays only where it is plainly
harmless (a number, a short word, a date) and its name is not one that secrets have; everything else becomes ``***``.
Of a path only what looks like a token is masked, or what follows a word like "reset".

Sources: OWASP, "Information exposure through query strings in URL"; RFC 6750 section 5.3 (bearer tokens in URLs);
RFC 7519 (JWT); Microsoft, "Service SAS" (the signature ``sig``); AWS, "Authenticating requests: query parameters"
(``X-Amz-Signature``); the Java Servlet specification (``;jsessionid=`` in the path).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote, unquote_plus

MASK = "***"
MOST_LAYERS = 5  # an address may stand encoded inside another one; what is deeper is masked whole

_WORDS = frozenset(
    re.findall(
        r"[a-z]+",
        "auth authentication authorization otp pin pwd pass passwd password passcode pw code key secret token "
        "jwt bearer assertion saml session sid sess sig signature signed sign hmac hash digest mac credential "
        "credentials cred creds nonce state ticket email mail upn user username login account acct phone tel "
        "mobile cookie csrf xsrf invite invitation reset confirm confirmation verify verification activate "
        "activation magic recover recovery iban card cvv ssn dob birthday birthdate firstname lastname "
        "surname fullname name",
    )
)
_STEMS = re.compile(r"token|secret|passw|session|sessid|signature|apikey|accesskey|email|jwt|credent")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_NAME = re.compile(r"[A-Za-z_$][\w.$\[\]-]{0,60}")
# These stand in paths before the token of a link that works once.
_LEADS_TO_TOKEN = re.compile(
    r"(?i)(?:reset|confirm|verif|activat|invit|magic|recover|unsubscribe|one-?time|token|session|auth|passwor|secret|key)"
)
_PLAIN = re.compile(
    r"""
    \d{1,8}                                                     # 42
    | [A-Z]?[a-z]{0,15} (?: [-_+\ .,/] [A-Z]?[a-z]{1,15} ){0,7} # network+protection
    | [A-Za-z0-9]{1,6}                                          # v2, DE
    | [a-z]{2,3}[-_][A-Za-z]{2,4}                               # en-US
    | \d{4}-\d\d(?:-\d\d)? (?: [T ]\d\d:\d\d (?: :\d\d(?:\.\d+)? )? Z? )?
    | \d{1,5} (?: [.,:x-] \d{1,5} ){1,3}                        # 1.2.3
    """,
    re.VERBOSE,
)
_WORD_OF_PATH = re.compile(r"(?:[A-Z]?[a-z]{0,15}(?:[-_+.][A-Za-z]{1,15}){0,4}|v\d{1,2})")
_MAIL = re.compile(r"[^\s@/?&=]+@[^\s@/?&=]+\.[^\s@/?&=]+")
_JWT = re.compile(r"\beyJ[\w-]{5,}\.[\w-]{2,}(?:\.[\w-]*)?")
_HEX = re.compile(r"[0-9a-fA-F]{32,}")
_LONG_RUN = re.compile(r"[\w=~-]{20,}")
_FILE_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}\Z")
_END = r"\s\"'<>\\^`{|}"  # what ends an address in a text
_ADDRESS = re.compile(
    rf"""
    (?: (?: [a-z][a-z0-9+.-]{{0,20}} (?: : | \[:\] )? // | \[://\] ) [^{_END}/?#]{{0,300}}
      | (?<![\w.@/-]) (?: [\w-]{{1,63}} (?: \. | \[\.\] | \(\.\) ) ){{1,20}} [\w-]{{1,63}} (?: :\d{{1,5}} )? (?=[/?#;])
      | (?<![\w.@/-]) [\w-]{{1,63}} :\d{{1,5}} (?=[/?])
    )
    [^{_END}]*
    """,
    re.VERBOSE | re.IGNORECASE,
)
_USER_INFO = re.compile(rf"(//)[^{_END}/?#@]+@")
_PAIR = re.compile(rf"(?<=[?&#;])((?:amp;)?)([^{_END}=&#?;]{{1,200}})=([^{_END}&#?]*)")
_LONE_PAIR = re.compile(
    rf"(?i)(?<![\w-])((?:access_|id_|refresh_)?token|passw(?:or)?d|pwd|sig|api_?key|(?:client_)?secret|jsessionid)="
    rf"([^{_END}&#?;]+)"
)
_MASKED_PAIR = re.compile(r"([^?&#;=/\s]+)=\*\*\*")


def mask_text(text: str) -> str:
    """Return a text with the secrets of the addresses in it masked; masking twice changes nothing more."""
    masked = text
    if any(sign in text for sign in "/?#;"):  # a sign that each of the pattern's forms needs
        masked = _ADDRESS.sub(lambda found: _masked_address(found[0], MOST_LAYERS), masked)
    if "=" in masked:
        masked = _PAIR.sub(lambda found: _masked_pair(found, MOST_LAYERS), masked)
        masked = _LONE_PAIR.sub(rf"\1={MASK}", masked)
    return _JWT.sub(MASK, masked) if "eyJ" in masked else masked


def mask_json(value: Any) -> Any:
    """Return JSON with every text in it masked; names of properties stay."""
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, Mapping):
        return {name: mask_json(part) for name, part in value.items()}
    if isinstance(value, Sequence):
        return [mask_json(part) for part in value]
    return value


def mask_path(path: str) -> str:
    """Return an address's path and query, masked."""
    return _masked_rest(path, MOST_LAYERS)


def masked_names(path: str) -> tuple[str, ...]:
    """Return the names of the values that are masked in a path and query, once each; "" stands for one without."""
    names = [found[1] for found in _MASKED_PAIR.finditer(path)]
    if MASK in _MASKED_PAIR.sub("", path):
        names.append("")
    return tuple(dict.fromkeys(names))


def without_masked(path: str) -> str:
    """Return the path as far as nothing is masked in it; without the query where anything in that is."""
    before, question, query = path.partition("?")
    if MASK in before:
        before, question, query = before[: before.rindex("/", 0, before.index(MASK)) + 1], "", ""
    return before if MASK in query else before + question + query


def _masked_address(address: str, layers: int) -> str:
    address = _USER_INFO.sub(rf"\1{MASK}@", address)
    begin = re.match(r"(?i)(?:[a-z][a-z0-9+.-]*(?::|\[:\])?//|\[://\])?[^/?#;]*", address)
    end = begin.end() if begin else 0
    return address[:end] + _masked_rest(address[end:], layers)


def _masked_rest(rest: str, layers: int) -> str:
    """Mask what follows the host: path, query and fragment."""
    end = next((place for place, sign in enumerate(rest) if sign in "?#"), len(rest))
    return _masked_path(rest[:end], layers) + _masked_query(rest[end:], layers)


def _masked_path(path: str, layers: int) -> str:
    parts = path.split("/")
    shown = [
        _masked_part(part, follows=parts[place - 1] if place else "", layers=layers) for place, part in enumerate(parts)
    ]
    return "/".join(shown)


def _masked_part(part: str, *, follows: str, layers: int) -> str:
    """Mask a part of a path: what looks like a token, and what a word like "reset" leads to."""
    name, sign, parameters = part.partition(";")
    if sign or "&" in name:
        first, ampersand, more = part.partition("&") if "&" in name else (name, sign, parameters)
        masked_more = _PAIR.sub(lambda found: _masked_pair(found, layers), ampersand + more)
        return _masked_part(first, follows=follows, layers=layers) + masked_more
    decoded = _decoded(part)
    if "=" in decoded and _LONE_PAIR.search(decoded):
        return MASK
    leads = _LEADS_TO_TOKEN.search(follows) is not None and not _WORD_OF_PATH.fullmatch(decoded)
    is_secret = part not in ("", MASK) and (leads or _looks_like_token(decoded))
    return MASK if is_secret else part


def _looks_like_token(text: str) -> bool:
    """Tell whether a part of a path is a token: an e-mail address, a JWT, or long and without any word."""
    if _MAIL.search(text) or _JWT.search(text):
        return True
    is_file = _FILE_ENDING.search(text) is not None
    return not is_file and any(_HEX.search(run) or _is_mixed(run) for run in _LONG_RUN.findall(text))


def _is_mixed(text: str) -> bool:
    return all(re.search(kind, text) for kind in ("[a-z]", "[A-Z]", "[0-9]"))


def _masked_query(query: str, layers: int) -> str:
    """Mask a query and a fragment; a part without a name is a value."""
    parts = re.split(r"([?&#;](?:amp;)?)", query)
    shown = [part if place % 2 else _masked_query_part(part, layers) for place, part in enumerate(parts)]
    return "".join(shown)


def _masked_query_part(part: str, layers: int) -> str:
    name, equals, value = part.partition("=")
    if equals:
        return f"{_masked_name(name)}={_masked_value(name, value, layers)}"
    if "/" in part:  # a fragment with a route of its own
        return _masked_path(part, layers)
    return part if _is_plain(_decoded(part)) else MASK


def _masked_pair(found: re.Match[str], layers: int) -> str:
    return f"{found[1]}{_masked_name(found[2])}={_masked_value(found[2], found[3], layers)}"


def _masked_name(name: str) -> str:
    """Return a name, masked where it is none: a token may stand before the equals sign."""
    decoded = _decoded(name)
    is_random = len(decoded) >= 16 and re.search(r"[0-9]", decoded) and re.fullmatch(r"[A-Za-z0-9]+", decoded)
    return name if _NAME.fullmatch(decoded) and not is_random and not _MAIL.search(decoded) else MASK


def _masked_value(name: str, value: str, layers: int) -> str:
    """Return a query's value where it is plainly harmless; an address inside it is masked in its turn."""
    if value in ("", MASK):
        return value
    decoded = unquote_plus(value)
    if _is_secret_name(_decoded(name)):
        return MASK
    if _is_plain(_decoded(value)):
        return value
    if layers and re.match(r"(?i)(?:[a-z][a-z0-9+.-]*:)?//|/|www\.", decoded):
        inner = _masked_address(decoded, layers - 1)
        safe = "*:/?=@" if decoded == value else "*"
        return value if inner == decoded else quote(inner, safe=safe)
    if layers and decoded != value and re.match(r"(?i)https?%", decoded):
        return quote(_masked_value(name, decoded, layers - 1), safe="*")
    return MASK


def _is_secret_name(name: str) -> bool:
    words = {word.lower() for word in _WORD.findall(name)}
    folded = re.sub(r"[^a-z0-9]", "", name.lower())
    return bool(words & _WORDS) or folded in _WORDS or _STEMS.search(folded) is not None


def _is_plain(decoded: str) -> bool:
    return decoded == MASK or _PLAIN.fullmatch(decoded) is not None


def _decoded(text: str) -> str:
    """Return a text without percent-encoding, however often it was encoded."""
    for _layer in range(MOST_LAYERS):
        plain = unquote(text)
        if plain == text:
            break
        text = plain
    return text
