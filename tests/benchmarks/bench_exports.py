"""What a row of a list as a file costs, beside the way over objects that the portal had before."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator

from troubleshooting.domain.cases.case import ProblemKind, Program, Stage
from troubleshooting.models import Case, User
from troubleshooting.models.choices import (
    CONFIDENCE_LABELS,
    PROBLEM_LABELS,
    PROGRAM_LABELS,
    STAGE_LABELS,
    VERDICT_LABELS,
)
from troubleshooting.queries.base.words import label_of
from troubleshooting.queries.cases.case_list import LIST_FIELDS, CaseFilter, export_cases
from troubleshooting.views.base.files import csv_file

TURNS = 3


def by_objects(reader: User) -> Iterator[tuple[object, ...]]:
    """Yield the cells of every case from model objects, with each label looked up anew."""
    found = Case.objects.visible_to(reader).select_related("device", "reporter").only(*LIST_FIELDS)
    for case in found.order_by("-updated_at", "-pk").iterator(chunk_size=500):
        yield (
            case.number,
            case.opened_at.isoformat(timespec="seconds"),
            case.updated_at.isoformat(timespec="seconds"),
            STAGE_LABELS[Stage(case.stage)],
            PROBLEM_LABELS[ProblemKind(case.kind)],
            case.indicator_value,
            case.program_name or PROGRAM_LABELS[Program(case.program)],
            case.device.hostname,
            str(case.reporter),
            label_of(VERDICT_LABELS, case.verdict_code) or "",
            label_of(CONFIDENCE_LABELS, case.verdict_confidence) or "",
        )


def show_exports(reader: User) -> tuple[str, str]:
    """Print what a row costs in both ways, read in turn; return the digests of both files."""
    ways: dict[str, Callable[[], Iterable[tuple[object, ...]]]] = {
        "values": lambda: export_cases(reader, CaseFilter()),
        "objects": lambda: by_objects(reader),
    }
    cost: dict[str, list[float]] = {name: [] for name in ways}
    digests: dict[str, str] = {}
    rows = 0
    for _turn in range(TURNS):
        for name, way in ways.items():
            digest, rows = hashlib.sha256(), 0
            began = time.process_time()
            for line in csv_file(way(), columns=("number",), name="cases").streaming_content:
                digest.update(line)
                rows += 1
            cost[name].append(1_000_000 * (time.process_time() - began) / rows)
            digests[name] = digest.hexdigest()
    values, objects = min(cost["values"]), min(cost["objects"])
    print(
        f"  cases.csv, {rows} rows: {values:.0f} µs CPU a row; over objects {objects:.0f}; {values / objects:.2f} of it"
    )
    return digests["values"], digests["objects"]
