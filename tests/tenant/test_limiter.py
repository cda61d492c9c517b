"""The limits on calls: never more than allowed in any window, and no wait longer than needed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from troubleshooting.tenant.limiter import TENANT_WINDOWS, SlidingWindows, Window, shared_by

windows = st.lists(
    st.builds(Window, st.integers(1, 6), st.sampled_from([1.0, 5.0, 60.0, 61.0])), min_size=1, max_size=3
)
pauses = st.lists(st.sampled_from([0.0, 0.25, 1.0, 7.5, 61.0]), max_size=60)


def granted_at(limiter: SlidingWindows, pauses: list[float]) -> list[float]:
    """Ask after each pause; returns the moments at which a call was granted."""
    now, granted = 0.0, []
    for pause in pauses:
        now += pause
        if limiter.claim(now=now) == 0:
            granted.append(now)
    return granted


@given(windows, pauses)
def test_no_window_ever_holds_more_calls_than_allowed(windows: list[Window], pauses: list[float]):
    granted = granted_at(SlidingWindows(windows), pauses)

    for window in windows:
        for start in granted:
            assert sum(start <= moment < start + window.seconds for moment in granted) <= window.most


@given(windows, pauses)
def test_who_waits_as_long_as_told_is_let_in(windows: list[Window], pauses: list[float]):
    limiter = SlidingWindows(windows)
    now = 0.0
    for pause in pauses:
        now += pause
        wait_s = limiter.claim(now=now)
        if wait_s:
            now += wait_s
            assert limiter.claim(now=now) == 0


@given(windows, pauses)
def test_a_refusal_is_never_without_reason(windows: list[Window], pauses: list[float]):
    limiter = SlidingWindows(windows)
    now, granted = 0.0, list[float]()
    for pause in pauses:
        now += pause
        if limiter.claim(now=now) == 0:
            granted.append(now)
        else:
            assert any(sum(now - window.seconds < moment for moment in granted) >= window.most for window in windows)


def test_nothing_is_granted_while_the_tenant_says_so_and_an_earlier_moment_does_not_shorten_it():
    limiter = SlidingWindows()
    limiter.close_until(30.0)
    limiter.close_until(10.0)

    assert [limiter.claim(now=now) for now in (0.0, 29.0, 30.0)] == [30.0, 1.0, 0.0]


@given(st.integers(1, 5_000))
def test_processes_together_keep_to_the_limits_unless_they_outnumber_them(processes: int):
    for window, part in zip(TENANT_WINDOWS, shared_by(TENANT_WINDOWS, processes), strict=True):
        assert part.seconds == window.seconds
        assert part.most >= 1
        assert part.most * processes <= max(window.most, processes)


def test_the_windows_are_those_of_the_documentation_with_a_second_to_spare():
    assert (Window(100, 61.0), Window(1_500, 3_601.0)) == TENANT_WINDOWS
