"""Microsoft's own test pages: sites that do no harm and have to be blocked, so that people can see whether that works.

Source: docs/reference/events.md section 8. One that is not blocked says that protection does not work on the PC; it is
never a site to submit and never one to allow.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from troubleshooting.domain.cases.hosts import covers
from troubleshooting.domain.cases.indicator_exact import Indicator


class Tested(StrEnum):
    """What a test page tries out."""

    NETWORK_PROTECTION = "network_protection"  # blocked in every program but Edge, where SmartScreen blocks it
    SMART_SCREEN = "smart_screen"  # blocked in Edge only


@dataclass(frozen=True, slots=True)
class MicrosoftPage:
    """A test page: the host, with what lies below it."""

    host: str
    tested: Tested
    source: str


MICROSOFT_PAGES: tuple[MicrosoftPage, ...] = (
    MicrosoftPage(
        "smartscreentestratings2.net",
        Tested.NETWORK_PROTECTION,
        "learn.microsoft.com: Network protection demonstrations",
    ),
    MicrosoftPage(
        "smartscreentestratings.com",
        Tested.NETWORK_PROTECTION,
        "commandcontrol.smartscreentestratings.com: the test of command-and-control detection",
    ),
    MicrosoftPage("demo.smartscreen.msft.net", Tested.SMART_SCREEN, "learn.microsoft.com: SmartScreen demonstrations"),
    MicrosoftPage("demo.wd.microsoft.com", Tested.SMART_SCREEN, "learn.microsoft.com: Defender Testground (retired)"),
)


def microsoft_page(indicator: Indicator) -> MicrosoftPage | None:
    """Return the test page that an address is, or None."""
    return next((page for page in MICROSOFT_PAGES if covers(page.host, indicator.host)), None)
