"""What a collector wrote, read as the answers of a visit, so that everything after it is the same.

The file was on a person's PC: size, depth and number of values are limited before it is parsed.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NoReturn

from troubleshooting.domain.base.masking import mask_json, mask_text
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.domain.evidence.snapshot import Reading, ReadState
from troubleshooting.machines.base import Answer
from troubleshooting.machines.batch import Gathered
from troubleshooting.machines.clixml_texts import storable
from troubleshooting.machines.collector.errors import CollectionFault, UnreadableCollection
from troubleshooting.machines.collector.script import MARK, catalogue_digest, entries
from troubleshooting.machines.judged import judged
from troubleshooting.machines.pipeline import Entry, rendered
from troubleshooting.machines.plain import LONGEST_ERROR_TEXT, DeviceError, Json
from troubleshooting.machines.readers import moment

FORMAT = "network-protection-collector"
LONGEST_LABEL = 260  # characters
LONGEST_READ = timedelta(hours=24)  # of one command
NO_CLOCK = "A file does not tell how far the PC's clock is off."

# A text, whole or cut off at the end, is passed over in one step, whatever is in it.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]|,', re.DOTALL)
_ENCODINGS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ERROR_PARTS = ("message", "fq_error", "category", "target", "reason", "activity", "parameter")


@dataclass(frozen=True, slots=True)
class CollectionLimits:
    """How much is read of what a collector wrote; a log of 500 events takes about 1 MB."""

    most_bytes: int = 5_000_000
    most_values: int = 100_000
    deepest: int = 8
    answer_bytes: int = 2_000_000


@dataclass(frozen=True, slots=True)
class Collection:
    """What a collector read, and what it says of itself; times are by the PC's own clock."""

    answers: tuple[Answer, ...]
    address: str  # that the script was made for, "" where it was made for no case
    computer: str
    user: str
    powershell: str
    begun_at: datetime
    made_at: datetime


def read_collection(
    content: bytes, *, received_at: datetime | None = None, limits: CollectionLimits = CollectionLimits()
) -> Collection:
    """Read a file, or an unattended run's output; raises UnreadableCollection.

    ``received_at`` is given where the script itself sent this, as soon as it was written: the PC's clock is then
    compared with the portal's. A file may be any age, so its clock counts as not read.
    """
    if len(content) > limits.most_bytes:
        raise UnreadableCollection(CollectionFault.TOO_LARGE, size=len(content), most=limits.most_bytes)
    whole = _parsed(_text(content), limits)
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise UnreadableCollection(CollectionFault.FOREIGN)
    if whole.get("catalogue") != catalogue_digest():
        raise UnreadableCollection(CollectionFault.OTHER_VERSION)
    made_at = _moment(whole, "made_at")
    ahead = received_at - made_at if received_at is not None else None
    answers = _answers(whole.get("entries"), ahead=ahead, limits=limits)
    return Collection(
        answers=answers,
        address=_label(whole, "address"),
        computer=_label(whole, "computer") or _named(answers),
        user=_label(whole, "user"),
        powershell=_label(whole, "powershell"),
        begun_at=_moment(whole, "begun_at"),
        made_at=made_at,
    )


# --- the text ---------------------------------------------------------------------------------------------------------


def _text(content: bytes) -> str:
    """Return the JSON: all of a file, or the marked line of an output, in whichever encoding PowerShell chose."""
    encoding = next((name for mark, name in _ENCODINGS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise UnreadableCollection(CollectionFault.FOREIGN) from None
    before, mark, after = text.partition(MARK)
    return after.partition("\n")[0] if mark and "{" not in before else text


def _parsed(text: str, limits: CollectionLimits) -> Json:
    depth = count = 0
    for found in _TOKEN.finditer(text):
        first = found[0][0]
        if first == '"':
            continue
        count += 1
        depth += 1 if first in "[{" else -1 if first in "]}" else 0
        if depth > limits.deepest:
            raise UnreadableCollection(CollectionFault.TOO_DEEP, most=limits.deepest)
        if count > limits.most_values:
            raise UnreadableCollection(CollectionFault.TOO_MANY, most=limits.most_values)
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except ValueError:  # no JSON, or a number of thousands of digits
        fault = CollectionFault.DAMAGED if text.lstrip().startswith("{") else CollectionFault.FOREIGN
        values = {"what": "JSON"} if fault is CollectionFault.DAMAGED else {}
        raise UnreadableCollection(fault, **values) from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


# --- what it says -----------------------------------------------------------------------------------------------------


def _answers(read: Json, *, ahead: timedelta | None, limits: CollectionLimits) -> tuple[Answer, ...]:
    """Return an answer for each entry of the catalogue; all of them have to be there, in its order."""
    wanted = entries()
    if not isinstance(read, list) or [_name(item) for item in read] != [entry.name for entry in wanted]:
        raise _damaged("entries")
    found = (_answer(entry, item, ahead, limits) for entry, item in zip(wanted, read, strict=True))
    return tuple(_without_clock(answer) if ahead is None and answer.name == "clock" else answer for answer in found)


def _answer(entry: Entry, item: Mapping[str, Json], ahead: timedelta | None, limits: CollectionLimits) -> Answer:
    gathered = Gathered(entry, limits.answer_bytes, failed=item.get("failed") is True)
    for output in _list(item, "outputs", entry):
        gathered.add(_storable(output))
    for error in _list(item, "errors", entry):
        gathered.add_error(_error(error, entry))
    reading = judged(gathered, is_limited=False)
    begun_at, ended_at = _moment(item, "begun_at"), _moment(item, "ended_at")
    took = min(max(ended_at - begun_at, timedelta(0)), LONGEST_READ)
    return Answer(
        name=entry.name,
        pipeline=rendered(entry),
        sent_at=begun_at + (ahead or timedelta(0)),
        seconds=took.total_seconds(),
        reading=replace(reading, detail=mask_text(reading.detail)),
        content=mask_json(gathered.outputs),
        errors=[mask_json(error.as_json()) for error in gathered.errors],
        truncated=gathered.truncated,
    )


def _without_clock(answer: Answer) -> Answer:
    reading = Reading(ReadState.FAILED, DeviceErrorCode.COMMAND_FAILED, NO_CLOCK)
    return replace(answer, reading=reading)


def _error(item: Json, entry: Entry) -> DeviceError:
    if not isinstance(item, dict) or not all(isinstance(item.get(part), str) for part in _ERROR_PARTS):
        raise _damaged(entry.name)
    return DeviceError(**{part: storable(item[part][:LONGEST_ERROR_TEXT]) for part in _ERROR_PARTS})


def _storable(value: Json) -> Json:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable(element) for element in value]
    if isinstance(value, dict):
        return {storable(name): _storable(element) for name, element in value.items()}
    return value


def _name(item: Json) -> object:
    return item.get("name") if isinstance(item, dict) else None


def _list(item: Mapping[str, Json], name: str, entry: Entry) -> Sequence[Json]:
    found = item.get(name)
    if not isinstance(found, list):
        raise _damaged(entry.name)
    return found


def _moment(item: Mapping[str, Any], name: str) -> datetime:
    found = moment(item.get(name))
    if found is None:
        raise _damaged(name)
    return found


def _label(whole: Mapping[str, Any], name: str) -> str:
    found = whole.get(name)
    if not isinstance(found, str):
        raise _damaged(name)
    return storable(found[:LONGEST_LABEL])


def _named(answers: Sequence[Answer]) -> str:
    """Return the name that Windows gives the PC, where the environment does not."""
    content = next((answer.content for answer in answers if answer.name == "computer"), [])
    first = content[0] if content and isinstance(content[0], dict) else {}
    name = first.get("Name")
    return name[:LONGEST_LABEL] if isinstance(name, str) else ""


def _damaged(what: str) -> UnreadableCollection:
    return UnreadableCollection(CollectionFault.DAMAGED, what=what)
