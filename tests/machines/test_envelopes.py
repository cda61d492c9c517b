"""Envelopes looked at before pypsrp parses them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypsrp.exceptions import WinRMError

from troubleshooting.machines.envelopes import MOST_ELEMENTS, check_envelope


@pytest.mark.parametrize(
    "envelope",
    [
        b"<!DOCTYPE a><a/>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><a/>'.encode("utf-16"),
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><a/>',
        b"<a>" + b"<b/>" * MOST_ELEMENTS + b"</a>",
        b"<a " + b" ".join(b"b%d=''" % number for number in range(100_000)) + b"/>",
        b"<a><!--" + b"x" * 300_000,
    ],
    ids=["type", "entity", "utf-16", "a text that says it is utf-16", "elements", "attributes", "comment"],
)
def test_an_envelope_that_means_harm_is_refused(envelope):
    with pytest.raises(WinRMError, match="The device's envelope has"):
        check_envelope(envelope)


@pytest.mark.parametrize("envelope", [b"", b"welcome", b"<a>", b"<a/>", b"\xff", b"<a>" + b"x" * 900_000])
def test_other_envelopes_are_left_to_pypsrp(envelope):
    check_envelope(envelope)


@pytest.mark.fuzz
@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_left_to_pypsrp_or_refused(envelope):
    if b"DOCTYPE" not in envelope.replace(b"\x00", b""):
        check_envelope(envelope)
