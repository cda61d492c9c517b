"""A visitor in a process of its own: what a visit costs in memory is told apart from what the lab takes.

Reads one port a line, visits the PC there, and writes one line of JSON for each.
"""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import replace
from pathlib import Path

from tests.machines.speaking import CREDENTIAL, LIMITS, Visited, now, seconds
from troubleshooting.machines.base import Address, Auth
from troubleshooting.machines.errors import MachineError
from troubleshooting.machines.visit import visit

HURRIED = replace(LIMITS, command=seconds(8), visit=seconds(60))


def peak_mb() -> float:
    """Return the most memory that this program has had.

    Where Linux says so of the program: ``ru_maxrss`` begins with what the process that started it had.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2  # bytes on macOS


def visit_port(port: int) -> dict[str, object]:
    """Visit a PC and return what came of it."""
    address, visited = Address("localhost", port=port, https=False, auth=Auth.NTLM), Visited()
    try:
        visit(
            address,
            CREDENTIAL,
            on_answers=visited.answers.extend,
            should_stop=lambda: False,
            limits=HURRIED,
            clock=now,
        )
    except MachineError as error:
        visited.error = error
    return {
        "error": visited.error and str(visited.error.code),
        "detail": visited.error and visited.error.detail,
        "states": visited.states,
        "codes": visited.codes,
        "details": {answer.name: answer.reading.detail for answer in visited.answers},
        "contents": {answer.name: answer.content for answer in visited.answers if len(str(answer.content)) < 1_000},
        "peak_mb": peak_mb(),
    }


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(visit_port(int(line))) + "\n")
        sys.stdout.flush()
