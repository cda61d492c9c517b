"""The PCs of the demo, the process that runs them, and its control door."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import timedelta

import pytest

from portal.demo.lab import pcs, registry
from portal.demo.lab.__main__ import parser, serve
from portal.demo.lab.faults import Fault
from portal.demo.lab.tasks import ScheduledTask
from tests.lab.talk import PREFERENCE, STATUS, cim, only, read, select


def test_every_demo_pc_has_a_name_a_port_and_an_owner_of_its_own():
    assert len(pcs.DEMO_PCS) >= 8
    assert [demo.port for demo in pcs.DEMO_PCS] == [*range(15985, 15985 + len(pcs.DEMO_PCS))]
    assert len({demo.hostname for demo in pcs.DEMO_PCS}) == len(pcs.DEMO_PCS)
    owners = [demo.owner_username for demo in pcs.DEMO_PCS]
    assert set(owners) == {"emma", "enno", "erik", "esra", "elena"}
    assert max(map(owners.count, owners)) == 2


@pytest.mark.parametrize("demo", pcs.DEMO_PCS, ids=lambda demo: demo.hostname)
def test_a_demo_pc_calls_itself_what_the_list_calls_it(demo):
    assert demo.make().hostname == demo.hostname


def test_on_the_healthy_pc_a_good_site_was_blocked_a_few_minutes_ago():
    pc = pcs.healthy_windows_11()

    (record,) = pc.log.records
    fields = dict(record.data)
    assert record.event_id == 1126
    assert timedelta(minutes=1) < pc.now() - record.recorded_at < timedelta(minutes=10)
    assert (fields["Destination"], fields["User"]) == ("https://invoices.contoso-partner.example", "LAB\\emma")
    assert fields["Process Name"].endswith(r"\chrome.exe")


def test_the_pc_stuck_in_audit_has_its_policy_and_its_event():
    pc = pcs.stuck_in_audit()

    assert pc.protection_mode == 2
    assert registry.find_key(pc.registry, registry.POLICY_NP) == {"EnableNetworkProtection": 2}
    assert [record.event_id for record in pc.log.records] == [5007, 1125]


@pytest.mark.parametrize(
    ("make", "commands", "expected"),
    [
        (pcs.other_antivirus, [STATUS, select("AMRunningMode")], "Passive Mode"),
        (pcs.windows_home, [cim("Win32_OperatingSystem"), select("OperatingSystemSKU")], 101),
        (pcs.server_without_switch, [cim("Win32_OperatingSystem"), select("ProductType")], 3),
        (pcs.server_without_switch, [PREFERENCE, select("AllowNetworkProtectionOnWinServer")], False),
        (pcs.old_platform, [STATUS, select("AMProductVersion")], "4.18.1905.4"),
        (pcs.german_windows, [cim("Win32_OperatingSystem"), select("Caption")], "Microsoft Windows 11 Pro"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_each_pc_shows_what_is_wrong_with_it(lab_server, make, commands, expected):
    (value,) = only(read(lab_server(make()), *commands)).extended_properties.values()

    assert value == expected


def test_a_pc_that_is_switched_off_and_a_slow_one_start_with_their_faults():
    assert set(pcs.switched_off().faults) == {Fault.REFUSED}
    assert set(pcs.slow_pc().faults) == {Fault.SLOW}


def ask(door, path, content=None):
    data = None if content is None else json.dumps(content).encode()
    with urllib.request.urlopen(f"http://{door}{path}", data=data, timeout=5) as answer:
        return json.load(answer)


RESTORE_NOW = """<Task xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <Triggers><TimeTrigger><StartBoundary>2026-01-01T00:00:00</StartBoundary></TimeTrigger></Triggers>
  <Actions><Exec>
    <Command>powershell.exe</Command>
    <Arguments>-NoProfile -Command "Set-MpPreference -EnableNetworkProtection AuditMode"</Arguments>
  </Exec></Actions>
</Task>"""


def wait_for(ready):
    """Wait for the ready file; returns the addresses by name."""
    deadline = time.monotonic() + 20
    while not ready.exists() or not ready.read_text().endswith("\n"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return dict(part.split("=") for part in ready.read_text().removeprefix("lab ready: ").split())


@pytest.fixture
def lab(tmp_path):
    """Return a way to run the lab in a thread with some options; returns the addresses by name."""
    ending, threads = threading.Event(), []

    def start(*arguments):
        ready = tmp_path / "ready"
        options = parser().parse_args([*arguments, "--base-port", "0", "--ready-file", str(ready)])
        threads.append(threading.Thread(target=serve, args=(options, ending)))
        threads[0].start()
        return wait_for(ready)

    yield start
    ending.set()
    threads[0].join(10)
    assert not threads[0].is_alive()


def test_the_process_ends_cleanly_when_it_is_told_to(tmp_path):
    ready = tmp_path / "ready"
    command = [sys.executable, "-m", "portal.demo.lab", "--pcs", "2", "--base-port", "0", "--ready-file", str(ready)]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": "."})
    try:
        assert sorted(wait_for(ready)) == ["PC-0001", "PC-0002"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()


def test_all_demo_pcs_run_in_one_process_and_can_be_slowed_down(lab):
    addresses = lab("--delay-ms", "3", "--control-port", "0")

    state = ask(addresses.pop("control"), "/pcs")

    assert list(addresses) == list(state) == [demo.hostname for demo in pcs.DEMO_PCS]
    assert {"slow"} <= set.intersection(*(set(each["faults"]) for each in state.values()))


def test_due_tasks_run_by_themselves(monkeypatch, tmp_path):
    pc = pcs.healthy_windows_11()
    pc.tasks["restore"] = ScheduledTask("restore", RESTORE_NOW, "SYSTEM")
    monkeypatch.setattr("portal.demo.lab.__main__.TICK_S", 0.01)
    monkeypatch.setattr("portal.demo.lab.__main__.healthy_windows_11", lambda **_: pc)
    ending = threading.Event()
    thread = threading.Thread(target=serve, args=(parser().parse_args(["--pcs", "1", "--base-port", "0"]), ending))
    thread.start()
    deadline = time.monotonic() + 5
    while pc.protection_mode != 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    ending.set()
    thread.join(10)

    assert pc.protection_mode == 2


def test_the_door_switches_faults_and_plays_visits(lab):
    door = lab("--pcs", "2", "--control-port", "0")["control"]

    before = ask(door, "/pcs")
    changed = ask(
        door,
        "/pcs/PC-0002",
        {"visit": {"url": pcs.RIGHTLY_BLOCKED}, "faults": ["slow"], "settings": {"request_delay_ms": 5}},
    )

    assert sorted(before) == ["PC-0001", "PC-0002"]
    assert (before["PC-0002"]["events"], changed["events"], changed["visit"]) == (1, 2, "blocked")
    assert (changed["faults"], ask(door, "/pcs")["PC-0001"]["faults"]) == (["slow"], [])
    assert ask(door, "/pcs/PC-0001", {"reboot": True})["faults"] == ["reboot"]


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        ("/pcs/PC-0009", {}, 404),
        ("/other", None, 404),
        ("/pcs/PC-0001", {"faults": ["nonsense"]}, 400),
        ("/pcs/PC-0001", {"settings": {"nonsense": 1}}, 400),
        ("/pcs/PC-0001", [], 400),
    ],
    ids=str,
)
def test_the_door_refuses_nonsense(lab, path, content, status):
    door = lab("--pcs", "1", "--control-port", "0")["control"]

    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(door, path, content)

    assert caught.value.code == status
    caught.value.close()
