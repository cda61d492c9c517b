"""The files of a CAB that the portal reads (docs/reference/diagnostics.md section 2), by folded name."""

from __future__ import annotations

REGISTRY = "mpregistry.txt"
STATE = "mpstateinfo.txt"
EVENTS = "mpoperationalevents.txt"
OLDER_EVENTS = ("mpoperationalevents.txt.bak", "mpoperationalevents.bak")
NETWORK_PROTECTION = "networkprotectionstate.txt"
SECURITY_CENTER = "wscinfo.txt"
PROXY = "windowsproxy.txt"
FILE_VERSIONS = "fileversions.txt"
SYSTEM = "systeminfo.txt"
ONBOARDING = "wdatpinfo.txt"
COMMAND_LOGS = (
    "mpcmdrun.log",
    "mpcmdrun-system.log",
    "mpcmdrun-systemtemp.log",
    "mpcmdrun-networkservice.log",
    "mpcmdrun-localservice.log",
)
SERVICE_LOG = "mplog-"  # MPLog-<date>-<time>.log, several

_DEFENDERS = frozenset({REGISTRY, STATE, EVENTS, *OLDER_EVENTS, NETWORK_PROTECTION, *COMMAND_LOGS})
_KNOWN = _DEFENDERS | {SECURITY_CENTER, PROXY, FILE_VERSIONS, SYSTEM, ONBOARDING}


def is_log(name: str) -> bool:
    """Tell whether a folded name is one of the service's own logs."""
    return name.startswith(SERVICE_LOG) and name.endswith(".log")


def is_known(name: str) -> bool:
    """Tell whether the portal reads the file of that folded name."""
    return name in _KNOWN or is_log(name)


def is_defenders(name: str) -> bool:
    """Tell whether a folded name is one that only Microsoft Defender gives; the others may be in any CAB."""
    return name in _DEFENDERS or is_log(name)
