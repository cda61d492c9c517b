"""A worker keeps neither memory nor descriptors of its visits: ``BENCH_VISITS=2000 make bench`` for many of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import psutil
import pytest

from tests.benchmarks.bench_visit import lab
from tests.support.servers import CeleryWorkerProcess
from tests.support.waiting import wait_until
from tests.support.world import EMMA, case_on, person
from troubleshooting.domain.checks.check_run import RunStatus
from troubleshooting.models import CheckRun, Device, DeviceGroup

pytestmark = [pytest.mark.benchmark, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PCS = 8
VISITS = int(os.environ.get("BENCH_VISITS", "40"))
FIRST = min(50, VISITS // 2)  # after these all threads have worked, and all that is imported late is there
AT_ONCE = 50
MOST_GROWTH_MB = 40
MOST_MORE_DESCRIPTORS = 10


@dataclass(frozen=True)
class Held:
    """What a process holds."""

    memory_mb: float
    descriptors: int
    threads: int


def held_by(worker: CeleryWorkerProcess) -> Held:
    process = psutil.Process(worker.pid)
    return Held(process.memory_info().rss / 2**20, process.num_fds(), process.num_threads())


def visit(devices: Sequence[Device], count: int, worker: CeleryWorkerProcess) -> None:
    """Have so many more reports checked."""
    finished = CheckRun.objects.filter(status=RunStatus.FINISHED)
    wanted = finished.count() + count
    while (left := wanted - finished.count()) > 0:
        for number in range(min(left, AT_ONCE)):
            case_on(devices[number % len(devices)], by=person(EMMA))
        wait_until(lambda: not CheckRun.objects.exclude(status=RunStatus.FINISHED).exists(), worker)


def test_many_visits_leave_neither_memory_nor_descriptors_behind(celery_worker_process):
    with lab(pcs=PCS) as running:
        group = DeviceGroup.objects.create(name="Lab", credential_profile="lab", https=False, auth="ntlm")
        devices = [
            Device.objects.create(
                hostname=f"PC-{port}", address="127.0.0.1", port=port, group=group, owner=person(EMMA)
            )
            for port in running.ports.values()
        ]
        visit(devices, FIRST, celery_worker_process)
        early = held_by(celery_worker_process)
        visit(devices, VISITS - FIRST, celery_worker_process)
        late = held_by(celery_worker_process)
    print(f"\nA worker after {FIRST} visits and after {VISITS}:")
    for held in (early, late):
        print(f"  {held.memory_mb:5.0f} MiB  {held.descriptors:3d} descriptors  {held.threads:3d} threads")

    assert late.memory_mb - early.memory_mb <= MOST_GROWTH_MB
    assert late.descriptors - early.descriptors <= MOST_MORE_DESCRIPTORS
