"""What a collector wrote: read as a visit's answers, or refused with a sentence."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from portal.demo.lab import pcs
from portal.demo.lab.collector import UnknownScript, run_collector
from portal.demo.lab.faults import Fault
from portal.demo.lab.server import LabServer
from tests.machines.speaking import call_on, now
from troubleshooting.domain.checks.checklist import judge
from troubleshooting.domain.evidence.snapshot import ReadState
from troubleshooting.machines.collector.errors import CollectionFault, UnreadableCollection
from troubleshooting.machines.collector.reader import CollectionLimits, read_collection
from troubleshooting.machines.collector.script import collector_script, script_digest
from troubleshooting.machines.parse import build_snapshot

SCRIPT = collector_script()
SHA256 = script_digest(SCRIPT)
PCS = [*(demo.make for demo in pcs.DEMO_PCS if demo.hostname != "PC-0310"), pcs.old_platform, pcs.defender_stopped]


def collected(pc, **parameters):
    return run_collector(pc, SCRIPT, sha256=SHA256, **parameters)


def changed(text, **parts):
    return json.dumps({**json.loads(text), **parts}).encode()


@pytest.fixture(scope="module")
def written():
    return collected(pcs.healthy_windows_11())


def findings(answers):
    at = max(answer.sent_at for answer in answers)
    found = judge(build_snapshot(answers, collected_at=at), report=None)
    return [(finding.check, finding.status, str(finding.summary)) for finding in found]


@pytest.mark.parametrize("make", PCS, ids=lambda make: make.__name__)
def test_the_findings_are_those_of_a_visit(make):
    pc = make()
    pc.faults.discard(Fault.SLOW)

    with LabServer(pc) as server:
        visited = call_on(server)
    read = read_collection(collected(pc).encode(), received_at=now())

    assert visited.error is None
    assert findings(read.answers) == findings(visited.answers)


def test_an_answer_is_what_a_visit_stores():
    pc = pcs.german_windows()

    with LabServer(pc) as server:
        visited = {answer.name: answer for answer in call_on(server).answers}
    read = read_collection(collected(pc).encode(), received_at=now()).answers

    moving = {"clock", "operating_system", "antivirus_products", "computer_status"}  # they hold the time
    assert {answer.name for answer in read} == set(visited)
    for answer in read:
        same = visited[answer.name]
        assert (answer.reading, answer.errors) == (same.reading, same.errors), answer.name
        assert answer.name in moving or answer.content == same.content


def test_a_file_does_not_tell_how_far_the_clock_is_off(written):
    read = read_collection(written.encode())

    snapshot = build_snapshot(read.answers, collected_at=read.made_at)
    assert snapshot.clock is None
    assert snapshot.reading("clock").state is ReadState.FAILED
    assert (read.computer, read.user) == ("PC-0142", r"LAB\emma")


def test_sent_by_the_script_itself_it_does():
    pc = pcs.healthy_windows_11()
    pc.clock_offset = timedelta(hours=2)
    received_at = now()

    read = read_collection(collected(pc).encode(), received_at=received_at)

    clock = build_snapshot(read.answers, collected_at=received_at).clock
    assert timedelta(hours=1, minutes=59) < clock.device - clock.portal < timedelta(hours=2, minutes=1)


def test_what_was_refused_is_said_for_each_command(written):
    pc = pcs.healthy_windows_11()
    pc.faults.add(Fault.ACCESS_DENIED_FOR_COMMAND)
    pc.fault_settings.denied_command = "Get-MpPreference"

    states = {a.name: a.reading.state for a in read_collection(collected(pc).encode()).answers}

    assert states["preferences"] is ReadState.REFUSED
    assert states["computer_status"] is ReadState.ANSWERED


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda line: line.encode(),
        lambda line: b"\xef\xbb\xbf" + line.encode(),
        lambda line: line.encode("utf-16"),
        lambda line: f"Transcript started\r\n{line}Done.\r\n".encode(),
    ],
    ids=["plain", "utf-8 with a mark", "redirected in 5.1", "in a transcript"],
)
def test_an_unattended_run_s_line_is_found_in_its_output(wrapped):
    line = collected(pcs.healthy_windows_11(), Unattended=True)

    assert line.count("\n") == 1
    assert read_collection(wrapped(line)).computer == "PC-0142"


def _entries(change):
    def changing(text):
        whole = json.loads(text)
        change(whole["entries"])
        return json.dumps(whole).encode()

    return changing


REFUSED = {
    "nothing": (lambda text: b"", CollectionFault.FOREIGN),
    "a picture": (lambda text: b"\x89PNG\r\n\x1a\n\xff", CollectionFault.FOREIGN),
    "another JSON": (lambda text: b'{"format": "har"}', CollectionFault.FOREIGN),
    "a list": (lambda text: b"[1]", CollectionFault.FOREIGN),
    "cut off": (lambda text: text.encode()[:-40], CollectionFault.DAMAGED),
    "cut off in a text": (lambda text: text.encode()[:5000] + b"\\", CollectionFault.DAMAGED),
    "another version": (lambda text: changed(text, catalogue="0" * 64), CollectionFault.OTHER_VERSION),
    "no time": (lambda text: changed(text, made_at="yesterday"), CollectionFault.DAMAGED),
    "no entries": (lambda text: changed(text, entries=[]), CollectionFault.DAMAGED),
    "an entry twice": (_entries(lambda found: found.append(found[0])), CollectionFault.DAMAGED),
    "no outputs": (_entries(lambda found: found[3].update(outputs="x")), CollectionFault.DAMAGED),
    "an error of numbers": (_entries(lambda found: found[3].update(errors=[{"message": 1}])), CollectionFault.DAMAGED),
    "not a number": (lambda text: changed(text, user=float("nan")), CollectionFault.DAMAGED),
    "a long number": (lambda text: b'{"format": ' + b"1" * 9_000 + b"}", CollectionFault.DAMAGED),
    "a number for a name": (lambda text: changed(text, computer=7), CollectionFault.DAMAGED),
    "deep": (lambda text: b'{"format":' + b"[" * 400_000, CollectionFault.TOO_DEEP),
    "many": (lambda text: b'{"format":[' + b"0," * 400_000 + b"0]}", CollectionFault.TOO_MANY),
    "large": (lambda text: b'{"format":"' + b"x" * 5_000_000 + b'"}', CollectionFault.TOO_LARGE),
    "quotes": (lambda text: b'{"' + b'\\"' * 1_000_000 + b"\\", CollectionFault.DAMAGED),
}


@pytest.mark.parametrize(("make", "fault"), REFUSED.values(), ids=REFUSED)
def test_what_the_script_did_not_write_is_refused_with_a_sentence(written, make, fault):
    with pytest.raises(UnreadableCollection) as refused:
        read_collection(make(written))

    assert refused.value.fault is fault
    assert "%(" not in str(refused.value.text)


def test_what_cannot_be_stored_is_replaced_and_a_long_answer_cut(written):
    whole = json.loads(written)
    whole["entries"][1]["outputs"] = [{"Caption": "\ud800\x00" + "x" * 50}, {"Caption": "y" * 3_000}]

    read = read_collection(json.dumps(whole).encode(), limits=CollectionLimits(answer_bytes=2_000))

    assert read.answers[1].content == [{"Caption": "\ufffd\ufffd" + "x" * 50}]
    assert read.answers[1].truncated


def test_the_lab_runs_no_other_script():
    pc = pcs.healthy_windows_11()

    with pytest.raises(UnknownScript):
        run_collector(pc, SCRIPT.replace(b"Get-MpPreference", b"Set-MpPreference"), sha256=SHA256)
    with pytest.raises(UnknownScript):
        run_collector(pc, SCRIPT, sha256=SHA256, Force=True)
