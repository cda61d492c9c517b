"""What changes do on a simulated PC, and what they leave in the log."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.demo.lab import registry
from portal.demo.lab.events import to_xml
from portal.demo.lab.pcs import defender_stopped, stuck_in_audit
from tests.lab.talk import PREFERENCE, errors, only, opened, read, run, select

NP = r"HKLM\SOFTWARE\Microsoft\Windows Defender\Windows Defender Exploit Guard\Network Protection"
TASK = """<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.3" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <Triggers>
    <TimeTrigger><StartBoundary>{start}</StartBoundary></TimeTrigger>
    <BootTrigger/>
  </Triggers>
  <Actions><Exec>
    <Command>C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe</Command>
    <Arguments>-NoProfile -NonInteractive -Command {command}</Arguments>
  </Exec></Actions>
</Task>"""
RESTORE = "Set-MpPreference -EnableNetworkProtection Enabled -DisableTlsParsing $false"


def change(server, command, **parameters):
    return read(server, (command, parameters))


def preference(server, name):
    return only(read(server, PREFERENCE, select(name))).extended_properties[name]


def changes(pc):
    """Return old and new value of every 5007."""
    return [tuple(value for _, value in record.data[2:]) for record in pc.log.with_id(5007)]


@pytest.mark.parametrize(("word", "number"), [("Disabled", 0), ("AuditMode", 2)])
def test_a_mode_is_set_by_its_name_and_read_as_a_number(lab_server, lab_pc, word, number):
    server = lab_server(lab_pc)

    shell = change(server, "Set-MpPreference", EnableNetworkProtection=word)

    assert (shell.output, errors(shell)) == ([], [])
    assert preference(server, "EnableNetworkProtection") == number
    assert lab_pc.registry[registry.LOCAL_NP]["EnableNetworkProtection"] == number
    assert changes(lab_pc) == [(rf"{NP}\EnableNetworkProtection = 0x1", rf"{NP}\EnableNetworkProtection = 0x{number}")]


def test_setting_what_is_set_already_changes_and_logs_nothing(lab_server, lab_pc):
    change(lab_server(lab_pc), "Set-MpPreference", EnableNetworkProtection="Enabled")

    assert changes(lab_pc) == []


def test_exclusions_are_added_and_removed_one_by_one(lab_server, lab_pc):
    server = lab_server(lab_pc)
    place = r"HKLM\SOFTWARE\Microsoft\Windows Defender\Exclusions\IpAddresses\192.0.2.7 = 0x0"

    change(server, "Add-MpPreference", ExclusionIpAddress="192.0.2.7")
    change(server, "Add-MpPreference", ExclusionIpAddress=["192.0.2.8"])
    change(server, "Add-MpPreference", ExclusionIpAddress="192.0.2.7")
    both = preference(server, "ExclusionIpAddress")
    change(server, "Remove-MpPreference", ExclusionIpAddress="192.0.2.7")

    assert both == ["192.0.2.7", "192.0.2.8"]
    assert preference(server, "ExclusionIpAddress") == ["192.0.2.8"]
    assert (changes(lab_pc)[0], changes(lab_pc)[-1], len(changes(lab_pc))) == (("", place), (place, ""), 3)


def test_removing_an_exclusion_that_is_not_there_is_an_error(lab_server):
    shell = change(lab_server(), "Remove-MpPreference", ExclusionProcess=r"C:\Tools\sync.exe")

    assert [error.partition(",")[2] for error in errors(shell)] == ["Remove-MpPreference"]


def test_a_proxy_is_set_and_taken_away(lab_server, lab_pc):
    server = lab_server(lab_pc)

    change(server, "Set-MpPreference", ProxyServer="http://10.0.0.6:8080")
    before = preference(server, "ProxyServer")
    change(server, "Remove-MpPreference", ProxyServer=None)

    assert (before, preference(server, "ProxyServer")) == ("http://10.0.0.6:8080", None)


def test_policy_wins_over_a_local_change(lab_server):
    pc = stuck_in_audit()
    server = lab_server(pc)

    change(server, "Set-MpPreference", EnableNetworkProtection="Disabled")

    assert pc.preferences["EnableNetworkProtection"] == 0
    assert preference(server, "EnableNetworkProtection") == 2


def test_a_stopped_defender_takes_no_setting(lab_server):
    server = lab_server(defender_stopped())

    for command, parameters in (
        ("Set-MpPreference", {"EnableNetworkProtection": "Enabled"}),
        ("Add-MpPreference", {"ExclusionIpAddress": "192.0.2.7"}),
        ("Remove-MpPreference", {"ProxyServer": None}),
    ):
        assert errors(change(server, command, **parameters)) == [f"HRESULT 0x800106ba,{command}"]


def register(server, *, start, command=RESTORE):
    return read(
        server,
        (
            "Register-ScheduledTask",
            {
                "TaskName": "Restore 7",
                "Xml": TASK.format(start=start, command=command),
                "User": "SYSTEM",
                "Force": None,
            },
        ),
    )


def test_a_task_is_kept_shown_and_removed(lab_server, lab_pc):
    server = lab_server(lab_pc)
    ask = [("Get-ScheduledTask", {"TaskName": "Restore 7"}), select("TaskName", "State")]

    with opened(server) as pool:
        missing = run(pool, ask)
    register(server, start="2026-11-24T12:00:00")
    found = only(read(server, *ask)).extended_properties
    removed = read(server, ("Unregister-ScheduledTask", {"TaskName": "Restore 7", "Confirm": False}))

    assert errors(missing) == ["CmdletizationQuery_NotFound_TaskName,Get-ScheduledTask"]
    assert (found["TaskName"], str(found["State"]), found["State"].property_sets) == ("Restore 7", "Ready", [3])
    assert (errors(removed), lab_pc.tasks) == ([], {})


@pytest.mark.parametrize(
    "command", ["Remove-Item C:\\", "Set-MpPreference -ExclusionPath C:\\", f"{RESTORE} -DisableTlsParsing maybe"]
)
def test_a_task_that_does_anything_else_is_refused(lab_server, lab_pc, command):
    shell = register(lab_server(lab_pc), start="2026-11-24T12:00:00", command=command)

    assert [error.partition(",")[0] for error in errors(shell)] == ["ParameterArgumentValidationError"]
    assert lab_pc.tasks == {}


def test_a_due_task_sets_the_value_again_once(lab_server, lab_pc):
    server, start = lab_server(lab_pc), lab_pc.now() + timedelta(hours=1)
    register(server, start=start.isoformat())
    change(server, "Set-MpPreference", EnableNetworkProtection="AuditMode")

    lab_pc.tick(start - timedelta(seconds=1))
    early = lab_pc.protection_mode
    lab_pc.tick(start)
    change(server, "Set-MpPreference", EnableNetworkProtection="Disabled")
    due = lab_pc.protection_mode
    lab_pc.tick(start + timedelta(seconds=1))

    assert (early, due, lab_pc.protection_mode) == (2, 0, 0)


def test_a_task_runs_at_start_up(lab_server, lab_pc):
    server = lab_server(lab_pc)
    register(server, start="2099-01-01T00:00:00")
    change(server, "Set-MpPreference", DisableTlsParsing=True)
    change(server, "Set-MpPreference", EnableNetworkProtection="AuditMode")

    lab_pc.reboot()

    assert (lab_pc.protection_mode, lab_pc.preferences["DisableTlsParsing"]) == (1, False)


def test_tamper_protection_guards_what_it_guards(lab_pc):
    lab_pc.status["IsTamperProtected"] = True

    lab_pc.set_preferences({"DisableRealtimeMonitoring": True, "EnableNetworkProtection": 2})

    assert (lab_pc.is_real_time_protected, lab_pc.protection_mode) == (True, 2)
    (refused,) = lab_pc.log.with_id(5013)
    assert "DisableRealtimeMonitoring = 0x1" in to_xml(refused, lab_pc.full_name)
