"""What the real task costs: check runs through Celery workers in processes of their own, with the database.

``BENCH_PCS=60 make bench`` visits 60 simulated PCs, whose lab is a process of its own as well. Processor time is read
from the operating system, for the workers and for PostgreSQL; the naive way of reading alone (``naive.py``), against
the same PCs in the same run, is what it is compared with.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

import psutil
import redis
from django.db import connection, transaction

from portal.celery import app
from tests.benchmarks.bench_visit import Lab, lab, measure, read_well
from tests.benchmarks.naive import read_naively
from tests.benchmarks.statements import Statements
from tests.support.servers import CeleryWorkerProcess, TestServers
from tests.support.world import EMMA, case_on, device_at, person, plan
from troubleshooting.actions.runs.check import run_checks
from troubleshooting.dispatch import RUN_CHECKS
from troubleshooting.domain.base.processes import Queue
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.models import CheckRun, Device

LEAST_S = 60.0
WARM_UP = 3  # PCs for each process, or as many as are to be visited
MOST_S_PER_PC = 2.0
DELAY_MS = 20
MOST_STATEMENTS, MOST_TRANSACTIONS = 60, 10
MOST_WORKER_MS, MOST_DATABASE_MS = 60, 20


@dataclass(frozen=True)
class Fleet:
    """Worker processes, and the threads of each."""

    processes: int
    threads: int

    def __str__(self) -> str:
        return f"{self.processes} × {self.threads}"


@dataclass(frozen=True)
class Price:
    """What a PC cost, in milliseconds of processor time, and how many were visited in a second."""

    finished: int
    per_second: float
    worker_ms: float
    database_ms: float
    commits: float  # statements outside of a transaction count as one each


class Database:
    """The processor time of all of PostgreSQL's processes on this machine, those that have ended included."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            ((backend,),) = cursor.fetchall()
        self._server = psutil.Process(backend).parent()

    def cpu_s(self) -> float:
        assert self._server is not None, "the database runs on this machine"
        times = self._server.cpu_times()
        ended = times.children_user + times.children_system
        return ended + _own_s(self._server) + sum(map(_own_s, self._server.children()))

    def commits(self) -> int:
        """Return how many there were; each connection tells of its own within a second, or at its end."""
        time.sleep(1.1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
            ((count,),) = cursor.fetchall()
        return int(count)


def asked_for(running: Lab) -> list[int]:
    """Open a case for each PC of the lab; returns their check runs."""
    emma = person(EMMA)
    with transaction.atomic():
        for name, port in running.ports.items():
            device = device_at(None, owner=emma, hostname=f"{name}-{port}")
            Device.objects.filter(pk=device.pk).update(port=port)
            case_on(device, by=emma)
    return list(CheckRun.objects.filter(status=RunStatus.QUEUED).order_by("pk").values_list("pk", flat=True))


@contextmanager
def workers(fleet: Fleet, servers: TestServers, env: dict[str, str]) -> Iterator[Sequence[CeleryWorkerProcess]]:
    """Run the worker processes of a fleet."""
    with ExitStack() as stack:
        started = []
        for _ in range(fleet.processes):
            worker = CeleryWorkerProcess(servers, str(connection.settings_dict["NAME"]))
            stack.callback(worker.stop)
            worker.start(concurrency=fleet.threads, queues=Queue.PORTAL, env={"LOG_LEVEL": "WARNING", **env})
            started.append(worker)
        yield started


def visit_all(fleet: Fleet, servers: TestServers, *, pcs: int, env: dict[str, str] | None = None) -> Price:
    """Return what a PC costs, once the workers have visited a few others."""
    few = min(WARM_UP * fleet.processes, pcs)
    with lab(pcs=few + pcs, delay_ms=DELAY_MS) as running:
        runs = asked_for(running)
        with redis.Redis.from_url(servers.redis_url) as broker:
            broker.flushdb()  # the messages: no worker is to begin before all can
        with workers(fleet, servers, env or {}) as started:
            _visit(runs[:few], started)
            return _priced(runs[few:], started)


def _priced(runs: Sequence[int], started: Sequence[CeleryWorkerProcess]) -> Price:
    database = Database()
    processes = [psutil.Process(worker.pid) for worker in started]
    committed, database_s, workers_s = database.commits(), database.cpu_s(), sum(map(_own_s, processes))
    began = time.monotonic()
    _visit(runs, started)
    took_s = time.monotonic() - began
    workers_s = sum(map(_own_s, processes)) - workers_s
    database_s = database.cpu_s() - database_s
    finished = CheckRun.objects.filter(pk__in=runs, status=RunStatus.FINISHED).count()
    committed = database.commits() - committed
    each = 1000 / len(runs)
    return Price(finished, finished / took_s, workers_s * each, database_s * each, committed / len(runs))


def _visit(runs: Sequence[int], started: Sequence[CeleryWorkerProcess]) -> None:
    """Queue the runs and wait for their ends."""
    for run in runs:
        app.send_task(RUN_CHECKS, kwargs={"check_run_id": run}, queue=Queue.PORTAL)
    give_up_at = time.monotonic() + LEAST_S + MOST_S_PER_PC * len(runs)
    while CheckRun.objects.live().filter(pk__in=runs).exists():
        assert time.monotonic() < give_up_at, started[0].log_text()[-2_000:]
        time.sleep(0.25)


def _own_s(process: psutil.Process) -> float:
    """Return the processor time of a process without its children, nothing where it is gone."""
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return times.user + times.system
    return 0.0


# --- Beside it --------------------------------------------------------------------------------------------------------


def readings(*, turns: int) -> tuple[float, float]:
    """Return the processor milliseconds of a visit that only reads, and of the naive way, in turn on the same PC."""
    with lab(pcs=1, delay_ms=DELAY_MS) as running:
        (port,) = running.ports.values()
        ours, naive = [], []
        for _ in range(turns):
            ours.append(measure(read_well, port, runs=1).cpu_seconds)
            naive.append(measure(read_naively, port, runs=1).cpu_seconds)
    return 1000 * statistics.median(ours), 1000 * statistics.median(naive)


def statements_of_a_run() -> Statements:
    """Return what one run sends to the database, from the task's first statement to its last."""
    statements = Statements()
    with lab(pcs=1) as running:
        (run,) = asked_for(running)
        with statements.recorded():
            run_checks(run, plan=plan(cancel_poll=timedelta(minutes=10)))
    return statements


def show_runs(fleets: Sequence[Fleet], servers: TestServers, *, pcs: int) -> list[Price]:
    """Print what the task costs with each of the fleets, and return it."""
    own, naive = readings(turns=3)
    statements = statements_of_a_run()
    print(f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {DELAY_MS} ms added to each request")
    print(f"  reading alone {own:.0f} ms of processor, the naive way {naive:.0f} ms, ratio {own / naive:.2f}")
    print(f"  a run: {statements.total} statements, {statements.transactions} transactions", end="")
    print(f" (aim: at most {MOST_STATEMENTS} and {MOST_TRANSACTIONS})")
    prices = []
    for fleet in fleets:
        price = visit_all(fleet, servers, pcs=pcs)
        prices.append(price)
        print(
            f"  {fleet!s:7} {price.finished} of {pcs} PCs, {price.per_second:5.1f}/s; a PC: worker"
            f" {price.worker_ms:4.0f} ms ({price.worker_ms / naive:.2f} of naive), database {price.database_ms:4.0f} ms"
            f" ({price.database_ms / naive:.2f}), {price.commits:.0f} commits",
            flush=True,
        )
    print(f"  aim: at most {MOST_WORKER_MS} ms in the worker and {MOST_DATABASE_MS} ms in the database")
    return prices
