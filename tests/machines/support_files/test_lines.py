"""Texts in every encoding, and texts that are made to waste time or to break something."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.machines.support_files.made import WRITTEN_AT
from tests.machines.support_files.texts import (
    CLOUD,
    EVENTS,
    GERMAN_EVENTS,
    NOW,
    REGISTRY,
    STATE,
    SYSTEM,
    snapshot,
)
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.machines.support_files.header import CabMember
from troubleshooting.machines.support_files.names import is_known
from troubleshooting.machines.support_files.reader import Cab
from troubleshooting.machines.support_files.snapshot import read_support_files


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode(),
        lambda text: text.encode("cp1252"),
        lambda text: text.replace("\n", "\r\n").encode("utf-16"),
        lambda text: text.replace("\n", "\r\n").encode("utf-16") + b"\0",
    ],
    ids=[
        "utf-16",
        "utf-16-le",
        "utf-16-be with mark",
        "utf-16-be",
        "utf-8 with mark",
        "utf-8",
        "cp1252",
        "CRLF",
        "odd",
    ],
)
def test_every_encoding_that_the_field_has_is_read(encode):
    read = snapshot(registry=encode(REGISTRY), events=encode(GERMAN_EVENTS))

    assert read.preferences.network_protection == 1
    assert [event.destination for event in read.events] == ["https://größe.example:8443/a"]


BLANKS, STARS = " " * 20_000, "*" * 20_000
LONG_LINES = {
    "registry": [f"    x{BLANKS}y", f'Current "effective policy"{BLANKS}y', "  [" * 5_000, " [REG_DWORD]" * 2_000],
    "state": [f"Realtime monitor{BLANKS}enabled y", "product status : 0x" * 1_500],
    "events": [f"a\t1126\tb\n \tDestination:{BLANKS}y", f"{STARS}{BLANKS}y", "\t1" * 10_000, " :" * 10_000],
    "mode": [f"is currently set in {BLANKS}mode{BLANKS}. y", "is currently set in " * 1_000],
    "products": [f"displayName{BLANKS}=", f"displayName = [{']' + BLANKS}]y", "displayName = [" * 1_500],
    "proxy": [f"x\n  Proxy{BLANKS}:{BLANKS}y", "x\n " + " :" * 10_000],
    "versions": ["MsMpEng.exe " * 2_000, "\\Platform\\4.18." * 1_500],
    "system": [f"Host Name:{BLANKS}y", f"OS Name: Windows 11{BLANKS}Pro y", "OS: Windows Server " * 1_000],
    "commands": [f"Start Time:{BLANKS}y", "Start Time: a" * 1_500, "ValidateMapsConnection failed " * 700],
    "log": ["2026-11-27T13:00:00." + "0" * 20_000],
}


@pytest.mark.parametrize("name", LONG_LINES)
def test_lines_made_to_waste_time_are_read_like_any_other(name):
    """With a pattern that goes back and forth, a few hundred of these would take hours."""
    text = "\n".join(line for line in LONG_LINES[name] for _ in range(300))

    assert len(judge(snapshot(**{name: text}), report=None)) == 17


def test_a_registry_with_more_values_than_any_has_says_nothing():
    """Cut off after some values, a list of exclusions would look as if it were whole."""
    entries = "".join(f"    10.{n >> 16}.{n >> 8 & 255}.{n & 255}   [REG_DWORD] : 0 (0x0)\n" for n in range(60_000))
    section = "[Exclusions\\IpAddresses]\n"
    some = "".join(entries.splitlines(keepends=True)[:5_000])

    assert snapshot(registry=REGISTRY.replace(section, section + entries)).preferences is None
    assert (
        len(snapshot(registry=REGISTRY.replace(section, section + some)).preferences.exclusion_ip_address.entries)
        == 5_001
    )


KNOWN = ["MPRegistry.txt", "MPStateInfo.txt", "MPOperationalEvents.txt", "NetworkProtectionState.txt", "WSCInfo.txt"]
KNOWN += ["WindowsProxy.txt", "FileVersions.txt", "SystemInfo.txt", "MpCmdRun.log", "MPLog-1.log"]


@pytest.mark.fuzz
@given(st.lists(st.tuples(st.sampled_from(KNOWN), st.binary(max_size=300)), unique_by=lambda pair: pair[0]))
def test_no_content_makes_it_raise(contents):
    members = tuple(CabMember(name, len(content), WRITTEN_AT) for name, content in contents)
    read = read_support_files(Cab(members, {n: content for n, (_name, content) in enumerate(contents)}), now=NOW)

    assert len(judge(read.snapshot, report=None)) == 17
    assert all(is_known(member.base_name) for member in members)


@pytest.mark.fuzz
@given(st.data())
def test_no_change_of_a_real_text_makes_it_raise(data):
    whole = {"registry": REGISTRY, "state": STATE, "events": EVENTS, "system": SYSTEM, "commands": CLOUD}
    name = data.draw(st.sampled_from(sorted(whole)))
    text = whole[name]
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, min(len(text), begin + 40)))
    whole[name] = text[:begin] + data.draw(st.text(max_size=20)) + text[end:]

    assert (
        len(judge(snapshot(**{key: value.encode("utf-8", "replace") for key, value in whole.items()}), report=None))
        == 17
    )
