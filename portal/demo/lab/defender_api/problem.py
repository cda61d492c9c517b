"""An error as the API tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Problem(Exception):
    """``{"error": {"code", "message", "target"}}`` with an HTTP status; target, the correlation id, comes later."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)
