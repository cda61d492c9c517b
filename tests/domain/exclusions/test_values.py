"""Values of exclusions: one form, stable under reading it again."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.advice.situations import APP, IP, SITE
from tests.domain.advice.values_table import ROWS
from troubleshooting.domain.exclusions.exclusion import ExclusionKind
from troubleshooting.domain.exclusions.values import (
    ExclusionValue,
    IndicatorType,
    InvalidExclusionValue,
    canonical,
    parse_value,
    value_covers,
)

typed = st.text(max_size=40) | st.sampled_from([row[1] for row in ROWS])
part = st.text("abcdefgh ÄßéÉ0123456789-_()", min_size=1, max_size=8).filter(lambda name: name == name.strip())
roots = st.sampled_from(["C:", "d:", "%ProgramFiles%", "%windir%", "%ProgramFiles(x86)%"])
programs = st.builds(lambda root, parts: root + "\\" + "\\".join(parts) + ".exe", roots, st.lists(part, min_size=1))


@pytest.mark.parametrize(
    ("text", "value", "indicator_type"),
    [
        ("HTTPS://Shop.Example.com/", "shop.example.com", IndicatorType.DOMAIN_NAME),
        ("shop.bücher.de", "shop.xn--bcher-kva.de", IndicatorType.DOMAIN_NAME),
        ("https://shop.example.com:443/a b".replace(" ", "%20"), "https://shop.example.com/a%20b", IndicatorType.URL),
        ("http://shop.example.com/?q=1#x", "http://shop.example.com/?q=1", IndicatorType.URL),
        ("203.0.113.7", "203.0.113.7", IndicatorType.IP_ADDRESS),
        ("2001:4860:4860::8888", "2001:4860:4860:0:0:0:0:8888", IndicatorType.IP_ADDRESS),
        ("2001:0DB8::0A", "2001:db8:0:0:0:0:0:a", IndicatorType.IP_ADDRESS),
        ("::ffff:203.0.113.7", "203.0.113.7", IndicatorType.IP_ADDRESS),
        ("https://[2001:db8::7]/a", "https://[2001:db8:0:0:0:0:0:7]/a", IndicatorType.URL),
    ],
)
def test_an_indicator_has_the_form_of_the_api(text, value, indicator_type):
    found = parse_value(SITE, text)

    assert (found.value, found.indicator_type) == (value, indicator_type)


@pytest.mark.parametrize(
    ("text", "value", "expanded"),
    [
        (r'"c:/Program Files/App/a.EXE"', r"c:\Program Files\App\a.EXE", r"c:\program files\app\a.exe"),
        (r"%ProgramFiles%\App\a.exe", r"%ProgramFiles%\App\a.exe", r"c:\program files\app\a.exe"),
        (r"%SystemDrive%\App\a.exe", r"%SystemDrive%\App\a.exe", r"c:\app\a.exe"),
    ],
)
def test_a_program_keeps_its_spelling_and_knows_what_it_means(text, value, expanded):
    found = parse_value(APP, text)

    assert (found.value, found.expanded, found.canonical, found.file_name) == (value, expanded, value.lower(), "a.exe")


def test_only_programs_have_a_file_name():
    assert parse_value(IP, "10.0.0.1").file_name == ""


def read(kind: ExclusionKind, text: str) -> tuple[ExclusionValue | None, str]:
    """Return the value, or the sentence of the refusal."""
    try:
        return parse_value(kind, text), ""
    except InvalidExclusionValue as error:
        return None, str(error.text)


@given(kind=st.sampled_from(ExclusionKind), text=typed)
def test_any_text_is_read_or_refused_with_an_example_and_reading_is_stable(kind, text):
    found, sentence = read(kind, text)
    if found is None:
        assert "example" in sentence
        return

    assert parse_value(kind, found.value) == found
    assert parse_value(kind, f' "{found.value}" ') == found
    assert not {"*", "\n", "\0"} & set(found.value)


@given(st.ip_addresses(v=6))
def test_ipv6_is_written_in_eight_groups_of_the_same_address(address):
    value = parse_value(SITE, str(address)).value

    if address.ipv4_mapped is None:
        assert value.count(":") == 7
        assert "::" not in value
        assert ipaddress.ip_address(value) == address


@given(st.ip_addresses(v=4))
def test_every_single_ipv4_is_a_value_of_an_ip_exclusion(address):
    assert parse_value(IP, str(address)).value == str(address)


@given(programs)
def test_case_and_slashes_of_a_path_do_not_count(path):
    one, other = (parse_value(APP, text) for text in (path, path.replace("\\", "/").swapcase()))

    # "ß" in capitals is "SS", which is another file
    assert "ß" in path or one.canonical == other.canonical
    assert value_covers(one, other) is (one.expanded == other.expanded)


def test_two_files_never_become_one():
    assert canonical(" Straße.EXE ") == "straße.exe"
    assert canonical("strasse.exe") != canonical("straße.exe")


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [
        ("example.com", "shop.example.com", True),
        ("example.com", "https://shop.example.com/a", True),
        ("shop.example.com", "example.com", False),
        ("203.0.113.7", "http://203.0.113.7/a", True),
        ("203.0.113.7", "203.0.113.70", False),
        ("https://shop.example.com/a", "shop.example.com", False),
        ("https://shop.example.com/a", "https://shop.example.com/a/b", True),
        ("https://shop.example.com/a", "https://shop.example.com/a?b", True),
        ("https://shop.example.com/a/", "https://shop.example.com/a/b", True),
        ("https://shop.example.com/a", "https://shop.example.com/ab", False),
        ("https://shop.example.com/a", "http://shop.example.com/a/b", False),
    ],
)
def test_what_an_indicator_covers(wide, narrow, covers):
    assert value_covers(parse_value(SITE, wide), parse_value(SITE, narrow)) is covers


def test_kinds_never_cover_each_other():
    assert not value_covers(parse_value(SITE, "203.0.113.7"), parse_value(IP, "203.0.113.7"))


@given(st.lists(st.sampled_from([(row[0], row[1]) for row in ROWS if row[0] is not SITE]), min_size=2, max_size=2))
def test_addresses_and_programs_cover_only_themselves(pair):
    one, other = (read(kind, text)[0] for kind, text in pair)
    if one and other:
        assert value_covers(one, other) is (one.kind is other.kind and one.expanded == other.expanded)
