"""The link to an alert that belongs to a submission: what Graph returns as ``alertWebUrl``, as a person pastes it.

Sources: docs/reference/apis.md section 4, docs/reference/hunting.md; Microsoft, "Microsoft Defender XDR for US
Government customers" (the portals of the government clouds).
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

PORTALS = frozenset({"security.microsoft.com", "security.microsoft.us", "security.apps.mil"})
LONGEST = 500  # characters
_PATH = re.compile(r"/alerts/[A-Za-z0-9_-]{1,200}/?")
_TENANT = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def alert_link(text: str) -> str | None:
    """Return the link to an alert without anything that is not needed, or None where the text is none."""
    typed = text.strip()
    if len(typed) > LONGEST or not typed.isascii() or not typed.isprintable():
        return None
    try:
        parts = urlsplit(typed)
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    if parts.scheme.lower() != "https" or host not in PORTALS or parts.username is not None or port not in (None, 443):
        return None
    if not _PATH.fullmatch(parts.path):
        return None
    tenants = [tenant for tenant in parse_qs(parts.query).get("tid", []) if _TENANT.fullmatch(tenant)]
    return f"https://{host}{parts.path.rstrip('/')}" + (f"?tid={tenants[0]}" if tenants else "")
