"""What a hostile PC costs the others: how long a good PC's visit takes in the same process, alone and beside it.

Run ``python -m tests.benchmarks.bench_hostile``, with names of attacks for some of them only. Times depend on the
machine: compare the figures of one run only.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

from portal.demo.lab.faults import Fault
from portal.demo.lab.hostile import Hostile
from portal.demo.lab.pcs import healthy_windows_11
from portal.demo.lab.server import LabServer
from tests.machines.visitor import peak_mb, visit_port
from tests.support.tree import ROOT

LEAST_VISITS = 5
LONGEST_S = 10.0
THIS = [sys.executable, "-m", "tests.benchmarks.bench_hostile"]


def median_of_visits(port: int, is_enough: Callable[[], bool] = lambda: True) -> float:
    """Return the median time of the good PC's visits, in seconds, over at least five of them."""
    took: list[float] = []
    began = time.monotonic()
    while len(took) < LEAST_VISITS or not (is_enough() or time.monotonic() - began > LONGEST_S):
        before = time.perf_counter()
        visit_port(port)
        took.append(time.perf_counter() - before)
    return statistics.median(took)


def visit_both(good_port: int, hostile_port: int) -> None:
    """Print as JSON what visits to the good PC took alone and beside the hostile one, and the memory it all took.

    Alone means before and after it, since other programs use the processors too.
    """
    visit_port(good_port)  # the first one imports
    before_s, idle_mb = median_of_visits(good_port), peak_mb()
    was_visited, is_measured = threading.Event(), threading.Event()

    def visit_hostile() -> None:
        """Visit it again and again, for many an attack is over sooner than these visits."""
        while not is_measured.is_set():
            visit_port(hostile_port)
            was_visited.set()

    attack = threading.Thread(target=visit_hostile)
    attack.start()
    beside_s = median_of_visits(good_port, was_visited.is_set)
    is_measured.set()
    attack.join()
    alone_s = (before_s + median_of_visits(good_port)) / 2
    print(json.dumps({"alone_s": alone_s, "beside_s": beside_s, "grown_mb": peak_mb() - idle_mb}))


def serve_hostile(kind: Hostile) -> None:
    """Be a hostile PC, in a process of its own so that its work is not the good one's; ends with standard input.

    It steps back, for a real PC has a processor of its own.
    """
    os.nice(15)
    pc = healthy_windows_11()
    pc.fault_settings.hostile, pc.fault_settings.after_answers = kind, 1
    pc.faults.add(Fault.HOSTILE)
    with LabServer(pc) as server:
        print(server.port, flush=True)
        sys.stdin.read()


def measure(kind: Hostile) -> dict[str, float]:
    """Return the figures of one attack."""
    hostile = subprocess.Popen(
        [*THIS, "--serve", kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    with hostile, LabServer(healthy_windows_11()) as good:
        assert hostile.stdin is not None
        assert hostile.stdout is not None
        ports = [str(good.port), hostile.stdout.readline().strip()]
        said = subprocess.run(
            [*THIS, "--visit", *ports], stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT
        ).stdout
        hostile.stdin.close()
    return dict(json.loads(said))


def show(kinds: Sequence[Hostile]) -> dict[Hostile, dict[str, float]]:
    """Print and return the figures of some attacks."""
    print()
    found = {}
    for kind in kinds:
        found[kind] = figures = measure(kind)
        ratio = figures["beside_s"] / figures["alone_s"]
        print(
            f"{kind:<24} another PC's visit takes {ratio:4.1f} times as long; memory +{figures['grown_mb']:.0f} MB",
            flush=True,  # all of them take minutes, and whoever ends it early keeps what there is
        )
    return found


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_hostile")
    parser.add_argument("kinds", nargs="*", type=Hostile, help="attacks; all of them unless named")
    parser.add_argument("--serve", type=Hostile, help=argparse.SUPPRESS)
    parser.add_argument("--visit", nargs=2, type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve_hostile(chosen.serve)
    elif chosen.visit:
        visit_both(*chosen.visit)
    else:
        show(chosen.kinds or list(Hostile))


if __name__ == "__main__":
    main()
