"""What one full prerequisite visit costs: requests, seconds, client CPU; and many PCs at once.

Run ``python -m tests.benchmarks.bench_visit``. The lab runs in a process of its own, so that only the portal's side
is measured. Times depend on the machine: compare the figures of one run with each other only.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from portal.demo.lab.pcs import healthy_windows_11
from portal.demo.lab.server import LAB_PASSWORD, LAB_USERNAME, LabServer
from tests.benchmarks.naive import read_naively
from troubleshooting.machines.base import Address, Auth, Credential, Limits
from troubleshooting.machines.errors import MachineError
from troubleshooting.machines.visit import visit

CREDENTIAL = Credential("bench", LAB_USERNAME, LAB_PASSWORD)
MANY = 50
MOST_REQUESTS = 25
MOST_CPU_RATIO = 0.5
START_S = 60.0


@dataclass(frozen=True)
class Cost:
    """Median cost of a read."""

    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Lab:
    """A running lab process."""

    ports: dict[str, int]
    control_port: int

    def change(self, name: str, **wanted: object) -> None:
        """Change a PC through the lab's control door."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.control_port}/pcs/{name}", data=json.dumps(wanted).encode(), method="POST"
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10):
            pass


def read_well(port: int, *, limits: Limits | None = None) -> int:
    """Make one visit and give how many answers came."""
    answers = visit(
        Address("localhost", port=port, https=False, auth=Auth.NTLM),
        CREDENTIAL,
        on_answers=lambda answers: None,
        should_stop=lambda: False,
        limits=limits or Limits(may_be_local=True),
        clock=lambda: datetime.now(UTC),
    )
    return len(answers)


@contextlib.contextmanager
def lab(*, pcs: int, delay_ms: int = 0) -> Iterator[Lab]:
    """Run the lab in its own process."""
    with tempfile.TemporaryDirectory() as folder:
        ready_file = Path(folder) / "ready"
        options = ["--base-port=0", f"--pcs={pcs}", f"--delay-ms={delay_ms}", "--full-language", "--control-port=0"]
        process = subprocess.Popen(
            [sys.executable, "-m", "portal.demo.lab", *options, f"--ready-file={ready_file}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield _ready(process, ready_file)
        finally:
            process.terminate()
            process.wait(20)


def _ready(process: subprocess.Popen[bytes], ready_file: Path) -> Lab:
    until = time.monotonic() + START_S
    while not ready_file.exists() or not ready_file.read_text().endswith("\n"):
        if process.poll() is not None or time.monotonic() > until:
            raise SystemExit("The lab did not start.")
        time.sleep(0.05)
    places = dict(word.split("=") for word in ready_file.read_text().removeprefix("lab ready: ").split())
    ports = {name: int(place.rpartition(":")[2]) for name, place in places.items()}
    return Lab(control_port=ports.pop("control"), ports=ports)


def measure(read: Callable[[int], int], port: int, *, runs: int) -> Cost:
    """Return the median cost of several runs, after one that does not count."""
    read(port)
    costs = []
    for _ in range(runs):
        began, cpu_began = time.perf_counter(), time.process_time()
        read(port)
        costs.append(Cost(time.perf_counter() - began, time.process_time() - cpu_began))
    return Cost(
        statistics.median(cost.seconds for cost in costs), statistics.median(cost.cpu_seconds for cost in costs)
    )


def count_requests(read: Callable[[int], int]) -> int:
    """Count the HTTP requests of one read, the sign-in included."""
    pc = healthy_windows_11()
    pc.full_language = True
    with LabServer(pc) as server:
        read(server.port)
        return server.requests


def compare(*, delay_ms: int, runs: int) -> tuple[Cost, Cost]:
    """Measure the portal's way and the naive way against the same PC, in turn."""
    with lab(pcs=1, delay_ms=delay_ms) as running:
        (port,) = running.ports.values()
        return measure(read_well, port, runs=runs), measure(read_naively, port, runs=runs)


def read_many(running: Lab, *, limits: Limits | None = None) -> tuple[float, dict[str, float]]:
    """Visit all PCs at once; return the total seconds, and each PC's seconds by name (from the common start)."""
    began = time.perf_counter()

    def one(item: tuple[str, int]) -> tuple[str, float]:
        with contextlib.suppress(MachineError):
            read_well(item[1], limits=limits)
        return item[0], time.perf_counter() - began

    with ThreadPoolExecutor(len(running.ports)) as pool:
        ended = dict(pool.map(one, running.ports.items()))
    return time.perf_counter() - began, ended


def show_one(runs: int) -> None:
    """Print what one visit costs beside the naive way."""
    requests, naive_requests = count_requests(read_well), count_requests(read_naively)
    print(f"HTTP requests      visit {requests:6d}   naive {naive_requests:6d}   (aim: at most {MOST_REQUESTS})")
    for delay_ms in (0, 20):
        cost, naive = compare(delay_ms=delay_ms, runs=runs)
        ratio = cost.cpu_seconds / naive.cpu_seconds
        print(f"\n{delay_ms} ms added to each request, median of {runs} runs")
        print(f"  seconds          visit {cost.seconds:6.3f}   naive {naive.seconds:6.3f}   ratio ", end="")
        print(f"{cost.seconds / naive.seconds:.2f}")
        print(f"  client CPU       visit {cost.cpu_seconds:6.3f}   naive {naive.cpu_seconds:6.3f}   ratio {ratio:.2f}")
        print(f"  aim: CPU ratio at most {MOST_CPU_RATIO}: {'met' if ratio <= MOST_CPU_RATIO else 'MISSED'}")


def show_many(many: int) -> None:
    """Print what many PCs at once cost, and that one which hangs delays no other."""
    with lab(pcs=many, delay_ms=20) as running:
        port = next(iter(running.ports.values()))
        single = measure(read_well, port, runs=3)
        began_cpu = time.process_time()
        total, _ = read_many(running)
        cpu = time.process_time() - began_cpu
        print(f"\n{many} PCs at once in one process (threads), 20 ms added to each request")
        print(f"  one alone {single.seconds:.2f} s; all {total:.2f} s, that is {total / single.seconds:.1f} times one")
        print(f"  one after another would take {many * single.seconds:.1f} s; client CPU {cpu:.2f} s")
        hanging = next(iter(running.ports))
        running.change(hanging, faults=["hanging_command", "slow"], settings={"hanging_command": "MpCmdRun.exe"})
        _, ended = read_many(running, limits=Limits(command=timedelta(seconds=max(3.0, 3 * total)), may_be_local=True))
        slowest = max(seconds for name, seconds in ended.items() if name != hanging)
        print(f"  with one that hangs: it ends after {ended[hanging]:.1f} s, the slowest other after {slowest:.2f} s")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--pcs", type=int, default=MANY)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    show_one(options.runs)
    show_many(options.pcs)


if __name__ == "__main__":
    main()
