"""What every test may use; servers and simulated PCs come from the fixtures in tests/support/."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.support.servers",
    "tests.support.lab_fixtures",
    "tests.support.side_by_side",
    "tests.support.emptying",
    "tests.support.rates",
]

# Playwright's synchronous API keeps an event loop in the main thread; nothing here is asynchronous.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# Tests run side by side, so how long an example took says nothing about what it tests.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fuzz", settings.get_profile("tests"), max_examples=1_000)
settings.load_profile("tests")

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER_FIXTURES = frozenset({"page", "context", "browser", "new_context", "browser_type"})
NO_CHROMIUM = (
    "There is no Chromium here, so the browser tests did not run. Install it (apt-get install chromium) or set "
    "CHROMIUM to its program."
)
NOT_RUN = ("not run", NO_CHROMIUM)  # goes with the report, also from a worker of pytest-xdist


def chromium() -> str | None:
    """Return the path of Chromium, or None."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Use the machine's Chromium, and keep it from talking to its maker."""
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    return {
        **browser_type_launch_args,
        "executable_path": chromium(),
        "args": ["--no-sandbox", "--disable-dev-shm-usage", *quiet],
    }


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without Chromium: fail where it counts (CI=true), else skip, and say so at the end."""
    if BROWSER_FIXTURES.isdisjoint(getattr(item, "fixturenames", ())) or chromium():
        return
    item.user_properties.append(NOT_RUN)
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(NO_CHROMIUM, pytrace=False)
    pytest.skip(NO_CHROMIUM)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what did not run."""
    reports = [one for kind in terminalreporter.stats.values() for one in kind if isinstance(one, pytest.TestReport)]
    not_run = sorted({one.nodeid for one in reports if NOT_RUN in map(tuple, one.user_properties)})
    if not not_run:
        return
    terminalreporter.section("BROWSER TESTS DID NOT RUN", red=True, bold=True)
    terminalreporter.line(NO_CHROMIUM)
    for nodeid in not_run:
        terminalreporter.line(f"  not run: {nodeid}")
