"""The cost of visits by the portal's code in the current folder: ``visit_cost.py PORT RUNS`` prints one line of JSON.

It runs in other versions of the tree as well, so it uses nothing but what they have in common.
"""

from __future__ import annotations

import json
import statistics
import struct
import sys
import time
from datetime import UTC, datetime
from inspect import signature
from pathlib import Path

sys.path[0] = str(Path.cwd())

from pypsrp.shell import WinRS  # noqa: E402

from portal.demo.lab.server import LAB_PASSWORD, LAB_USERNAME  # noqa: E402
from troubleshooting.machines.base import Address, Auth, Credential, Limits  # noqa: E402
from troubleshooting.machines.visit import visit  # noqa: E402

HAND_OVER = "on_answers" if "on_answers" in signature(visit).parameters else "on_answer"  # its name before
counted = {"bytes": 0, "messages": 0, "pipelines": 0}
_receive, _command = WinRS.receive, WinRS.command


def receive(self: WinRS, *arguments: object, **named: object) -> object:
    """Count the bytes and the whole messages of one Receive."""
    answer = _receive(self, *arguments, **named)
    data = answer[2]["stdout"]
    counted["bytes"] += len(data)
    while data:
        _, _, marks, length = struct.unpack(">QQBI", data[:21])
        counted["messages"] += bool(marks & 2)
        data = data[21 + length :]
    return answer


def command(self: WinRS, *arguments: object, **named: object) -> object:
    """Count one pipeline."""
    counted["pipelines"] += 1
    return _command(self, *arguments, **named)


def one_visit(port: int) -> tuple[int, float]:
    """Return how many answers a visit brought, and the CPU that it took."""
    began = time.process_time()
    answers = visit(
        Address("localhost", port=port, https=False, auth=Auth.NTLM),
        Credential("bench", LAB_USERNAME, LAB_PASSWORD),
        **{HAND_OVER: lambda answers: None},
        should_stop=lambda: False,
        limits=Limits(may_be_local=True),
        clock=lambda: datetime.now(UTC),
    )
    return len(answers), time.process_time() - began


def main(port: int, runs: int) -> None:
    """Measure and print."""
    setattr(WinRS, "receive", receive)  # noqa: B010
    setattr(WinRS, "command", command)  # noqa: B010
    one_visit(port)
    counted.update(dict.fromkeys(counted, 0))
    answers, costs = 0, []
    for _ in range(runs):
        answers, cpu = one_visit(port)
        costs.append(cpu)
    per_visit = {name: number // runs for name, number in counted.items()}
    print(json.dumps({**per_visit, "answers": answers, "cpu_ms": round(1000 * statistics.median(costs), 1)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
