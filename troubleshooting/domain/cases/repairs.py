"""What may be mended in a typed address, and the sentence that tells the person so."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from troubleshooting.domain.base.text import Text, say
from troubleshooting.domain.base.text import gettext_noop as _


class Repair(StrEnum):
    """What was mended in a typed address."""

    FOUND = "found"
    LABEL = "label"
    SCHEME = "scheme"
    BRACKETS = "brackets"
    DOTS = "dots"
    PUNCTUATION = "punctuation"
    SLASHES = "slashes"
    ENCODED = "encoded"
    FOLDER = "folder"


REPAIR_TEXTS: Mapping[Repair, Text] = {
    Repair.FOUND: say(_("Only the address was taken from your text.")),
    Repair.LABEL: say(_("What stood in front of the address was left out.")),
    Repair.SCHEME: say(_("The beginning of the address was corrected.")),
    Repair.BRACKETS: say(_("Brackets or marks around the address were removed.")),
    Repair.DOTS: say(_("The dots in the address were put back.")),
    Repair.PUNCTUATION: say(_("Punctuation after the address was removed.")),
    Repair.SLASHES: say(_("Backslashes were replaced by slashes.")),
    Repair.ENCODED: say(_("Encoded characters were put back.")),
    Repair.FOLDER: say(_("A shared folder is on a server. Your report is about this server.")),
}

# These pick the address out of something else, so the person has to see it before a report is sent.
TO_BE_SEEN: frozenset[Repair] = frozenset({Repair.FOUND, Repair.FOLDER})
