from __future__ import annotations

from tests.domain.builders import NOW
from troubleshooting.domain.evidence.snapshot import Preferences, Reading, ReadState, Snapshot


def test_an_unasked_reading_is_waiting_and_an_unset_policy_is_none():
    empty = Snapshot(collected_at=NOW, preferences=Preferences())

    assert empty.reading("preferences") == Reading(ReadState.WAITING)
    assert empty.policy("Policy Manager", "EnableNetworkProtection") is None
