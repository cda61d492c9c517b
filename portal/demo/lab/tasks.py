"""Scheduled tasks that set Defender's settings again: the device's own dead-man's switch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from xml.etree.ElementTree import Element  # only the type; parsing is defusedxml's

from defusedxml import ElementTree

NAMESPACE = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
MODES = ("Enabled", "AuditMode", "Disabled")
SWITCHES = frozenset(
    {
        "AllowDatagramProcessingOnWinServer",
        "DisableDatagramProcessing",
        "DisableNetworkProtectionPerfTelemetry",
        "DisableFtpParsing",
        "DisableSshParsing",
        "DisableRdpParsing",
        "DisableHttpParsing",
        "DisableSmtpParsing",
        "DisableDnsOverTcpParsing",
        "DisableDnsParsing",
        "DisableInboundConnectionFiltering",
        "DisableTlsParsing",
    }
)
_ACTION = re.compile(r"Set-MpPreference((?: -\w+[ :]\$?\w+)+)")
_SETTING = re.compile(r" -(\w+)[ :](\$?\w+)")


class BadTask(ValueError):
    """The XML is not a task of the closed form."""


@dataclass
class ScheduledTask:
    """A registered task."""

    name: str
    xml: str
    user: str
    has_run: bool = False


def _root(task: ScheduledTask) -> Element:
    try:
        root: Element = ElementTree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", task.xml))
    except ElementTree.ParseError as error:
        raise BadTask(str(error)) from error
    return root


def settings_of(task: ScheduledTask) -> dict[str, Any]:
    """Return the settings that the task's one action sets; raises BadTask for any other action."""
    actions = _root(task).findall("t:Actions/*", NAMESPACE)
    if len(actions) != 1:
        raise BadTask("not one action")
    program = actions[0].findtext("t:Command", "", NAMESPACE).rpartition("\\")[2]
    match = _ACTION.search(actions[0].findtext("t:Arguments", "", NAMESPACE))
    if program.casefold() != "powershell.exe" or match is None:
        raise BadTask("not a Set-MpPreference command")
    return dict(_settings(match[1]))


def _settings(text: str) -> Iterator[tuple[str, Any]]:
    for name, value in _SETTING.findall(text):
        if name == "EnableNetworkProtection" and value in MODES:
            yield name, value
        elif name in SWITCHES and value.casefold() in {"$true", "$false", "1", "0"}:
            yield name, value.casefold() in {"$true", "1"}
        else:
            raise BadTask(f"{name} {value} is not in the closed form")


def is_due(task: ScheduledTask, now: datetime) -> bool:
    """Tell whether a one-time trigger's moment has come and the task has not run for it."""
    starts = _root(task).findall("t:Triggers/t:TimeTrigger/t:StartBoundary", NAMESPACE)
    return not task.has_run and any(_moment(start.text or "", now.tzinfo) <= now for start in starts)


def _moment(text: str, zone: tzinfo | None) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def runs_at_startup(task: ScheduledTask) -> bool:
    """Tell whether the task has a start-up trigger."""
    return _root(task).find("t:Triggers/t:BootTrigger", NAMESPACE) is not None
