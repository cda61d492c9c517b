"""The demo as a person meets it: one command that starts everything, and Ctrl-C that leaves nothing behind."""

from __future__ import annotations

import http.client
import http.server
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from portal.demo.embedded import free_port
from portal.demo.lab.pcs import DEMO_PCS
from portal.demo.load import lab_ports, load_demo
from portal.demo.processes import Identity, Ledger, StartFailed
from portal.demo.runner import ROOT, WORKERS, Demo
from tests.support.world import NOW
from troubleshooting.domain.base.processes import REPLACE_ME
from troubleshooting.models import Device

READY_WITHIN_S = 120.0
ENDED_WITHIN_S = 60.0


class RunningDemo:
    """``python -m portal.demo`` with data and logs in ``var``."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.port = free_port()
        self._output = var / "terminal.txt"
        own = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        var.mkdir(exist_ok=True)
        with self._output.open("wb") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "portal.demo", "--port", str(self.port), "--var", str(var)],
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=own,
                cwd=ROOT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self._output.read_text(encoding="utf-8")

    def wait_until_ready(self) -> None:
        give_up_at = time.monotonic() + READY_WITHIN_S
        while "Press Ctrl-C" not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < give_up_at, self.said
            time.sleep(0.1)

    def family(self) -> list[Identity]:
        """Return every process below the demo."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [identity for child in children if (identity := Identity.of(child.pid)) is not None]

    def child(self, word: str) -> psutil.Process:
        """Return the process with this word in its command."""
        children = psutil.Process(self.process.pid).children()
        return next(child for child in children if word in child.cmdline())

    def ask(self, path: str) -> tuple[int, str | None]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        response = connection.getresponse()
        connection.close()
        return response.status, response.headers["Location"]

    def press_ctrl_c(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=ENDED_WITHIN_S)


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "var"
    Ledger(tmp_path / "var" / "demo" / "processes.json").end_leftovers()


def alive(identities: list[Identity]) -> list[Identity]:
    return [identity for identity in identities if identity.process() is not None]


@pytest.mark.slow
def test_demo_starts_serves_and_leaves_nothing_behind(var: Path) -> None:
    demo = RunningDemo(var)
    demo.wait_until_ready()
    family = demo.family()

    answers = [demo.ask("/readyz/"), demo.ask("/")]
    second = subprocess.run(
        [sys.executable, "-m", "portal.demo", "--port", str(free_port()), "--var", str(var)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    exit_code = demo.press_ctrl_c()

    assert answers[0] == (200, None)
    assert answers[1][0] == 302
    assert len(family) >= 6  # PostgreSQL, Redis, lab, worker, beat, web
    assert (second.returncode, "running already" in second.stdout) == (1, True)
    assert exit_code == 0, demo.said
    assert alive(family) == []
    assert sorted(path.name for path in (var / "demo").iterdir() if path.suffix == ".json") == []


@pytest.mark.slow
def test_demo_recovers_from_a_power_cut_and_ends_when_a_part_of_it_dies(var: Path) -> None:
    first = RunningDemo(var)
    first.wait_until_ready()
    left_behind = first.family()
    first.process.kill()
    first.process.wait()

    second = RunningDemo(var)
    second.wait_until_ready()
    assert alive(left_behind) == []
    family = second.family()
    second.child("worker").kill()
    exit_code = second.process.wait(timeout=ENDED_WITHIN_S)

    assert exit_code == 1
    assert "worker: it ended by itself (-9); the last lines of" in second.said
    assert "ready." in second.said  # its log
    assert alive(family) == []


@pytest.mark.parametrize(
    ("name", "code", "starts"), [("worker", REPLACE_ME, 1), ("worker", 0, 0), ("beat", REPLACE_ME, 0)]
)
def test_only_a_worker_that_ended_for_its_memory_is_started_anew(tmp_path, name, code, starts):
    demo = Demo(port=free_port(), var=tmp_path)
    with demo._ending:
        ended = demo._start(name, [sys.executable, "-c", f"raise SystemExit({code})"])
        ended.popen.wait()
        demo._replace_workers()
        running = [child for child in demo._children if child is not ended]

        assert [child.popen.args[-6:-4] for child in running] == [["-c", str(WORKERS["worker"][1])]] * starts
        assert (ended in demo._children) == (not starts)


def test_demo_says_which_port_is_taken(var: Path) -> None:
    taken = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    with taken:
        ended = subprocess.run(
            [sys.executable, "-m", "portal.demo", "--port", str(taken.server_port), "--var", str(var)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    assert ended.returncode == 1
    assert f"port {taken.server_port} is taken" in ended.stdout


def test_reset_removes_the_data_of_the_demo(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (var / "demo" / "postgres").mkdir(parents=True)

    Demo(port=free_port(), var=var).reset()

    assert list(var.iterdir()) == []


def test_reset_leaves_a_server_alone_that_is_not_the_demos(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql:///mine")

    with pytest.raises(StartFailed, match="yours to remove"):
        Demo(port=free_port(), var=var).reset()


def test_lab_ports_reads_the_ready_line() -> None:
    line = "lab ready: PC-0142=127.0.0.1:15985 SRV-0031=127.0.0.1:15991 control=127.0.0.1:15994\n"

    assert lab_ports(line) == {"PC-0142": 15985, "SRV-0031": 15991, "control": 15994}


def test_a_torn_ledger_counts_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "processes.json"
    path.write_text(json.dumps({"owner": [[1]]})[:-3], encoding="utf-8")

    assert Ledger(path).owner() is None


@pytest.mark.django_db
def test_a_demo_that_starts_again_follows_its_lab_to_other_ports_though_its_pcs_are_in_use(tmp_path: Path) -> None:
    ready = tmp_path / "ready"

    def load(first: int) -> set[int | None]:
        ready.write_text(" ".join(f"{pc.hostname}=127.0.0.1:{first + n}" for n, pc in enumerate(DEMO_PCS)))
        load_demo(ready_file=str(ready))
        Device.objects.update(last_visited_at=NOW)
        return set(Device.objects.values_list("port", flat=True))

    assert [load(15985), load(25985)] == [{first + n for n in range(len(DEMO_PCS))} for first in (15985, 25985)]
