"""What the collector writes on a lab PC, for tests that give it to the portal."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from portal.demo.lab import pcs
from portal.demo.lab.collector import run_collector
from portal.demo.lab.pc import SimulatedPC
from troubleshooting.machines.collector.script import collector_script, script_digest

KNOWN = script_digest(collector_script())


def collected(script: bytes | None = None, *, pc: SimulatedPC | None = None, **parts: Any) -> bytes:
    """Return the file that a script writes (the static one, on a healthy PC); ``parts`` are changed in it."""
    written = run_collector(pc or pcs.healthy_windows_11(), script or collector_script(), sha256=KNOWN)
    if not parts:
        return written.encode()
    changed = {name: part.isoformat() if isinstance(part, datetime) else part for name, part in parts.items()}
    return json.dumps({**json.loads(written), **changed}).encode()
