"""What native commands print: MpCmdRun.exe and netsh.exe. Only what is sure in every language is read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from troubleshooting.domain.evidence.snapshot import CloudConnectivity, WinHttpProxy

# docs/reference/defender-cmdlets.md section 8: the success line, and the ways in which a failure's number is written
_SUCCESS = re.compile(r"successfully established a connection to MAPS", re.IGNORECASE)
_FAILURE = re.compile(r"ValidateMapsConnection failed", re.IGNORECASE)
_HRESULT = re.compile(r"hr\s*=\s*(?:0x)?([0-9a-f]{8})\b", re.IGNORECASE)
_BARE_HRESULT = re.compile(r"failed[^(]{0,200}\((?:0x)?([0-9a-f]{8})\)", re.IGNORECASE)
_HTTP_CODE = re.compile(r"http(?:code|core)\s*=\s*([0-9]{1,4})\b", re.IGNORECASE)

_VALUE_LINE = re.compile(r"\s+\S[^:]*:\s+(\S.*)")

MOST_LINES = 200
LONGEST_LINE = 1_000  # characters


def read_cloud_connectivity(lines: Sequence[str]) -> CloudConnectivity:
    """Read the lines of ``MpCmdRun.exe -ValidateMapsConnection``; no exit code is visible through remoting."""
    kept = _kept(lines)
    whole = "\n".join(kept)
    found = _HRESULT.search(whole) or _BARE_HRESULT.search(whole)
    hresult = f"0x{found[1].upper()}" if found and int(found[1], 16) else None
    http_code = _HTTP_CODE.search(whole)
    connected: bool | None = None
    if hresult is not None or _FAILURE.search(whole):
        connected = False
    elif _SUCCESS.search(whole):
        connected = True
    return CloudConnectivity(connected, hresult, int(http_code[1]) if http_code else None, kept)


def read_winhttp_proxy(lines: Sequence[str]) -> WinHttpProxy:
    """Read the lines of ``netsh.exe winhttp show proxy``.

    Its words are localised, its form is not: below an unindented title, either one sentence (direct access) or
    "label : value" lines, of which the first is the proxy server.
    """
    kept = _kept(lines)
    below_title = [line for line in kept if line.strip() and line[0].isspace()]
    values = [found[1].strip() for line in below_title if (found := _VALUE_LINE.match(line))]
    if values:
        return WinHttpProxy(direct=False, server=values[0], lines=kept)
    return WinHttpProxy(direct=True if below_title else None, server=None, lines=kept)


def _kept(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(line[:LONGEST_LINE] for line in lines[:MOST_LINES])
