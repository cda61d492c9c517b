from __future__ import annotations

from troubleshooting.domain.checks.base import shortened


def test_a_devices_long_text_is_shortened():
    assert (shortened("a" * 200, 10), shortened("short"), shortened(7)) == ("a" * 9 + "…", "short", 7)
