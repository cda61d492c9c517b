"""Envelopes, event XML and the texts of native programs, spoilt here and there: read, or refused by name."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypsrp.exceptions import WinRMError

from tests.machines.test_parse import BLOCK
from troubleshooting.domain.evidence.snapshot import Reading, ReadState
from troubleshooting.machines import catalogue
from troubleshooting.machines.base import Answer
from troubleshooting.machines.envelopes import check_envelope
from troubleshooting.machines.event_xml import read_event, read_events
from troubleshooting.machines.parse import build_snapshot

pytestmark = pytest.mark.fuzz

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
ENTRIES = [entry.name for entry in catalogue.prerequisite_visit(timedelta(hours=1))]
ENVELOPE = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body><rsp:ReceiveResponse '
    'xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><rsp:Stream Name="stdout">AAAA</rsp:Stream>'
    "</rsp:ReceiveResponse></s:Body></s:Envelope>"
)
NATIVE = """Current WinHTTP proxy settings:

    Proxy Server(s) :  proxy.contoso.example:8080
    Bypass List     :  *.contoso.example;<local>

ValidateMapsConnection failed (800722F0)
"""
HARM = st.sampled_from(
    ["<!DOCTYPE a>", "<!ENTITY b 'c'>", "&b;", "&#0;", "&#xD800;", "]]>", "<a " * 9, "\x00", "﷐", "9" * 400, "\ud800"]
)


@st.composite
def spoilt(draw: Any, text: str) -> str:
    """Return a text with pieces of it replaced, and pieces of harm put in."""
    for _ in range(draw(st.integers(0, 4))):
        at, length = draw(st.integers(0, len(text))), draw(st.integers(0, 40))
        text = text[:at] + draw(HARM | st.text(max_size=12)) + text[at + length :]
    return text


@given(spoilt(ENVELOPE))
def test_envelopes(text):
    with contextlib.suppress(WinRMError):
        check_envelope(text.encode("utf-8", "surrogatepass"))


@given(st.lists(spoilt(BLOCK), max_size=3))
def test_event_xml(texts):
    read = [event for event in map(read_event, texts) if event is not None]

    assert list(read_events(texts)) == read


@given(st.sampled_from(ENTRIES), st.lists(spoilt(NATIVE), max_size=3), st.lists(spoilt(NATIVE), max_size=2))
def test_native_text(name, lines, errors):
    answer = Answer(name, name, NOW, 0.5, Reading(ReadState.ANSWERED, None), list(lines), list(errors))

    assert build_snapshot([answer], collected_at=NOW).collected_at == NOW
