"""PowerShell text: whatever the values, PowerShell reads back what was written."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.powershell_reader import Command, NotPlain, read_commands, read_data
from troubleshooting.domain.base import powershell

ODD = "'\u2018\u2019\u201a\u201b\"\u201c\u201d\u201e-\u2010\u2013\u2014\u2212 \u00a0\u0085\u2028\u2029\u3000\r\n\t"
CODE = "`$@#(){}<>[]|&;,:=*?%!^~/\\\x00\u200b\u202e\ufeff"
odd_texts = st.text(st.sampled_from(ODD + CODE + "aC1.")) | st.sampled_from(["1.0", ".5", "10kb", "0x1F", "-Force"])
texts = st.text() | odd_texts
values = texts | st.integers(0, 10**6) | st.booleans()
arguments = values | st.lists(texts, min_size=2, max_size=4)
names = st.sampled_from(["Path", "Name", "Xml"])


@settings(max_examples=1000, deadline=None)
@given(st.lists(arguments, max_size=3), st.lists(st.tuples(names, arguments | st.none()), max_size=3), texts)
def test_every_value_of_a_command_is_read_back_and_nothing_else(positional, named, program):
    written = [*((None, value) for value in positional), *named]

    text = powershell.pipeline([powershell.command("Get-Item", written), powershell.command(program, [(None, "end")])])

    expected = [*((None, value) for value in positional), *((n, ... if value is None else value) for n, value in named)]
    assert read_commands(text) == [[Command("Get-Item", expected), Command(program, [(None, "end")])]]


data_values = st.recursive(
    values,
    lambda inner: (
        st.lists(inner.filter(lambda value: not isinstance(value, list)), max_size=3).filter(lambda e: len(e) != 1)
        | st.dictionaries(st.sampled_from(["Name", "it's", "a ’ b"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=1000, deadline=None)
@given(data_values)
def test_every_value_of_a_data_file_is_read_back(value):
    assert read_data(powershell.data(value)) == value


@pytest.mark.parametrize("name", ["", "x y", "a;b", "Get-Item x", "Get–Item", "1", "-x", "it's", "a-b\n"])
def test_what_is_no_commands_name_is_called_as_a_text(name):
    assert read_commands(powershell.command(name)) == [[Command(name, [])]]
    with pytest.raises(ValueError, match=re.escape(name) + r"\Z"):
        powershell.function(name, [])
    with pytest.raises(ValueError, match=re.escape(name) + r"\Z"):
        powershell.command("Get-Item", [(name, "x")])


def test_a_word_of_the_language_is_never_a_command():
    assert powershell.command("if") == "& 'if'"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (r"C:\Windows\notepad.exe", r"C:\Windows\notepad.exe"),
        ("192.0.2.1", "192.0.2.1"),
        ("192.0", "'192.0'"),
        ("a-b", "'a-b'"),
        ("Zoë", "'Zoë'"),
        ("", "''"),
        ("C:\\a’; Start-Process calc; ’b.exe", "'C:\\a’’; Start-Process calc; ’’b.exe'"),
        (("a", "b c"), "a, 'b c'"),
        ((), "@()"),
        (443, "443"),
        (None, "$null"),
    ],
)
def test_only_plain_words_stand_without_quotes(value, written):
    assert powershell.argument(value) == written


def test_a_truth_value_is_joined_to_its_parameter():
    assert powershell.command("Unregister-ScheduledTask", [("Confirm", False), ("Force", None)]) == (
        "Unregister-ScheduledTask -Confirm:$false -Force"
    )


def test_a_command_for_the_program_must_not_be_split_on_the_way():
    with pytest.raises(ValueError, match="a b"):
        powershell.program_arguments('Get-Item "a b"')


def test_a_function_takes_no_arguments():
    assert powershell.function("Get-It", ["Get-Date"]) == (
        "function Get-It {\n    [CmdletBinding()]\n    param()\n    Get-Date\n}"
    )


@pytest.mark.parametrize(
    "text",
    ["Get-Item 'x’; 'INJECTED'; ’y", "Get-Item $x", 'Get-Item "x"', "Get-Item 'x", "Get-Item (x)", "Get-Item x'y'"],
)
def test_the_reader_of_these_tests_sees_what_is_more_than_a_plain_command(text):
    with pytest.raises(NotPlain):
        read_commands(text)


def test_the_reader_of_these_tests_sees_a_command_split():
    assert [pipeline[0].name for pipeline in read_commands("Write-Output 'x’; INJECTED; Write-Output ’y'")] == [
        "Write-Output",
        "INJECTED",
        "Write-Output",
    ]
