"""Tokens of what a page shows, so that an unchanged poll costs one indexed query and no body (docs/adr/0003)."""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing

from troubleshooting.models import AuditModeTest, CheckRun


@dataclass(frozen=True, slots=True)
class SeenState:
    """What a page showed of a row when it was made."""

    version: int
    status: str


class StateTokens:
    """Signed tokens of the rows of one table that carry a version; only a page that we made has one."""

    def __init__(self, model: type[CheckRun] | type[AuditModeTest], *, salt: str) -> None:
        """Sign with a salt of its own, so that no token is taken for one of another table."""
        self._model = model
        self._signer = signing.Signer(salt=salt)

    def give(self, row: CheckRun | AuditModeTest) -> str:
        """Return the token of the state that a page shows."""
        return self._signer.sign(f"{row.pk}:{row.version}:{row.status}")

    def read(self, token: str, pk: int) -> SeenState | None:
        """Read the state that a token of this row names; None for a missing, foreign or forged one."""
        try:
            row, version, status = self._signer.unsign(token).split(":")
        except signing.BadSignature:
            return None
        return SeenState(int(version), status) if row == str(pk) else None

    def is_unchanged(self, pk: int, token: str) -> bool:
        """Tell whether the row still is as the page with this token shows it: one indexed query, or none."""
        seen = self.read(token, pk)
        return seen is not None and self._model.objects.filter(pk=pk, version=seen.version).exists()
