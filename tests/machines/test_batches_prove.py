"""Whatever fails in a batch, in whichever reading: every entry gets its own answer, and silence is proved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.machines.simulated import NAMING, TERMINATING, Engine, SimulatedPC, Way, read
from troubleshooting.domain.evidence.snapshot import ReadState
from troubleshooting.machines import catalogue
from troubleshooting.machines.pipeline import SELECT_OBJECT, Entry

QUICK = tuple(entry for entry in catalogue.prerequisite_visit(timedelta(hours=1)) if entry.quick)
CLOSING = catalogue.CLOSING.name
LIKELY = 5  # how much likelier a statement answers than ends in one of the other ways


def ways_of(entry: Entry, among: tuple[Way, ...]) -> st.SearchStrategy[Way]:
    fine = [Way.ANSWERS] if entry.required else [Way.ANSWERS, Way.SILENT, Way.NOT_FOUND]
    return st.sampled_from(fine * LIKELY + list(among))


@st.composite
def visits(draw: st.DrawFn, among: tuple[Way, ...], most_failures: int = 99) -> tuple[SimulatedPC, tuple[Entry, ...]]:
    """Draw what is asked, in which order, and how every statement ends."""
    entries = tuple(draw(st.lists(st.sampled_from(QUICK), min_size=2, unique_by=lambda entry: entry.name)))
    failing = draw(st.lists(st.sampled_from([*entries, catalogue.CLOSING]), max_size=min(most_failures, len(entries))))
    names = {entry.name for entry in failing}
    ways = {
        entry.name: draw(st.sampled_from(among) if entry.name in names else ways_of(entry, ()))
        for entry in (*entries, catalogue.CLOSING)
    }
    return SimulatedPC(draw(st.sampled_from(Engine)), _as_commands_are(ways, entries)), entries


def _as_commands_are(ways: dict[str, Way], entries: tuple[Entry, ...]) -> dict[str, Way]:
    """What an endpoint does not show it shows to no statement; only what uses a command can be refused by it."""
    everything = (*entries, catalogue.CLOSING)
    hidden = {entry.command.name for entry in everything if ways[entry.name] is Way.UNKNOWN}
    ways = {e.name: Way.UNKNOWN if e.command.name in hidden else ways[e.name] for e in everything}
    selecting = {e.name for e in everything if e.pipeline[-1].name == SELECT_OBJECT}
    refused = {name for name, way in ways.items() if way is Way.SELECT_REFUSED}
    return ways | dict.fromkeys(refused - selecting, Way.NAMELESS)


def fits(state: ReadState, way: Way, entry: Entry) -> bool:
    """Tell whether the reading says what the PC would say to this entry."""
    if way is Way.ANSWERS or way is Way.SILENT:
        return state is ReadState.ANSWERED
    if way is Way.NOT_FOUND:
        return state is ReadState.ABSENT
    if way is Way.HALF:
        return state in {ReadState.ANSWERED, ReadState.FAILED}
    return state is ReadState.FAILED


@settings(max_examples=300, deadline=None)
@given(visits(tuple(Way(way) for way in sorted(TERMINATING))))
def test_every_entry_gets_its_own_answer_and_only_one(visit):
    pc, entries = visit

    answers = read(pc, entries)

    assert sorted(name for name, _ in answers) == sorted(entry.name for entry in entries)
    said = dict(answers)
    assert [e.name for e in entries if not fits(said[e.name].state, pc.way(e), e)] == []
    unread = {e.name for e in entries if said[e.name].state is not ReadState.FAILED} - pc.ran
    assert unread == set()


@settings(max_examples=200, deadline=None)
@given(visits(NAMING, most_failures=3))
def test_few_errors_that_name_their_statement_cost_a_pipeline_each(visit):
    pc, entries = visit

    read(pc, entries)

    everything = (*entries, catalogue.CLOSING)
    failing = [entry for entry in everything if pc.way(entry) not in {Way.ANSWERS, Way.SILENT}]
    if pc.failures <= 3 and all(names_itself(entry, pc.way(entry), everything) for entry in failing):
        assert pc.pipelines <= pc.failures + 2


def names_itself(entry: Entry, way: Way, everything: tuple[Entry, ...]) -> bool:
    """Tell whether the error leaves no doubt: it has the key, or the command that no other statement uses."""
    is_only_one = [each.command.name for each in everything].count(entry.command.name) == 1
    return way is Way.UNKNOWN or is_only_one or (entry.key is not None and way in {Way.NOT_FOUND, Way.THROWS})


@settings(max_examples=200, deadline=None)
@given(visits(tuple(Way(way) for way in sorted(TERMINATING))))
def test_more_than_that_is_asked_one_by_one(visit):
    pc, entries = visit
    batches, runs = 0, pc.run

    def counted(entries, output, error):
        nonlocal batches
        batches += len(entries) > 1
        return runs(entries, output, error)

    pc.run = counted

    read(pc, entries)

    assert batches <= 4
    assert pc.pipelines <= 4 + len(entries)


@pytest.mark.parametrize("engine", Engine)
def test_without_the_clock_nothing_is_absent_that_never_ran(engine):
    hidden = dict.fromkeys(("clock", CLOSING), Way.UNKNOWN)
    absent = {entry.name: Way.NOT_FOUND for entry in QUICK if entry.key}
    pc = SimulatedPC(engine, {**absent, **hidden})

    said = dict(read(pc, QUICK))

    assert said["clock"].state is ReadState.FAILED
    assert {name for name, reading in said.items() if reading.state is ReadState.ABSENT} == set(absent)
    assert pc.pipelines <= 2


@pytest.mark.parametrize("engine", Engine)
def test_a_hidden_command_is_told_once_for_all_that_use_it(engine):
    hidden = {entry.name: Way.UNKNOWN for entry in QUICK if entry.key}
    pc = SimulatedPC(engine, hidden)

    said = dict(read(pc, QUICK))

    assert {name for name, reading in said.items() if reading.state is ReadState.FAILED} == set(hidden)
    assert pc.pipelines <= 2
