"""The lab says to the same statements what PowerShell was recorded to say: kinds, order, states, ids and shapes."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from xml.etree.ElementTree import Element  # only the type; parsing is defusedxml's

import pytest
from defusedxml import ElementTree
from pypsrp.messages import MessageType

from portal.demo.lab.engine import Engine
from portal.demo.lab.sites import Site
from tests.machines.recorded_entries import ALONE, BATCHES, QUICK
from tests.machines.replayed import Message, recorded
from tests.machines.speaking import CREDENTIAL, LIMITS, address_of
from tests.support.restricted_pc import restricted_pc
from troubleshooting.machines.catalogue import READING_ENDPOINT, form_for
from troubleshooting.machines.pipeline import Entry
from troubleshooting.machines.session import Session

SUFFIX = re.compile(r"_[0-9a-f]{32}\Z")  # other functions are limited there than in the portal's own files
NAMES = {number: name for name, number in vars(MessageType).items() if isinstance(number, int)}
NOT_OF_A_PC = {"x_get_content", "x_upload", "x_native", "not-allowed-script", "x_get_item", "x_get_filehash"}
SAME = [label for label in ALONE if label not in NOT_OF_A_PC]
# What the lab does not know, and why it need not.
NOT_IN_THE_LAB = {
    "native-middle": "no other programs than the two that the portal runs",
    "validation-middle": "its endpoint looks at values before Set-MpPreference does, which is the same error",
    "slow-of-three": "no Start-Sleep",
    "stop-second-of-three": "stops are tested with a fault that hangs",
    "stop-first-of-three": "as above",
    "select-missing-property": "its endpoint lets only known properties through",
}
DIFFERENT = {
    "request_page": "the stand-in is PowerShell 7's cmdlet, the lab speaks as 5.1 does: other reason and target",
    "resolve_name": "the stand-in gave three properties, the lab gives what DnsClient does",
    "set_restore_task": "the stand-in gave a plain object, the lab a CIM instance as Windows does",
    "remove_restore_task": "the task is there in the lab only after the entry before it",
    "remove_restore_task 2": "CDXML writes its errors by itself: the stand-in used Write-Error",
    "restore_task": "the task is not there in the lab",
    "throw-middle": "the lab has one drive and says of every other path that it is not there",
    "terminating-then-nonterminating": "as above",
    "first-throw-of-five": "as above",
}


def text_of(node: Element, name: str) -> str:
    found = next((each for each in node.iter() if each.get("N") == name), None)
    return (found.text or "") if found is not None else ""


def error_outline(node: Element) -> tuple[str, ...]:
    """Return an error's id without the class (functions stood in for cmdlets), and what else attributes it.

    Invocation info was asked for when this was recorded, and is not any more.
    """
    identifier = text_of(node, "FullyQualifiedErrorId").partition(",")[0]
    names = ("ErrorCategory_Category", "ErrorCategory_Activity", "ErrorCategory_TargetName")
    return (identifier, *(SUFFIX.sub("", text_of(node, name)) for name in names))


def outline(message: Message) -> tuple[object, ...]:
    kind, text = message
    node = ElementTree.fromstring(text)
    if kind == "PIPELINE_STATE":
        failed = next((each for each in node.iter() if each.get("N") == "ExceptionAsErrorRecord"), None)
        return (kind, text_of(node, "PipelineState"), error_outline(failed) if failed is not None else None)
    if kind == "ERROR_RECORD":
        return (kind, *error_outline(node))
    own = node.find("MS")
    return (kind, node.tag, tuple(each.get("N") for each in (own if own is not None else ())))


def messages(data: bytes) -> Iterator[Message]:
    """Return the messages of whole fragments (MS-PSRP 2.2.4)."""
    parts: dict[int, bytes] = {}
    while data:
        number, _, marks, length = struct.unpack(">QQBI", data[:21])
        parts[number] = parts.get(number, b"") + data[21 : 21 + length]
        data = data[21 + length :]
        if marks & 2:
            whole = parts.pop(number)
            yield NAMES[struct.unpack("<I", whole[4:8])[0]], whole[40:].decode("utf-8-sig")


def said_by(server, entries: Sequence[Entry], **settings: str) -> list[Message]:
    """Send entries as one pipeline to the lab and return the messages that came back."""
    session = Session(address_of(server, **settings), CREDENTIAL, limits=LIMITS, should_stop=lambda: False)
    session.open()
    try:
        shell, received = session._pool.shell, []
        receive = shell.receive

        def noting(*arguments, **named):
            answer = receive(*arguments, **named)
            received.append(answer[2]["stdout"])
            return answer

        shell.receive = noting
        pipeline = session.begin(tuple(entries))
        session.follow(pipeline, left_s=lambda: 20.0, on_news=lambda: True)
    finally:
        session.close()
        session.disconnect()
    return list(messages(b"".join(received)))


@pytest.fixture
def engine():
    """Return the reading that was recorded."""
    return Engine.RECORDED


@pytest.fixture
def bare(lab_server):
    """Return a PC as the recorded one was: none of the keys, one file; the portal's endpoints are registered too."""
    pc = restricted_pc()
    pc.endpoints = None
    pc.preferences.update(ExclusionIpAddress=["192.0.2.1"], ExclusionProcess=[r"C:\Example\app.exe"])
    pc.registry.clear()
    pc.files["C:\\Windows\\example.txt"] = b"example"
    pc.sites["example.com"] = Site("192.0.2.7")
    return lab_server(pc)


def as_recorded(label: str, name: str, theirs: Sequence[Message], different: Mapping[str, str]) -> None:
    ours = [outline(message) for message in theirs]
    recordings = [outline(message) for message in recorded(name)[label].messages]

    assert (ours == recordings) is (label not in different), (ours, recordings)


def test_the_visits_batch_is_answered_as_recorded(bare):
    theirs = [outline(message) for message in said_by(bare, QUICK)]
    recordings = [outline(message) for message in recorded("catalogue")["batch"].messages]

    # netsh ends with an empty line, which its stand-in lacked
    assert [each for each, _ in groupby(theirs)] == [each for each, _ in groupby(recordings)]


def test_a_restricted_endpoint_answers_the_batch_as_recorded(bare):
    entries = [form_for(READING_ENDPOINT, entry) for entry in QUICK]

    theirs = [outline(message) for message in said_by(bare, entries, configuration_name=READING_ENDPOINT)]

    recordings = [outline(message) for message in recorded("working-endpoint")["batch"].messages]
    assert [each for each, _ in groupby(theirs)] == [each for each, _ in groupby(recordings)]


@pytest.mark.parametrize("label", ["x_unknown", "x_bad_parameter", "cloud_connectivity"])
def test_a_restricted_endpoint_refuses_as_recorded(bare, label):
    theirs = [outline(each) for each in said_by(bare, [ALONE[label]], configuration_name=READING_ENDPOINT)]

    assert theirs == [outline(message) for message in recorded("restricted-endpoint")[label].messages]


@pytest.mark.parametrize("label", SAME)
def test_every_other_entry_is_answered_as_recorded(bare, label):
    as_recorded(label, "catalogue", said_by(bare, [ALONE[label]]), DIFFERENT)


@pytest.mark.parametrize("label", [label for label in BATCHES if label not in NOT_IN_THE_LAB])
def test_a_batch_ends_as_recorded(bare, label):
    as_recorded(label, "errors-and-types", said_by(bare, BATCHES[label]), DIFFERENT)
