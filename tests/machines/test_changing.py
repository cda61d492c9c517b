"""The commands that change a PC: from closed lists, and as the lab understands them.

Source: docs/reference/device-commands.md, "Changing".
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from defusedxml import ElementTree
from hypothesis import given
from hypothesis import strategies as st

from portal.demo.lab import tasks
from portal.demo.lab.tasks import ScheduledTask
from tests.machines.speaking import speak_to
from troubleshooting.domain.evidence.snapshot import ReadState
from troubleshooting.machines import catalogue
from troubleshooting.machines.base import Answer
from troubleshooting.machines.catalogue import is_known
from troubleshooting.machines.changing import (
    TASK_LIVES,
    ProtectionMode,
    remove_restore_task,
    restore_task_state,
    set_protection_mode,
    set_restore_task,
    task_name,
)
from troubleshooting.machines.pipeline import Entry, rendered

AT = datetime(2026, 11, 24, 12, 17, 30, tzinfo=UTC)
NAMESPACE = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
WORDS = {ProtectionMode.DISABLED: "Disabled", ProtectionMode.ENABLED: "Enabled", ProtectionMode.AUDIT: "AuditMode"}
MODE = "EnableNetworkProtection"


def task_of(entry: Entry) -> ScheduledTask:
    """Return the task as the PC would keep it."""
    register = entry.command
    return ScheduledTask(*(str(register.parameter(name)) for name in ("TaskName", "Xml", "User")))


def root_of(entry: Entry):
    return ElementTree.fromstring(task_of(entry).xml.partition("?>")[2])


@pytest.mark.parametrize("mode", ProtectionMode)
def test_a_mode_is_set_by_its_word(mode):
    assert rendered(set_protection_mode(mode)) == f"Set-MpPreference -EnableNetworkProtection {WORDS[mode]}"


def test_a_task_is_read_and_removed_by_the_name_that_it_was_set_with():
    assert task_of(set_restore_task(7, back_to=ProtectionMode.ENABLED, at=AT)).name == task_name(7)
    assert rendered(remove_restore_task(7)) == (
        "Unregister-ScheduledTask -TaskName 'NetworkProtectionPortal-7' -Confirm:$false"
    )
    assert rendered(restore_task_state(7)) == (
        r"Get-ScheduledTask -TaskName 'NetworkProtectionPortal-7' | Microsoft.PowerShell.Utility\Select-Object "
        "-Property TaskName, State"
    )


def test_registering_replaces_a_task_of_the_same_name_and_runs_as_system():
    register = set_restore_task(7, back_to=ProtectionMode.ENABLED, at=AT).command

    assert [parameter.name for parameter in register.parameters] == ["TaskName", "Xml", "User", "Force"]
    assert (register.name, register.parameter("User")) == ("Register-ScheduledTask", "SYSTEM")


@pytest.mark.parametrize(
    "entry",
    [
        set_protection_mode(ProtectionMode.AUDIT),
        set_restore_task(1, back_to=ProtectionMode.ENABLED, at=AT),
        remove_restore_task(1),
        restore_task_state(1),
    ],
    ids=lambda entry: entry.name,
)
def test_every_change_is_in_the_catalogue(entry):
    assert is_known(entry)


@pytest.mark.parametrize("back_to", ProtectionMode)
def test_the_task_sets_the_value_before_and_nothing_else(back_to):
    entry = set_restore_task(7, back_to=back_to, at=AT)

    (arguments,) = (found.text for found in root_of(entry).findall("t:Actions/t:Exec/t:Arguments", NAMESPACE))
    assert tasks.settings_of(task_of(entry)) == {MODE: WORDS[back_to]}
    assert arguments == f"-NoProfile -NonInteractive -Command Set-MpPreference -{MODE} {WORDS[back_to]}"


def test_the_task_runs_once_after_the_end_and_at_start_up_and_ends_by_itself():
    root = root_of(set_restore_task(7, back_to=ProtectionMode.ENABLED, at=AT))

    def text(path: str) -> str:
        return root.findtext(path, "", NAMESPACE)

    assert [trigger.tag.rpartition("}")[2] for trigger in root.find("t:Triggers", NAMESPACE)] == [
        "TimeTrigger",
        "BootTrigger",
    ]
    assert text("t:Triggers/t:TimeTrigger/t:StartBoundary") == "2026-11-24T12:17:30Z"
    for trigger in ("TimeTrigger", "BootTrigger"):
        assert datetime.fromisoformat(text(f"t:Triggers/t:{trigger}/t:EndBoundary")) == AT + TASK_LIVES
    assert text("t:Settings/t:StartWhenAvailable") == "true"
    assert text("t:Settings/t:DisallowStartIfOnBatteries") == text("t:Settings/t:StopIfGoingOnBatteries") == "false"
    assert text("t:Settings/t:DeleteExpiredTaskAfter")  # Windows refuses it without an end of every trigger
    assert text("t:Principals/t:Principal/t:UserId") == "S-1-5-18"


@given(
    st.integers(1, 10**9),
    st.sampled_from(ProtectionMode),
    st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001  hypothesis adds the zone
    st.integers(-12, 14),
)
def test_whatever_the_moment_the_lab_reads_the_task_as_it_was_meant(lease_id, back_to, moment, hours):
    at = moment.replace(tzinfo=timezone(timedelta(hours=hours)), microsecond=0)

    task = task_of(set_restore_task(lease_id, back_to=back_to, at=at))

    assert tasks.settings_of(task) == {MODE: WORDS[back_to]}
    assert tasks.runs_at_startup(task)
    assert tasks.is_due(task, at)
    assert not tasks.is_due(task, at - timedelta(seconds=1))


@pytest.mark.parametrize("value", [3, "Enabled; Remove-Item C:\\", None])
def test_no_other_value_can_be_named(value):
    with pytest.raises(ValueError, match="is not a valid ProtectionMode"):
        ProtectionMode(value)


@pytest.mark.parametrize("lease_id", ["7'; Stop-Service WinDefend", "seven"])
def test_a_tasks_name_is_made_of_a_number_alone(lease_id):
    with pytest.raises(ValueError, match="invalid literal"):
        task_name(lease_id)


def said(machine, entry: Entry) -> Answer:
    (answer,) = machine.read([entry], on_answers=lambda _: None)
    return answer


def test_a_task_is_set_read_back_and_removed_on_a_pc(lab_server, lab_pc):
    with speak_to(lab_server(lab_pc)) as machine:
        before = said(machine, restore_task_state(7))
        said(machine, set_restore_task(7, back_to=ProtectionMode.ENABLED, at=AT))
        said(machine, set_restore_task(7, back_to=ProtectionMode.DISABLED, at=AT))  # twice is as once, the last counts
        present = said(machine, restore_task_state(7))
        (task,) = lab_pc.tasks.values()
        removed = said(machine, remove_restore_task(7))
        gone = said(machine, restore_task_state(7))
        again = said(machine, remove_restore_task(7))

    assert (before.reading.state, before.content) == (ReadState.ABSENT, [])
    assert (present.reading.state, present.content[0]["TaskName"]) == (ReadState.ANSWERED, task_name(7))
    assert tasks.settings_of(task) == {MODE: "Disabled"}
    assert removed.reading.state == ReadState.ANSWERED
    assert gone.reading.state == again.reading.state == ReadState.ABSENT
    assert lab_pc.tasks == {}


@pytest.mark.parametrize("mode", [ProtectionMode.AUDIT, ProtectionMode.DISABLED, ProtectionMode.ENABLED])
def test_a_mode_that_was_set_is_read_back(lab_server, lab_pc, mode):
    with speak_to(lab_server(lab_pc)) as machine:
        said(machine, set_protection_mode(mode))
        answer = said(machine, catalogue.PREFERENCES)

    assert answer.content[0][MODE] == mode
