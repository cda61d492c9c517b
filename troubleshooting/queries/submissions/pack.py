"""The files of a case's pack, as they are or without names for people outside IT."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Q

from troubleshooting.domain.submissions.pack import CHECKSUMS, PackFile, json_file, text_file, with_manifest, zipped
from troubleshooting.domain.submissions.redaction import Known, Redactor, Removed
from troubleshooting.models import Case, CheckRun, User
from troubleshooting.queries.base.people import zone_of
from troubleshooting.queries.checks.evidence import evidence_json, evidence_text, snapshot_of, visits_of
from troubleshooting.queries.submissions.sheet import SubmissionSheet


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that is ready to be written. ``removed`` is None where nothing was taken out."""

    name: str
    files: tuple[PackFile, ...]  # manifest and checksums last
    opened_at: datetime
    removed: tuple[Removed, ...] | None = None

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the checksums: two packs with the same one are the same."""
        return next(one.sha256 for one in self.files if one.name == CHECKSUMS)

    def chunks(self) -> Iterator[bytes]:
        """Return the ZIP piece by piece."""
        return zipped(self.files, at=self.opened_at)


def read_pack(case: Case, run: CheckRun, sheet: SubmissionSheet) -> Pack:
    """Return the pack with everything as it was found."""
    files = [_file(name, document) for name, document in _documents(case, run, sheet).items()]
    return _pack(case, files, ending="pack")


def read_redacted_pack(case: Case, run: CheckRun, sheet: SubmissionSheet, *, own_words: Iterable[str] = ()) -> Pack:
    """Return the pack without names, internal addresses and queries; files that cannot be searched are left out."""
    documents = _documents(case, run, sheet)
    redactor = Redactor(_known(case, documents["evidence.json"], own_words=tuple(own_words)))
    for document in documents.values():
        redactor.learn(document)
    files = [_file(name, redactor.redacted(document)) for name, document in documents.items()]
    removed = redactor.removed()
    return replace(_pack(case, files, ending="pack-redacted", removed=removed), removed=removed)


def _pack(case: Case, files: list[PackFile], *, ending: str, removed: Iterable[Removed] | None = None) -> Pack:
    whole = with_manifest(files, case=case.number, removed=removed)
    return Pack(f"{case.number}-{ending}.zip", tuple(whole), case.opened_at)


def _documents(case: Case, run: CheckRun, sheet: SubmissionSheet) -> dict[str, Any]:
    """Return the documents by file name: texts, and JSON as values."""
    documents: dict[str, Any] = {
        "evidence.txt": evidence_text(case, run, time_zone=zone_of(case.reporter)),
        "evidence.json": evidence_json(case, run),
        "events.xml": _events_xml(case),
    }
    if sheet.fields:
        values = [(str(entry.field.label), entry.field.value) for entry in sheet.fields]
        documents["fields.txt"] = "\n".join(f"{label}:\n{value or '(leave empty)'}\n" for label, value in values)
        documents["fields.json"] = [
            {"code": entry.field.code, "label": str(entry.field.label), "value": entry.field.value}
            for entry in sheet.fields
        ]
    return documents


def _file(name: str, document: Any) -> PackFile:
    return text_file(name, document) if isinstance(document, str) else json_file(name, document)


def _events_xml(case: Case) -> str:
    """Return the events of every visit as Windows wrote them, each once."""
    found: dict[str, None] = {}
    for visit in visits_of(case):
        found.update(dict.fromkeys(event.xml for event in snapshot_of(visit).events or () if event.xml))
    return "\n".join(("<Events>", *found, "</Events>", ""))


def _known(case: Case, evidence: Mapping[str, Any], *, own_words: tuple[str, ...]) -> Known:
    """Return the names that the portal knows: of the people who took part, of their PC, of the accounts it used."""
    people = User.objects.filter(Q(pk=case.reporter_id) | Q(pk__in=case.activity_entries.values("actor"))).distinct()
    users = {name for person in people for name in _names_of(person)}
    users.update(visit["account"] for visit in evidence["visits"])
    computers = {case.device.hostname, case.device.address}
    computers.update(urlsplit(visit["endpoint"]).hostname or "" for visit in evidence["visits"])
    return Known(
        users=frozenset(filter(None, users)),
        computers=frozenset(filter(None, computers)),
        own_words=own_words,
        reported_host=case.report.indicator.host,
    )


def _names_of(person: User) -> Iterator[str]:
    yield from (person.username, person.email, person.get_full_name())
    yield from (name for name in (person.first_name, person.last_name) if len(name) > 2)
