"""PowerShell's objects as plain JSON."""

from __future__ import annotations

import json

import pytest

from troubleshooting.machines.clixml import Table, Thing, read
from troubleshooting.machines.clixml_texts import Unreadable
from troubleshooting.machines.plain import TOO_DEEP, UNREADABLE, device_error, plain, unreadable, weight

SELECTED = """<Obj RefId="0"><TN RefId="0"><T>Selected.Microsoft.Management.Infrastructure.CimInstance</T>
<T>System.Management.Automation.PSCustomObject</T><T>System.Object</T></TN><MS>
<S N="Name">PC</S><U32 N="Sku">4</U32><By N="Mode">1</By><B N="On">true</B><Nil N="None" />
<DT N="At">2026-11-24T02:22:04.1234567+01:00</DT><Version N="Version">10.0.26100.1</Version>
<G N="Guid">11cd958a-c507-4ef3-b3f2-5fd9dfbd2c78</G>
<Obj N="List" RefId="1"><TN RefId="1"><T>System.String[]</T><T>System.Array</T><T>System.Object</T></TN>
<LST><S>a</S><S>b</S></LST></Obj>
<Obj N="Mode2" RefId="2"><TN RefId="2"><T>Some.EnumType</T><T>System.Enum</T><T>System.ValueType</T>
<T>System.Object</T></TN><ToString>AuditMode</ToString><By>2</By></Obj>
<Obj N="Address" RefId="3"><TN RefId="3"><T>System.Net.IPAddress</T><T>System.Object</T></TN>
<ToString>10.0.0.1</ToString><Props><S N="AddressFamily">InterNetwork</S></Props></Obj></MS></Obj>"""

CLOCK = """<Obj RefId="0"><DT>2026-11-24T02:22:04.1234567+01:00</DT><MS>
<Obj N="DisplayHint" RefId="1"><TN RefId="0"><T>Microsoft.PowerShell.Commands.DisplayHintType</T><T>System.Enum</T>
<T>System.ValueType</T><T>System.Object</T></TN><ToString>DateTime</ToString><I32>2</I32></Obj></MS></Obj>"""


def test_a_selected_object_becomes_a_mapping():
    assert plain(read(SELECTED.encode())) == {
        "Name": "PC",
        "Sku": 4,
        "Mode": 1,
        "On": True,
        "None": None,
        "At": "2026-11-24T02:22:04.1234567+01:00",
        "Version": "10.0.26100.1",
        "Guid": "11cd958a-c507-4ef3-b3f2-5fd9dfbd2c78",
        "List": ["a", "b"],
        "Mode2": 2,
        "Address": "10.0.0.1",
    }


def test_a_date_with_a_display_hint_is_a_moment():
    assert plain(read(CLOCK.encode())) == "2026-11-24T02:22:04.1234567+01:00"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), "nan"),
        (1.5, 1.5),
        (Table([("a", [1, [2, 3]]), (4, None)]), {"a": [1, [2, 3]], "4": None}),
        (Thing(), ""),
        (Thing(values=["a", 1]), ["a", 1]),
    ],
)
def test_other_values_become_json(value, expected):
    assert plain(value) == expected


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"], ids=["nul", "half a character"])
def test_texts_can_always_be_stored(text):
    assert plain(text) == plain(Thing(to_string=text)) == "a\ufffdb"
    assert plain(Table([(text, [text])])) == plain(Thing(extended={text: [text]})) == {"a\ufffdb": ["a\ufffdb"]}


LIMITED = """<Obj RefId="0"><TN RefId="0"><T>System.Management.Automation.ErrorRecord</T><T>System.Object</T></TN>
<ToString>No.</ToString><MS><Obj N="Exception" RefId="1"><TN RefId="1">
<T>System.Management.Automation.ParameterBindingValidationException</T><T>System.Object</T></TN><ToString>No.</ToString>
<Props><S N="ParameterName">Path</S></Props></Obj><Nil N="TargetObject" />
<S N="FullyQualifiedErrorId">ParameterArgumentValidationError,Get-ItemProperty_65caeacb1890434da6467e4384075d77</S>
<Nil N="InvocationInfo" /><I32 N="ErrorCategory_Category">6</I32>
<S N="ErrorCategory_Activity">Get-ItemProperty_65caeacb1890434da6467e4384075d77</S>
<S N="ErrorCategory_Reason">ParameterBindingValidationException</S><S N="ErrorCategory_TargetName"></S>
<S N="ErrorCategory_TargetType"></S><B N="SerializeExtendedInfo">false</B></MS></Obj>"""


def test_what_an_endpoint_adds_to_the_names_of_its_functions_is_cut_off():
    error = device_error(read(LIMITED.encode()))

    assert error.fq_error == "ParameterArgumentValidationError,Get-ItemProperty"
    assert (error.activity, error.parameter) == ("Get-ItemProperty", "Path")
    assert "65caeacb" not in str(error.as_json())


def test_an_error_that_is_no_record_is_still_read():
    assert device_error("broken").message == "broken"


def test_depth_is_limited():
    nested = value = []
    for _ in range(5_000):
        value.append([])
        value = value[0]

    json.dumps(plain(nested))


def test_weight_is_near_the_written_size():
    value = {"name": "x" * 100, "list": [1, 2, "three"], "none": None}

    assert 0.5 < weight(value) / len(json.dumps(value)) < 2


def test_an_error_record_of_strange_types_is_still_read():
    strange = {name: [Thing()] for name in ("ErrorCategory_Activity", "ErrorCategory_TargetName")}
    record = Thing("x" * 10_000, extended={"ErrorCategory_Category": 5, "Exception": 7, **strange})

    error = device_error(record)

    assert error.category == "InvalidArgument"
    assert len(error.message) == 4_000
    assert set(map(type, error.as_json().values())) == {str}


REFERENCES = [f'<Ref RefId="{n}"/>' * 9 for n in range(3)]
ABOVE = "".join(f'<Obj N="a" RefId="{n}"><LST>{below}</LST></Obj>' for n, below in enumerate(REFERENCES, 1))
NESTED = f'<Obj N="a" RefId="0"><LST><S>x</S></LST></Obj>{ABOVE}'


@pytest.mark.parametrize(
    "record",
    [
        f'<Obj RefId="9"><MS><LST N="ErrorCategory_Reason">{NESTED}</LST></MS></Obj>',
        f'<Obj RefId="9"><MS><Props N="ErrorCategory_Reason">{NESTED}</Props></MS></Obj>',
        f"<LST>{NESTED}</LST>",
    ],
    ids=["list", "properties", "no record"],
)
def test_lists_in_an_error_record_are_not_written_out(record):
    """A few that refer to each other can stand for more than any memory holds."""
    error = device_error(read(record.encode()))

    assert TOO_DEEP in {error.reason, error.message} <= {"", TOO_DEEP}


def test_an_error_without_a_text_of_its_own_has_that_of_its_exception():
    assert device_error(Thing(extended={"Exception": Thing("broken")})).message == "broken"


def test_what_could_not_be_read_is_told_as_an_error():
    error = unreadable(Unreadable("It is no XML."))

    assert (error.fq_error, error.message) == (UNREADABLE, "The portal could not read this answer. It is no XML.")
