"""A PC at which the portal's own endpoints are registered, from the generated files or from edited ones."""

from __future__ import annotations

import re
from collections.abc import Mapping

from portal.demo.lab.endpoint import read_endpoint
from portal.demo.lab.pc import SimulatedPC
from portal.demo.lab.pcs import healthy_windows_11
from troubleshooting.machines.catalogue import CHANGING_ENDPOINT, READING_ENDPOINT
from troubleshooting.machines.endpoint.files import Groups, endpoint_files


def edited(edits: Mapping[str, str]) -> Mapping[str, bytes]:
    """Return the generated files with texts replaced, each of which has to be there."""
    files = {path: content.decode("utf-8-sig") for path, content in endpoint_files(Groups()).items()}
    for pattern, replacement in edits.items():
        assert any(re.search(pattern, text, re.DOTALL) for text in files.values()), pattern
        files = {path: re.sub(pattern, replacement, text, flags=re.DOTALL) for path, text in files.items()}
    return {path: text.encode() for path, text in files.items()}


def without(command: str) -> dict[str, str]:
    """Return the edit that hides a limited command."""
    return {rf"@\{{\s+'Name' = '{command}'\s+'Parameters' = .*?\r\n    \}}(?:, |(?=\r\n))": ""}


def restricted_pc(edits: Mapping[str, str] | None = None) -> SimulatedPC:
    """Return a healthy PC with both endpoints and no other."""
    pc, files = healthy_windows_11(), edited(edits or {})
    names = (READING_ENDPOINT, CHANGING_ENDPOINT)
    pc.restricted = {name.casefold(): read_endpoint(files, name) for name in names}
    pc.endpoints = frozenset()
    return pc
