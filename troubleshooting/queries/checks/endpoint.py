"""Whether the endpoint that answered a check is older than this portal, and which checks that costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from troubleshooting.domain.checks.registry import BY_ID, title_of
from troubleshooting.domain.evidence.device_errors import DeviceErrorCode
from troubleshooting.machines.catalogue import ENDPOINT
from troubleshooting.machines.endpoint.doctor import needing
from troubleshooting.machines.endpoint.version import VERSION, is_older
from troubleshooting.models import CheckRun, DeviceAnswer
from troubleshooting.queries.base.words import translated


@dataclass(frozen=True, slots=True)
class OldEndpoint:
    """A PC's endpoint that is older than the portal."""

    version: str  # "" where it did not say
    needed_version: str
    checks: tuple[str, ...]  # titles of those that it did not let through


def read_old_endpoint(run: CheckRun) -> OldEndpoint | None:
    """Return what is known of an older endpoint; None where it is new enough, or not the portal's own; one query."""
    asked = DeviceAnswer.objects.filter(snapshot__check_run=run, snapshot__attempt=run.attempt)
    wanted = asked.filter(Q(name=ENDPOINT.name) | Q(error_code=DeviceErrorCode.COMMAND_REFUSED))
    answers = {answer.name: answer for answer in wanted.only("name", "error_code", "content")}
    if ENDPOINT.name not in answers:
        return None
    version = _version(answers[ENDPOINT.name].content)
    if not is_older(version):
        return None
    refused = (name for name, answer in answers.items() if answer.error_code == DeviceErrorCode.COMMAND_REFUSED)
    titles = tuple(translated(title_of(check)) for check in needing(refused) if check in BY_ID)
    return OldEndpoint(version or "", VERSION, titles)


def _version(content: Any) -> str | None:
    first = content[0] if isinstance(content, list) and content else None
    version = first.get("Version") if isinstance(first, dict) else None
    return version if isinstance(version, str) else None
