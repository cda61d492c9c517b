"""The reader of data files takes what PowerShell's own writer writes, and nothing that is not data."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.demo.lab.data_file import BadDataFile, read_data_file
from troubleshooting.domain.base import powershell

# As PowerShell's own New-PSRoleCapabilityFile writes it (docs/reference/powershell-answers.md, fact 23).
WRITTEN = r"""@{
GUID = 'x'
VisibleCmdlets = 'Microsoft.PowerShell.Utility\Select-Object', 'Get-Date', @{
    'Name' = 'ForEach-Object'
    'Parameters' = @{ 'Name' = 'MemberName'; 'ValidateSet' = 'ToXml' }, @{ 'Name' = 'InputObject' } }, @{
    'Name' = 'Get-ItemProperty'
    'Parameters' = @{ 'Name' = 'Path'; 'ValidateSet' = 'HKLM:\SOFTWARE\A', 'HKLM:\SOFTWARE\B' } }
RunAsVirtualAccount = $true
}"""
TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("'\u2018\u2019\u201a\u201b\"$`\n\r#"))


def test_the_form_of_powershells_own_writer_is_read():
    assert read_data_file(WRITTEN.encode()) == {
        "GUID": "x",
        "VisibleCmdlets": [
            r"Microsoft.PowerShell.Utility\Select-Object",
            "Get-Date",
            {
                "Name": "ForEach-Object",
                "Parameters": [{"Name": "MemberName", "ValidateSet": "ToXml"}, {"Name": "InputObject"}],
            },
            {
                "Name": "Get-ItemProperty",
                "Parameters": {"Name": "Path", "ValidateSet": [r"HKLM:\SOFTWARE\A", r"HKLM:\SOFTWARE\B"]},
            },
        ],
        "RunAsVirtualAccount": True,
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "'a'",
        "@{ A = 'b' ",
        "@{ A = 'b' } @{ }",
        "@{ A = 1 }",
        '@{ A = "b" }',
        "@{ A = $env:PATH }",
        "@{ A = $(calc) }",
        "@{ A = 'b' + 'c' }",
        "@{ A = 'b'; A = 'c' }",
        "@{ A = 'b' B = 'c' }",
        "@{ A = { calc } }",
        "@{ A = calc }",
        "@{ A = 'b\u2019; Start-Process calc; \u2019' }; calc",
        "@{ A = 'b' }; calc",
        "@{ A = @('b', ) }",
        "# no data\n@{ }",
    ],
)
def test_what_is_not_data_is_refused(text):
    with pytest.raises(BadDataFile):
        read_data_file(text.encode())


def test_other_bytes_are_refused():
    with pytest.raises(BadDataFile):
        read_data_file(b"@{ A = '\xff' }")


@given(st.dictionaries(st.sampled_from(["A", "B", "C"]), TEXTS | st.booleans() | st.lists(TEXTS, min_size=2)))
def test_what_the_portal_writes_is_read_back(table):
    assert read_data_file(powershell.data(table).encode()) == table
