"""Bytes, messages, pipelines and client CPU of a visit, by this tree and by another one, in turn against the same PCs.

Run ``python -m tests.benchmarks.bench_answers --before FOLDER`` with the folder of another version of the tree. Times
depend on the machine: compare the figures of one run with each other only.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from portal.demo.lab.pc import SimulatedPC
from portal.demo.lab.pcs import healthy_windows_11
from portal.demo.lab.server import LabServer
from troubleshooting.machines.properties import BROWSER_KEYS, POLICY_KEYS

MISSING = "Get-CimInstance"
ROOT = Path(__file__).parents[2]


def with_all_keys() -> SimulatedPC:
    """Return a PC that has every key a visit reads."""
    pc = healthy_windows_11()
    for key, _ in POLICY_KEYS.values():
        pc.registry.setdefault(key, {}).setdefault("EnableNetworkProtection", 1)
    for key in BROWSER_KEYS.values():
        pc.registry.setdefault(key, {}).setdefault("QuicAllowed", 0)
    return pc


def with_no_keys() -> SimulatedPC:
    """Return a PC on which no policy was ever set."""
    pc = healthy_windows_11()
    pc.registry.clear()
    return pc


def without_a_command() -> SimulatedPC:
    """Return such a PC whose endpoint lacks a command as well."""
    pc = with_no_keys()
    pc.hidden_commands = frozenset({MISSING})
    return pc


PCS = {"all keys": with_all_keys, "no keys": with_no_keys, f"no {MISSING}": without_a_command}


@contextmanager
def served() -> Iterator[dict[str, int]]:
    """Serve the PCs; yields their ports by name."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(LabServer(make())).port for name, make in PCS.items()}


def cost(tree: Path, port: int, *, runs: int) -> dict[str, float]:
    """Return what a visit by the code of that tree costs, measured in a process of its own."""
    program = [sys.executable, str(ROOT / "tests" / "benchmarks" / "visit_cost.py"), str(port), str(runs)]
    done = subprocess.run(program, cwd=tree, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2_000:])
    read: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return read


def show(trees: dict[str, Path], *, turns: int, runs: int) -> dict[str, dict[str, dict[str, float]]]:
    """Print the figures of each PC and tree, and return them."""
    figures: dict[str, dict[str, dict[str, float]]] = {}
    with served() as ports:
        for name, port in ports.items():
            costs: dict[str, list[dict[str, float]]] = {tree: [] for tree in trees}
            for _ in range(turns):
                for tree, folder in trees.items():
                    costs[tree].append(cost(folder, port, runs=runs))
            figures[name] = {
                tree: {figure: statistics.median(one[figure] for one in found) for figure in found[0]}
                for tree, found in costs.items()
            }
            for tree, found in figures[name].items():
                shown = "  ".join(f"{figure} {number:9,.1f}" for figure, number in found.items())
                print(f"{name:22} {tree:7} {shown}")
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, help="folder of another version of the tree")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    before = {"before": options.before} if options.before else {}
    show({**before, "now": ROOT}, turns=options.turns, runs=options.runs)


if __name__ == "__main__":
    main()
