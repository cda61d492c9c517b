"""What pages cost with a long history, beside a static page that a signed-in person reads in the same run.

``BENCH_CASES=100000 make bench`` makes the history and measures; without a number it is short, and only counts count.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.db import connection
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from tests.benchmarks.history import make_history
from troubleshooting.models import Case
from troubleshooting.queries.base.paging import Cursor

STATIC = "static page, signed in"


@dataclass(frozen=True)
class Price:
    """Medians of one page."""

    seconds: float
    cpu_seconds: float
    statements: int
    sql_seconds: float


def addresses(case: Case) -> Mapping[str, str]:
    """Return the pages by name."""
    cases, exclusions, drift = reverse("cases"), reverse("exclusions"), reverse("drift")
    ordered = Case.objects.order_by("-updated_at", "-pk")
    cursor = Cursor(*ordered.values_list("updated_at", "pk")[Case.objects.count() * 2 // 5])
    return {
        STATIC: reverse("help"),
        "home": reverse("home"),
        "cases": cases,
        "cases, 40 % deep": f"{cases}?older={cursor}",
        "cases, stage": f"{cases}?stage=checked",
        "cases, verdict that none has": f"{cases}?verdict=not_covered",
        "cases, no verdict yet": f"{cases}?verdict=none",
        "search: a whole number": f"{cases}?search=NP-2025-000042",
        "search: part of a host (frequent)": f"{cases}?search=shop42",
        "search: a host (rare)": f"{cases}?search=shop4242.example.com",
        "search: a person": f"{cases}?search=Name4242",
        "search: a PC": f"{cases}?search=PC-C04242",
        "search: two words": f"{cases}?search=shop42+Name1",
        "search: nothing": f"{cases}?search=nothing-like-this",
        "case": reverse("case", args=["NP-2025-000042"]),
        "case, the newest": reverse("case", args=[case.number]),
        "exclusions, to decide": exclusions,
        "exclusions, all": f"{exclusions}?state=all",
        "exclusions, search": f"{exclusions}?state=all&search=Name4242",
        "differences": drift,
    }


@dataclass
class _Turns:
    """What each reading of one page cost."""

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    sql_seconds: list[float] = field(default_factory=list)
    statements: int = 0

    def price(self) -> Price:
        return Price(
            statistics.median(self.seconds),
            statistics.median(self.cpu_seconds),
            self.statements,
            statistics.median(self.sql_seconds),
        )


def prices(client: Client, address: str, *, beside: str, turns: int) -> tuple[Price, Price]:
    """Return what a page costs and what another one does, read in turn; the first reading of each does not count."""
    pages = {one: _Turns() for one in (beside, address)}
    for number in range(turns + 1):
        for one, found in pages.items():
            _read(client, one, found if number else _Turns())
    return pages[address].price(), pages[beside].price()


def _read(client: Client, address: str, found: _Turns) -> None:
    """Read a page and keep what it cost. Django's own log of statements counts whole milliseconds and costs some."""
    statements: list[float] = []

    def run(execute: Callable[..., object], *arguments: object) -> object:
        began = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            statements.append(time.perf_counter() - began)

    with connection.execute_wrapper(run):
        began, cpu_began = time.perf_counter(), time.process_time()
        response: HttpResponseBase = client.get(address)
        found.seconds.append(time.perf_counter() - began)
        found.cpu_seconds.append(time.process_time() - cpu_began)
    assert response.status_code == 200, (address, response.status_code)
    found.sql_seconds.append(sum(statements))
    found.statements = len(statements)


def show_pages(cases: int, *, turns: int, signed_in: Callable[[], Client]) -> dict[str, Price]:
    """Make the history, print the prices and return them."""
    began = time.perf_counter()
    case = make_history(cases)
    print(f"\n{cases} cases, made in {time.perf_counter() - began:.0f} s; medians of {turns}, times the static page")
    client = signed_in()
    found: dict[str, Price] = {}
    for name, address in addresses(case).items():
        one, beside = prices(client, address, beside=reverse("help"), turns=turns)
        found[name] = one
        print(
            f"  {name:38} {one.seconds / beside.seconds:6.2f}   CPU {1000 * one.cpu_seconds:6.1f} ms"
            f"   SQL {1000 * one.sql_seconds:6.1f} ms in {one.statements}"
        )
    return found
