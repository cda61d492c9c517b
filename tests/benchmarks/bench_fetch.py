"""What it costs to bring a CAB over: the portal's way and pypsrp's own fetch, from the same PC in the same run.

Run ``python -m tests.benchmarks.bench_fetch [--megabytes N]``. PC and reader are processes of their own, so seconds of
the processor and memory are the reader's alone. The PC's side takes most of the wall time: compare within one run only.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pypsrp.client import Client

from portal.demo.lab.faults import Fault
from portal.demo.lab.rules import SUPPORT_CAB
from portal.demo.lab.server import LAB_PASSWORD, LAB_USERNAME, LabServer
from tests.machines.visitor import peak_mb
from tests.support.restricted_pc import restricted_pc
from troubleshooting.machines.base import USUAL_ENDPOINT, Address, Auth, Credential, Limits
from troubleshooting.machines.errors import MachineError
from troubleshooting.machines.psrp import connect
from troubleshooting.machines.support_files.fetch import fetch, read_sha256, read_size

DELAYS_MS = (0, 20)
MODULE = "tests.benchmarks.bench_fetch"
MEGABYTE = 1_000_000
CUT_AFTER_ANSWERS = 40  # each holds a third of a megabyte
LIMITS = Limits(visit=timedelta(hours=1), may_be_local=True)


@dataclass(frozen=True)
class Cost:
    """What one way cost."""

    seconds: float
    cpu_seconds: float
    idle_mb: float
    peak_mb: float
    tries: int
    sha256: str

    @property
    def above_idle_mb(self) -> float:
        """Return the memory that the fetch took."""
        return self.peak_mb - self.idle_mb


@dataclass(frozen=True)
class PC:
    """A PC that serves a CAB in a process of its own."""

    port: int
    sha256: str


@contextlib.contextmanager
def pc_with_cab(megabytes: int, *, delay_ms: int = 0, cut: bool = False) -> Iterator[PC]:
    """Serve a CAB; with ``cut``, the connection ends in the middle of an answer, once and again."""
    command = [sys.executable, "-m", MODULE, "serve", str(megabytes), str(delay_ms), str(int(cut))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield PC(**json.loads(process.stdout.readline()))
        process.communicate()  # ends its input, and with it the server


def cost_of(way: str, pc: PC) -> Cost:
    """Fetch in a process of its own and return what it cost."""
    done = subprocess.run([sys.executable, "-m", MODULE, way, str(pc.port)], check=True, capture_output=True, text=True)
    return Cost(**json.loads(done.stdout))


def serve(megabytes: int, delay_ms: int, cut: int) -> None:
    """Be the PC until the input ends."""
    pc = restricted_pc()
    pc.endpoints = frozenset({USUAL_ENDPOINT})
    content = pc.files[SUPPORT_CAB] = random.Random(15).randbytes(megabytes * MEGABYTE)
    pc.fault_settings.request_delay_ms = delay_ms
    pc.fault_settings.after_answers = CUT_AFTER_ANSWERS
    pc.faults = [*([Fault.SLOW] if delay_ms else []), *([Fault.CUT_IN_ANSWER] if cut else [])]
    with LabServer(pc) as server:
        sys.stdout.write(json.dumps({"port": server.port, "sha256": hashlib.sha256(content).hexdigest()}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


def fetch_well(port: int, into: Path) -> int:
    """Fetch the portal's way, again after each cut; returns the number of tries."""
    address = Address("localhost", port=port, https=False, auth=Auth.NTLM)
    credential = Credential("bench", LAB_USERNAME, LAB_PASSWORD)
    facts, tries = None, 0
    while True:
        tries += 1
        arrived = into.stat().st_size if into.exists() else 0
        with (
            contextlib.suppress(MachineError),
            connect(address, credential, limits=LIMITS, clock=lambda: datetime.now(UTC)) as machine,
        ):
            if facts is None:
                size = read_size(machine, most=500 * MEGABYTE)
                assert size is not None
                facts = replace(size, sha256=read_sha256(machine))
            fetch(machine, facts, into, on_progress=lambda count: None)
            return tries
        if tries > 1 and into.stat().st_size <= arrived:
            raise SystemExit("A try brought nothing.")


def fetch_naively(port: int, into: Path) -> int:
    """Fetch with pypsrp's own way."""
    client = Client("localhost", port=port, ssl=False, auth="ntlm", username=LAB_USERNAME, password=LAB_PASSWORD)
    client.fetch(SUPPORT_CAB, str(into))
    return 1


def measure(way: str, port: int) -> None:
    """Fetch and write down what it cost."""
    with tempfile.TemporaryDirectory() as folder:
        into, idle = Path(folder) / "cab", peak_mb()
        began, began_cpu = time.monotonic(), time.process_time()
        tries = (fetch_well if way == "well" else fetch_naively)(port, into)
        seconds, cpu_seconds = time.monotonic() - began, time.process_time() - began_cpu
        peak = peak_mb()
        with into.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    cost = {"seconds": seconds, "cpu_seconds": cpu_seconds, "idle_mb": idle, "peak_mb": peak, "tries": tries}
    sys.stdout.write(json.dumps({**cost, "sha256": sha256}))


def compare(megabytes: int) -> dict[tuple[str, int], Cost]:
    """Return what both ways cost at each delay, and print it."""
    costs: dict[tuple[str, int], Cost] = {}
    for delay_ms in DELAYS_MS:
        for way in ("well", "pypsrp"):
            with pc_with_cab(megabytes, delay_ms=delay_ms) as pc:
                cost = costs[way, delay_ms] = cost_of(way, pc)
                assert cost.sha256 == pc.sha256
            sys.stdout.write(
                f"{way:7} {delay_ms:3} ms: {megabytes / cost.seconds:6.2f} MB/s, {cost.seconds:6.1f} s, "
                f"processor {cost.cpu_seconds:5.1f} s, memory +{cost.above_idle_mb:.0f} MB\n"
            )
    return costs


def main() -> None:
    """Compare, or be one of the processes."""
    words = sys.argv[1:]
    if words[:1] == ["serve"]:
        serve(*map(int, words[1:]))
    elif words[:1] in (["well"], ["pypsrp"]):
        measure(words[0], int(words[1]))
    else:
        parser = argparse.ArgumentParser(description=__doc__)
        parser.add_argument("--megabytes", type=int, default=50)
        compare(parser.parse_args().megabytes)


if __name__ == "__main__":
    main()
