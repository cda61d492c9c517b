"""What a real PowerShell answered, read by the portal's own code, entry by entry."""

from __future__ import annotations

import pytest

from tests.machines.recorded_entries import ALONE, BATCHES, QUICK, lone
from tests.machines.replayed import even, recorded, replay

ANSWERED, ABSENT = ("answered", None), ("absent", None)
FAILED, REFUSED, TIMED_OUT = ("failed", "command_failed"), ("failed", "command_refused"), ("failed", "timed_out")
FILES = ("catalogue", "working-endpoint", "restricted-endpoint")
SIZES = (17, 100, 1_000, 32_768)
SMALL = 350  # characters; every boundary of what is larger takes too long

KEYS = {entry.name: ABSENT for entry in QUICK if entry.key} | {"windows_version": ANSWERED}
TOGETHER = {
    "catalogue": {entry.name: ANSWERED for entry in QUICK} | KEYS,
    "working-endpoint": {entry.name: ANSWERED for entry in QUICK} | KEYS,
    "restricted-endpoint": {"clock": ANSWERED},
}
FINE = dict.fromkeys(ALONE, ANSWERED) | {
    "netlogon_events": ABSENT,
    "request_page": FAILED,  # nobody listens on that port
    "remove_restore_task 2": ABSENT,
    "x_upload": FAILED,
    "x_unknown": REFUSED,
    "x_bad_parameter": REFUSED,
    "not-allowed-script": REFUSED,
}
SHOWN_WRONG = ("test_port", "request_page", "file_facts:item", "file_facts:hash", "restore_task", "x_get_item")
TABLE = {
    "catalogue": FINE,
    # Programs are not shown there.
    "working-endpoint": FINE | dict.fromkeys(("cloud_connectivity", "x_native"), REFUSED),
    "restricted-endpoint": FINE
    | dict.fromkeys((*SHOWN_WRONG, "x_get_filehash", "x_get_content", "x_upload", "x_native"), REFUSED)
    | dict.fromkeys(("cloud_connectivity", "remove_restore_task", "remove_restore_task 2"), REFUSED)
    | {"protection_events": REFUSED},
}
PIPELINES = [(name, label) for name in FILES for label in recorded(name) if label in ALONE]


def readings(found):
    return {name: (str(a.reading.state), a.reading.error_code) for name, a in found.answers.items()}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", FILES)
def test_the_visits_batch_is_read_entry_by_entry(name, size):
    found = replay(QUICK, recorded(name)["batch"].messages, cut=lambda message: even(message, size))

    assert readings(found) == TOGETHER[name]


@pytest.mark.parametrize(("name", "label"), PIPELINES)
def test_every_other_entry_is_read(name, label):
    entry, one = ALONE[label], recorded(name)[label]

    for size in SIZES:
        found = replay([entry], one.messages, cut=lambda message, size=size: even(message, size))

        assert readings(found) == {entry.name: TABLE[name][label]}


@pytest.mark.parametrize("label", [label for label, one in recorded("catalogue").items() if one.weight < SMALL])
def test_a_small_answer_is_read_whichever_way_it_is_cut(label):
    entry, one = ALONE[label], recorded("catalogue")[label]
    longest = max(len(text.encode()) for _, text in one.messages) + 43

    for boundary in range(1, longest):
        found = replay([entry], one.messages, cut=lambda message, boundary=boundary: [boundary])

        assert readings(found) == {entry.name: TABLE["catalogue"][label]}


# --- an endpoint that shows the wrong things --------------------------------------------------------------------------

TOLD = {
    "cloud_connectivity": r"does not show the program C:\Program Files\Windows Defender\MpCmdRun.exe",
    "protection_events": "role file is faulty: it limits ForEach-Object and leaves out its parameter -InputObject",
    "test_port": "role file is faulty: it lists a common parameter of Test-NetConnection",
    "remove_restore_task": "role file is faulty: it lists a common parameter of Unregister-ScheduledTask",
    "request_page": "does not allow this value for -Property of Select-Object: StatusCode",
    "file_facts:item": "does not allow this value for -Property of Select-Object: FullName, Length, LastWriteTimeUtc",
    "file_facts:hash": "does not allow this value for -Property of Select-Object: Hash",
    "restore_task": "does not allow this value for -Property of Select-Object: TaskName, State",
    "x_get_content": "does not show the provider FileSystem, which Get-Content needs",
    "x_upload": "does not show the provider FileSystem, which Invoke-RestMethod needs",
    "x_unknown": "does not show the command Get-NoSuchThing",
    "x_bad_parameter": "does not allow the parameter -NoSuchParameter of Get-Date",
    "x_native": "does not show the command ls",
    "not-allowed-script": "does not allow script text",
}


@pytest.mark.parametrize("label", TOLD)
def test_a_refusal_is_told_with_what_was_refused(label):
    entry = ALONE[label]
    found = replay([entry], recorded("restricted-endpoint")[label].messages)

    detail = found.answers[entry.name].reading.detail
    assert TOLD[label] in detail
    assert "manage.py device_endpoint" in detail


def test_every_recorded_refusal_is_told():
    refused = {label for label, reading in TABLE["restricted-endpoint"].items() if reading == REFUSED}

    assert refused - {"x_get_item", "x_get_filehash", "remove_restore_task 2"} == set(TOLD)


def test_the_statements_that_never_ran_are_asked_again():
    found = replay(QUICK, recorded("restricted-endpoint")["batch"].messages)

    # the one whose error names nothing but Select-Object, the 19 after it, and the clock that ends a batch
    assert found.asked_again == 1 + 19 + 1
    assert readings(found) == {"clock": ANSWERED}


# --- batches in which a statement fails -------------------------------------------------------------------------------

BATCH_TABLE = {
    "unknown-first": {"Get-NoSuchThing": REFUSED, "clock": ANSWERED},
    "unknown-middle": {"clock": ANSWERED, "Get-NoSuchThing": REFUSED},
    "unknown-last": {"clock": ANSWERED, "computer": ANSWERED, "Get-NoSuchThing": REFUSED},
    "binding-middle": {"clock": ANSWERED},  # the clock that ends a batch has the same name: asked again
    "throw-middle": {"clock": ANSWERED, "Get-FileHash": FAILED},
    "terminating-then-nonterminating": {"clock": ANSWERED, "Get-FileHash": FAILED},
    "two-terminating": {"clock": ANSWERED, "Get-NoSuchThing": REFUSED},
    "native-middle": {"clock": ANSWERED, "ls": ANSWERED, "computer": ANSWERED},
    "validation-middle": {"clock": ANSWERED, "Set-MpPreference": REFUSED},
    "select-missing-property": {"clock": ANSWERED, "item": ANSWERED},
    "first-unknown-of-five": {"Get-NoSuchThing": REFUSED, "clock": ANSWERED},
    "first-binding-of-five": {},  # one error and one moment for four commands of one name
    "first-throw-of-five": {"Get-FileHash": FAILED, "clock": ANSWERED},
    "first-two-of-five": {"Get-NoSuchThing": REFUSED, "Get-NoSuchThing again": REFUSED},
    "third-of-five": {"clock": ANSWERED, "computer": ANSWERED, "Get-NoSuchThing": REFUSED},
    "slow-of-three": {"clock": ANSWERED, "Start-Sleep": ANSWERED, "computer": ANSWERED},
    "stop-second-of-three": {"clock": ANSWERED},
    "stop-first-of-three": {},
    "after-stop-first": {"clock": ANSWERED, "computer": ANSWERED},
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("label", BATCHES)
def test_a_batch_settles_what_was_answered_and_no_more(label, size):
    entries = BATCHES[label]

    found = replay(entries, recorded("errors-and-types")[label].messages, cut=lambda message: even(message, size))

    assert readings(found) == BATCH_TABLE[label]
    assert bool(found.asked_again) is (len(BATCH_TABLE[label]) < len(entries))


# --- values -----------------------------------------------------------------------------------------------------------

LINES = [f"line {number} of the example" for number in range(1, 13)]
TEXT = "".join(f"{line}\r\n" for line in LINES)
NESTED = 1
for _ in range(30):
    NESTED = {"N": NESTED}
VALUES = {
    "content-whole": [LINES],
    "content-raw": [TEXT],
    "content-raw-true": [TEXT],
    "content-bytes": [list(TEXT.encode())],
    "content-bytes-100": [list(TEXT.encode()[start : start + 100]) for start in (0, 100, 200)],
    "select-expand": [279],
    "foreach-member": ["C:\\Windows/example.txt"],
    "special-text": ["A \u2028 😀 \x85 <&>"],
    "control-text": ["\x01"],
    "underscore": ["a_x0041_ _x b_X0041_"],
    "nested-deep": [NESTED],
    "shared-reference": [{"P": {"A": 1}, "Q": {"A": 1}}],
    "big-integer": [{"IsPowerOfTwo": False, "IsZero": False, "IsOne": False, "IsEven": True, "Sign": 1}],
    "streams": ["out"],
    "stderr-many": ["a"],
    "big-output": ["x" * 100_000],
    "many-output": list(range(1, 301)),
    "after-stop-alone": ["2026-11-28T16:02:07.8100858+00:00"],
    "exit": [],
    "after-exit": ["2026-11-28T16:02:14.7162908+00:00"],
}
ERRORS = {
    "native-exit": FAILED,
    "hash-missing": FAILED,
    "item-missing": ABSENT,
    "item-unreadable": FAILED,
    "stop-alone": FAILED,
    "host-read": FAILED,
    "throw-custom": FAILED,
}


@pytest.mark.parametrize("label", VALUES)
def test_values_of_every_kind_are_read(label):
    messages = recorded("errors-and-types")[label].messages

    found = [replay([lone("x")], messages, cut=lambda message, size=size: even(message, size)) for size in SIZES]

    assert [one.answers["x"].content for one in found] == [VALUES[label]] * len(SIZES)
    assert readings(found[0]) == {"x": ANSWERED}


@pytest.mark.parametrize("label", ERRORS)
def test_errors_of_a_pipeline_of_one_are_read(label):
    found = replay([lone("x")], recorded("errors-and-types")[label].messages)

    assert readings(found) == {"x": ERRORS[label]}


def test_what_pypsrp_cannot_read_is_read():
    cycle = replay([lone("x")], recorded("errors-and-types")["cycle"].messages)
    types = replay([lone("x")], recorded("errors-and-types")["timespan-guid-etc"].messages)

    assert cycle.answers["x"].content == [{"self": {"self": "…"}}]
    assert len(types.answers["x"].content) == sum(
        kind == "PIPELINE_OUTPUT" for kind, _ in recorded("errors-and-types")["timespan-guid-etc"].messages
    )
    assert "a\x07b\ufffd" in types.answers["x"].content
    assert readings(cycle) == readings(types) == {"x": ANSWERED}


def test_every_recording_is_used():
    others = {"timespan-guid-etc", "cycle", "after-stop-second"}

    assert set(recorded("errors-and-types")) - others == set(BATCHES) | set(VALUES) | set(ERRORS)
    assert {label for name in FILES for label in recorded(name)} - {"batch", "x_mixed"} == set(ALONE)
