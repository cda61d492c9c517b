"""Whose list blocked a site, by the ResponseCategory of advanced hunting, and who can change it if not Microsoft.

Source: docs/reference/events.md section 7, where the values that are not confirmed for hunting are named. Case makes no
difference, and an unknown category counts as Microsoft's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _


@dataclass(frozen=True, slots=True)
class OtherList:
    """A list that is not Microsoft's: why nothing is submitted, and who can change it where."""

    reason: Text
    instead: Text


_OTHERS: Mapping[str, OtherList] = {
    "CustomBlockList": OtherList(
        say(_("Your own company blocks this site, with an indicator in Defender for Endpoint. Microsoft cannot help.")),
        say(
            _(
                "Whoever manages indicators can edit or delete it: in the Defender portal under Settings, Endpoints, "
                "Indicators. Its description and its creator say why it is there."
            )
        ),
    ),
    "CustomPolicy": OtherList(
        say(_("Your own company blocks this site by web content filtering, not Microsoft's threat lists.")),
        say(
            _(
                "If the site is in the wrong category, dispute the category in the Defender portal: Reports, Web "
                "protection, Web content filtering categories details, Domains. If the category is right, whoever "
                "manages the policy can allow it."
            )
        ),
    ),
    "CasbPolicy": OtherList(
        say(_("Your own company blocks this app in Defender for Cloud Apps, not Microsoft's threat lists.")),
        say(
            _(
                "Whoever manages Defender for Cloud Apps can review the app: it is tagged as unsanctioned in the "
                "cloud app catalogue."
            )
        ),
    ),
}
MICROSOFTS = ("Malicious", "Phishing", "C2", "COCO", "Untrusted")
CATEGORIES = (*MICROSOFTS, *_OTHERS)
SMARTSCREENS = frozenset({"malicious", "phishing", "untrusted"})  # what Microsoft's newer pages send to its site form


def other_list(category: str) -> OtherList | None:
    """Return the list that a category names if it is not Microsoft's."""
    return next((found for name, found in _OTHERS.items() if name.casefold() == category.casefold()), None)
