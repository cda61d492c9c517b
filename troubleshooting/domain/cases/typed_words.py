r"""One address as people type, copy and disguise it, put back into the form that a browser takes.

Each step mends one kind of damage and says so; a text without damage comes out as it went in. What has more than one
reading stays as it is, and :mod:`troubleshooting.domain.cases.indicator` refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from troubleshooting.domain.cases.indicator_errors import InvalidIndicator, Refusal
from troubleshooting.domain.cases.repairs import Repair

EDGES = " \t\r\n\u00a0\u200b\ufeff\"'`<>“”„‘’‚«»‹›"  # what copying leaves around an address
_PAIRS = {"(": ")", "[": "]", "{": "}", "（": "）", "【": "】", "「": "」", "《": "》"}
_CLOSING = {closing: opening for opening, closing in _PAIRS.items()}
_EMPHASIS = re.compile(r"(?i)\A([*_~]{1,6})(?=[a-z0-9(\[{<])(.+?)\1\Z")  # of Markdown
_EMPHASIS_END = re.compile(r"(?<=[^*~/.=?&])(?:\*\*|~~|\*{4})\Z")  # not a wildcard, nor what masks a secret
_EMPHASIS_END_OF_PAGE = re.compile(r"(?<=[^*~/=?&])(?:\*\*|~~|\*{4})\Z")
_PUNCTUATION = ".,;:!?…。，、；：！？·|\\"

# Spellings of http and https, from typing and from making an address harmless.
_HTTP = r"h{0,2}t{1,3}p{1,2}|h[tx]{2}p|hx{1,3}p|hxttp|h\*\*p|h__p|htt|hptt|hpp|hp"
_HTTPS = rf"(?:{_HTTP})s{{1,2}}|httsp|hptts|hppts"
_COLON = r"\[:\]|\(:\)|\{:\}|[:;.,]"
_SLASHES = r"[/\\]{1,4}|\[//\]|_{1,3}"
_SCHEME = re.compile(
    rf"(?i)\A(?:(?P<https>{_HTTPS})|(?P<http>{_HTTP})|(?P<ftp>f[tx]ps?)|(?P<https_socket>wss)|(?P<http_socket>ws))"
    rf"(?P<between>(?:\[:?//\]|(?:{_COLON}|\[:|:\])?\s*(?:{_SLASHES})|[:;]))(?=[^\s/\\])"
)
_RIGHT_SCHEME = re.compile(r"(?i)\A(?:https?|ftp)://(?!/)")
_PORT_ONLY = re.compile(r"\A[0-9]{1,5}(?:[/?#]|\Z)")

_IN_FRONT = re.compile(
    r"(?i)\A(?:url|uri|link|href|src|site|website|web|address|adresse|destination|dest|page|host|hostname|domain|"
    r"target|ziel|view-source|blob|feed|read|reader|microsoft-edge|googlechrome|mailto(?=:https?:)|open|visit|see|ip)"
    r"\s*(?::|=|->|=>|→)\s*[\"'(<\[]?(?=[^\s/0-9]|[0-9]+\.|//)"
)
_ENTITY = re.compile(r"&(?:amp|#38|#x26|#x0*2f|#0*47|#x0*3a|#0*58);", re.IGNORECASE)
_ENTITIES = {"amp": "&", "#38": "&", "#x26": "&", "f": "/", "7": "/", "a": ":", "8": ":"}
_DOT = r"(?:\.|dot|punkt|point|punto)"
_DEFANGED_DOT = re.compile(rf"(?i)\s*(?:\[\s*{_DOT}\s*\]|\{{\s*{_DOT}\s*\}}|<\s*{_DOT}\s*>)\s*")
_DEFANGED_HOST_DOT = re.compile(rf"(?i)\s*\(\s*{_DOT}\s*\)\s*|\\\.|[\[({{<]\.(?![\])}}>])|(?<![\[({{<])\.[\])}}>]")
_ESCAPED_HOST = re.compile(r"(?i)\A((?:[a-z]+://)?[\w-]+(?:\\\.[\w-]+)+)(?=[/:?#]|\Z)")  # of a regular expression
_SPOKEN_SCHEME = re.compile(r"(?i)\A(https?)\s+colon\s+slash\s+slash\s+")
_SPOKEN_SLASH = re.compile(r"(?i)\s+slash\s+")
_SPOKEN_DOT = re.compile(r"(?i)\s+(?:dot|punkt|point|punto)\s+")
_ENCODED_BEGINNING = re.compile(r"(?i)\A[a-z]{2,8}%(?:25){0,3}3a")
_WWW = re.compile(r"(?i)\A(www)[:;,/\\]+(?=[a-z0-9-]+\.)")
_UNC = re.compile(
    r"(?i)\A(?:\\\\|smb:[\\/]{2}|cifs:[\\/]{2}|file:(?:/{2}(?=[^/])|/{4,5}|\\\\))(?:\?\\unc\\)?([^\\/@\s?]+)"
)
_ON_THE_PC = re.compile(r"(?i)\A(?:[a-z]:[\\/]|\\\\[?.]\\|file:|%[a-z]+%)")
_BROWSER_PAGE = re.compile(
    r"(?i)\A(?:about|chrome|edge|brave|opera|vivaldi|moz-extension|chrome-extension|"
    r"chrome-error|extension|res|ms-settings|javascript|data|tel|sms|callto|skype|zoommtg|"
    r"msteams|ms-word|ms-excel|ms-powerpoint|onenote|sip|ldaps?|rdp|ssh|sftp|telnet|git):"
)
_MAIL = re.compile(r"(?i)(?:mailto:\s*)?[^\s@/:?]+@[^\s@/:?]+\.[^\s@/:?]+(?:\?.*)?")


def mended(text: str) -> tuple[str, tuple[Repair, ...]]:
    """Return one address without what is around it and with what was broken put right, and what that was.

    Raises :class:`InvalidIndicator` for what is no address and looks like one: a file, a page of the browser, a mail
    address.
    """
    repairs: list[Repair] = []
    text = text.strip(EDGES)
    for repair, step in _STEPS:
        changed = step(text)
        if changed != text:
            text = changed.strip(EDGES)
            repairs.append(repair)
    return text, tuple(dict.fromkeys(repairs))


def _without_label(text: str) -> str:
    """Take off what names the address: ``URL: …``, ``view-source:…``."""
    found = _IN_FRONT.match(text)
    return text if found is None else text[found.end() :]


def _decoded(text: str) -> str:
    """Undo percent-encoding of a whole address or of its host, and the entities of HTML and JSON."""
    text = text.replace("\\/", "/")
    text = _ENTITY.sub(lambda found: _entity(found.group()[1:-1].lower()), text)
    for _round in range(4):
        if not _ENCODED_BEGINNING.match(text):
            break
        text = unquote(text) if re.search(r"(?i)%(?:25)*2f", text) else unquote(text[:14]) + text[14:]
    scheme, host, rest = _parts(text)
    if "%" not in host or "[" in host or "*" in host or not re.search(r"(?i)%[0-9a-f]{2}", host):
        return text
    return scheme + unquote(host) + (rest if rest or scheme else "")


def _entity(name: str) -> str:
    return _ENTITIES.get(name) or _ENTITIES[name[-1]]


def _checked(text: str) -> str:
    """Refuse what is something else than an address of a site."""
    if _MAIL.fullmatch(text):
        raise InvalidIndicator(Refusal.MAIL_ADDRESS)
    if _ON_THE_PC.match(text):
        raise InvalidIndicator(Refusal.FILE)
    if _BROWSER_PAGE.match(text) and not re.match(r"(?i)\A[a-z-]+:[0-9]{1,5}(?:/|\Z)", text):
        raise InvalidIndicator(Refusal.SCHEME)
    return text


def _server_of_folder(text: str) -> str:
    r"""Return the server of a shared folder: ``\\server\share``, ``file://server/share``."""
    found = _UNC.match(text)
    if found is None or found.group(1) in {"?", "."}:
        return text
    if found.group(1).lower() == "localhost":
        raise InvalidIndicator(Refusal.FILE)
    return found.group(1)


def _with_scheme(text: str) -> str:
    """Put the beginning right: ``https//``, ``hxxp://``, ``http__``, ``htps://``; and where it stands twice."""
    text = re.sub(r"(?i)\A(?:www\.)(?=https?://)|\A//(?=[^/])", "", text)
    text = re.sub(r"(?i)\A(https?)\.(?=www\.)", r"\1://", text)
    for _round in range(3):
        found = _SCHEME.match(text)
        if found is None or not _is_scheme(found, text[found.end() :]):
            return text
        rest = text[found.end() :]
        again = _SCHEME.match(rest)
        if again is None or not _is_scheme(again, rest[again.end() :]):
            return text if _RIGHT_SCHEME.match(text) else f"{_scheme(found)}://{rest}"
        text = rest
    return text


def _is_scheme(found: re.Match[str], rest: str) -> bool:
    """Tell whether the beginning is a scheme and not a host (``http:8080``, ``ws.example.com``)."""
    between = found["between"]
    if between in {":", ";"}:
        return not _PORT_ONLY.match(rest) and found["http_socket"] is None
    if "_" in between or not re.search(r"[:;.,]", between):
        exact = found.group().lower().startswith(("http", "hxxp", "ftp", "h**p"))
        return exact and (len(between) > 1 or "." in rest.partition("/")[0])
    return True


def _scheme(found: re.Match[str]) -> str:
    """Return the right spelling of a scheme; a web socket's connection is that of a page."""
    if found["ftp"]:
        return "ftp" if not found["ftp"].lower().endswith("s") else "ftps"
    return "https" if found["https"] or found["https_socket"] else "http"


def _with_slashes(text: str) -> str:
    r"""Put backslashes right, which browsers take for slashes: ``https:\\www.example.com\page``."""
    scheme, _host, _rest = _parts(text)
    return text.replace("\\", "/") if scheme and "\\" in text and "@" not in text else text


def _with_dots(text: str) -> str:
    """Put the dots of the host back: ``[.]``, ``(dot)``, ``[.``, `` dot ``."""
    text = _DEFANGED_DOT.sub(".", _SPOKEN_SCHEME.sub(r"\1://", text))
    scheme, host, rest = _parts(_WWW.sub(r"\1.", text))
    host = _DEFANGED_HOST_DOT.sub(".", host)
    spoken = _SPOKEN_SLASH.sub("/", _SPOKEN_DOT.sub(".", host))
    return scheme + (host if re.search(r"\s", spoken) else spoken) + rest


def _with_colons(text: str) -> str:
    text = _ESCAPED_HOST.sub(lambda found: found.group().replace("\\.", "."), text)
    return re.sub(r"\[:(//)?\]", r":\1", text)


def _without_brackets(text: str) -> str:
    """Take off brackets and marks that stand around the address or around its host; not those of an IPv6 address."""
    text = _EMPHASIS.sub(r"\2", text)
    while text and text[0] in _PAIRS and not _is_ipv6(text):
        closing = _PAIRS[text[0]]
        if text.endswith(closing) and len(text) > 1:
            text = _EMPHASIS.sub(r"\2", text[1:-1].strip(EDGES))
        elif closing not in text[1:]:
            text = text[1:].strip(EDGES)
        else:
            break
    scheme, host, rest = _parts(text)
    if not _is_ipv6(host) and not ("[" in host and host.count(":") > 1):
        host = host.strip("[]") if "]" not in host[1:-1] and "[" not in host[1:-1] else host
    return scheme + host + rest


def _is_ipv6(text: str) -> bool:
    """Tell whether a text begins with an IPv6 address in brackets."""
    return re.match(r"\[[0-9A-Fa-f:.%]*:[0-9A-Fa-f:.%\w]*(?:\]|\Z)", text) is not None


def _without_punctuation(text: str) -> str:
    """Take off what ends a sentence or closes a bracket that stands before the address, as mail programs do."""
    before = None
    while text != before:
        before = text
        text = (_EMPHASIS_END_OF_PAGE if _parts(text)[2] else _EMPHASIS_END).sub("", text)
        bare = text.rstrip(_PUNCTUATION + EDGES)
        text = bare + "::" if text[len(bare) :].startswith("::") else bare  # the end of an IPv6 address
        opening = _CLOSING.get(text[-1:])
        if opening is not None and text.count(text[-1]) > text.count(opening):
            text = text[:-1]
    return text


def _parts(text: str) -> tuple[str, str, str]:
    """Part the scheme with its slashes, the host with its port, and the rest."""
    found = re.match(r"(?i)\A[a-z][a-z0-9+.-]*://", text)
    start = found.end() if found else 0
    ending = re.compile(r"[/?#\\]").search(text, start)
    end = ending.start() if ending else len(text)
    return text[:start], text[start:end], text[end:]


_STEPS: tuple[tuple[Repair, Callable[[str], str]], ...] = (
    (Repair.BRACKETS, _without_brackets),
    (Repair.LABEL, _without_label),
    (Repair.ENCODED, _decoded),
    (Repair.DOTS, _with_colons),
    (Repair.FOLDER, _server_of_folder),
    (Repair.SCHEME, _with_scheme),
    (Repair.SLASHES, _with_slashes),
    (Repair.DOTS, _with_dots),
    (Repair.PUNCTUATION, _without_punctuation),
    (Repair.BRACKETS, _without_brackets),
    (Repair.PUNCTUATION, _without_punctuation),
    (Repair.FOUND, _checked),
)
