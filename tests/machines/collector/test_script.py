"""The collector's script: parsed, compared with the catalogue, and looked through for what could change a PC."""

from __future__ import annotations

import hashlib
import re

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from tests.support.powershell_reader import read_commands
from troubleshooting.machines import catalogue
from troubleshooting.machines.collector.script import collector_script, entries, script_digest
from troubleshooting.machines.pipeline import rendered

ENTRY = re.compile(r"^    Read-Entry (\S+) \{ (.*) \}\r$", re.MULTILINE)
HELP = re.compile(r"<#.*?#>", re.DOTALL)
# Besides the catalogue's commands and the script's own functions: what talks to the person, and what writes the result.
ALLOWED = {
    "ForEach-Object",
    "Get-Date",
    "Invoke-RestMethod",
    "Join-Path",
    "Read-Host",
    "Set-Content",
    "Write-Host",
    "Write-Output",
}


@pytest.fixture(scope="module")
def text():
    return collector_script().decode("ascii")


@pytest.fixture(scope="module")
def tree(text):
    """Parse the script without its help and its commands: the grammar knows no list of words without quotes."""
    plain = ENTRY.sub("    Read-Entry x { Get-Date }\r", HELP.sub("", text))
    return Parser(Language(tree_sitter_powershell.language())).parse(plain.encode()).root_node


def nodes(node: Node):
    yield node
    for child in node.children:
        yield from nodes(child)


def test_the_script_is_powershell(tree):
    assert [node.text for node in nodes(tree) if node.type == "ERROR" or node.is_missing] == []


def test_the_parser_sees_what_is_no_powershell():
    broken = Parser(Language(tree_sitter_powershell.language())).parse(b"function X { if ($a { } }").root_node

    assert broken.has_error


def test_the_commands_are_those_of_a_visit(text):
    visit = catalogue.prerequisite_visit(catalogue.LONGEST_PERIOD)

    assert ENTRY.findall(text) == [(entry.name, rendered(entry)) for entry in visit]


def test_each_command_is_read_as_the_catalogue_means_it(text):
    read = [read_commands(command)[0] for _, command in ENTRY.findall(text)]
    meant = [[part.name for part in entry.pipeline] for entry in entries()]

    assert [[command.name for command in pipeline] for pipeline in read] == meant


def test_nothing_is_called_but_what_reads_asks_and_writes_the_result(tree):
    functions = {
        child.text.decode()
        for node in nodes(tree)
        if node.type == "function_statement"
        for child in node.children
        if child.type == "function_name"
    }
    called = {node.text.decode() for node in nodes(tree) if node.type == "command_name"}

    assert "Read-Entry" in functions
    assert "Read-Entry" in called
    assert called - functions - {"$Command"} == ALLOWED
    assert {name.casefold() for name in functions}.isdisjoint(
        part.name.casefold() for entry in entries() for part in entry.pipeline
    )


def test_a_case_s_script_is_the_same_text_with_its_address_and_token():
    static = collector_script()
    of_case = collector_script(address="https://portal.example/collected/abc/", token="Aa0_-")

    assert [line for line in of_case.splitlines() if line not in static.splitlines()] == [
        b"    [string] $Address = 'https://portal.example/collected/abc/',",
        b"    [string] $Token = 'Aa0_-',",
    ]
    assert script_digest(of_case) == script_digest(static) == hashlib.sha256(static).hexdigest()
    assert script_digest(of_case.replace(b"return 'null'", b"return '0'")) != script_digest(static)


@pytest.mark.parametrize("odd", ["https://x/'; Remove-Item C:\\ #", "a\nb", "x\u2019", "$(x)"])
def test_an_address_or_token_cannot_become_code(odd):
    with pytest.raises(ValueError, match="Address"):
        collector_script(address=odd)
    with pytest.raises(ValueError, match="Token"):
        collector_script(token=odd)
