"""What an approval binds: a digest over everything that would be done, so that nothing can differ later unnoticed.

SHA-256 over a canonical JSON: keys sorted, no spaces, moments in UTC. Two decisions about the same thing have the same
digest, whoever computes it and whenever.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say
from troubleshooting.domain.exclusions.exclusion import ExclusionKind, Scope

VERSION = 1  # of the form below; another form is another digest


@dataclass(frozen=True, slots=True)
class ApprovedChange:
    """Exactly what is approved.

    ``value`` is the text that is sent, letter by letter. ``steps`` are the commands of the catalogue with their typed
    parameters, or the API call with its body, in their order. ``evidence`` names what the decision rests on (for
    example the digests of snapshots and the verdict). ``expires_at`` is aware.
    """

    kind: ExclusionKind
    value: str
    steps: Sequence[Mapping[str, Any]]
    scope: Scope
    expires_at: datetime
    evidence: Mapping[str, Any]
    reason: str

    def as_json(self) -> dict[str, Any]:
        """Return the form that is stored beside the digest and that the digest is made of.

        Raises ValueError for a moment without a zone.
        """
        if self.expires_at.tzinfo is None:
            raise ValueError("A moment needs its zone.")
        return {
            "version": VERSION,
            "kind": self.kind.value,
            "value": self.value,
            "steps": [dict(step) for step in self.steps],
            "scope": self.scope.as_json(),
            "expires_at": self.expires_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "evidence": dict(self.evidence),
            "reason": self.reason,
        }


def digest(change: ApprovedChange) -> str:
    """Return the SHA-256 of a change, as 64 hexadecimal digits; the order of keys does not matter, that of steps does.

    Raises ValueError or TypeError where a part has no one form in JSON (NaN, a key that is no text, an object).
    """
    return hashlib.sha256(canonical_json(change.as_json()).encode()).hexdigest()


def canonical_json(value: Any) -> str:
    """Return the one JSON text of a value."""
    _check_keys(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


class ChangedSinceApproval(Refused):
    """What would be done is not what was approved; the sentence names the parts, in the words of ``PARTS``."""

    def __init__(self, parts: tuple[str, ...]) -> None:
        self.parts = parts
        sentence = say(
            _("Not carried out: this is not what was approved (%(parts)s). It needs to be approved again."),
            parts=", ".join(PARTS[part] for part in parts),
        )
        super().__init__(sentence)


PARTS: Mapping[str, str] = {
    "version": _("form of the approval"),
    "kind": _("kind of exclusion"),
    "value": _("value"),
    "steps": _("commands"),
    "scope": _("scope"),
    "expires_at": _("end date"),
    "evidence": _("evidence"),
    "reason": _("reason"),
    "digest": _("digest"),
    "approvals": _("approvals"),
}


def check_unchanged(present: ApprovedChange, *, approved: Mapping[str, Any], approved_digest: str) -> None:
    """Raise ChangedSinceApproval unless the present change is the approved one, by its digest and by its stored form.

    ``approved`` is the stored form, which says what differs; where all its parts agree, the stored digest itself was
    changed, or the form holds more than it should.
    """
    now = present.as_json()
    if digest(present) == approved_digest and _same(now, approved):
        return
    differing = tuple(part for part in now if part not in approved or not _same(now[part], approved[part]))
    raise ChangedSinceApproval(differing or ("digest",))


def _same(one: Any, other: Any) -> bool:
    """Compare as JSON, where a tuple is a list."""
    return canonical_json(one) == canonical_json(other)


def _check_keys(value: Any) -> None:
    """Raise TypeError for a key that is no text: JSON would make 1 and "1" the same."""
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("Keys are texts.")
        for part in value.values():
            _check_keys(part)
    elif isinstance(value, list | tuple):
        for part in value:
            _check_keys(part)
