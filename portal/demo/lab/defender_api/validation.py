"""What the API takes as an indicator and what it refuses, with the codes of docs/reference/apis.md section 3.

The documentation lists the codes and the rules, not which rule leads to which code: that part is a likely guess.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from portal.demo.lab.defender_api.problem import Problem

REQUIRED = ("indicatorValue", "indicatorType", "action", "title", "description")
ACTIONS = frozenset({"Allowed", "Audit", "Warn", "Block", "BlockAndRemediate", "Alert", "AlertAndBlock"})
SEVERITIES = frozenset({"Informational", "Low", "Medium", "High"})
HASH_LENGTHS = {"FileMd5": 32, "FileSha1": 40, "FileSha256": 64, "CertificateThumbprint": 40}

_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.IGNORECASE)


def check(body: Any, *, device_groups: frozenset[str], now: datetime) -> Mapping[str, Any]:
    """Return the body of a POST when it is acceptable; raises Problem."""
    if not isinstance(body, dict):
        raise Problem(400, "InvalidRequestBody", "Request body is incorrect.")
    for name in REQUIRED:
        if not isinstance(body.get(name), str) or not body[name].strip():
            raise Problem(400, "MissingRequiredParameter", f"Missing required parameter {name}.")
    _check_words(body)
    _check_value(body["indicatorType"], body["indicatorValue"])
    _check_end(body.get("expirationTime"), now)
    _check_groups(body.get("rbacGroupNames"), device_groups)
    return body


def _check_words(body: Mapping[str, Any]) -> None:
    if body["action"] not in ACTIONS or body.get("severity", "Informational") not in SEVERITIES:
        raise Problem(400, "InvalidInput", "Invalid action or severity.")
    if body["action"] == "Audit" and body.get("generateAlert") is not True:
        raise Problem(400, "InvalidInput", "generateAlert must be true for the action Audit.")


def _check_value(kind: str, value: str) -> None:
    if kind in HASH_LENGTHS:
        _check_hash(kind, value)
    elif kind in _VALUES:
        _VALUES[kind](value)
    else:
        raise Problem(400, "InvalidInput", "Invalid indicatorType.")


def _check_hash(kind: str, value: str) -> None:
    if not re.fullmatch(rf"[0-9a-fA-F]{{{HASH_LENGTHS[kind]}}}", value):
        raise Problem(400, "InvalidHashValue", "Invalid hash value.")


def _check_address(value: str) -> None:
    try:
        address = ipaddress.ip_address(value)
    except ValueError as error:
        raise Problem(400, "InvalidIpAddress", "Invalid IP address.") from error
    is_short = (address.version == 6 and len(value.split(":")) != 8) or "::" in value
    if is_short or _is_internal(address):
        raise Problem(400, "InvalidIpAddress", "Only external addresses, IPv6 with all its groups.")


def _is_internal(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Documentation's own networks (RFC 5737, 3849) count as external: the demo's sites are there."""
    networks = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
    return address.is_private and not any(address in ipaddress.ip_network(network) for network in networks)


def _check_domain(value: str) -> None:
    if not _HOST.fullmatch(value):
        raise Problem(400, "InvalidDomainName", "Invalid domain name.")


def _check_url(value: str) -> None:
    try:
        parts = urlsplit(value if "://" in value else f"https://{value}")
        is_plain = parts.port is None and _HOST.fullmatch(parts.hostname or "") is not None and "*" not in value
    except ValueError:
        is_plain = False
    if not is_plain:
        raise Problem(400, "InvalidUrl", "Invalid URL.")


_VALUES: Mapping[str, Callable[[str], None]] = {
    "IpAddress": _check_address,
    "DomainName": _check_domain,
    "Url": _check_url,
}


def _check_end(text: Any, now: datetime) -> None:
    if text in (None, ""):
        return
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError) as error:
        raise Problem(400, "InvalidInput", "Invalid expirationTime.") from error
    if (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) <= now:
        raise Problem(400, "InvalidInput", "expirationTime must be in the future.")


def _check_groups(names: Any, device_groups: frozenset[str]) -> None:
    if names is None:
        return
    if not isinstance(names, list) or not all(isinstance(name, str) and name in device_groups for name in names):
        raise Problem(400, "InvalidInput", "Unknown device group in rbacGroupNames.")
