"""Why what a collector wrote cannot be read, and the sentence for each reason."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say


class CollectionFault(StrEnum):
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    TOO_MANY = "too_many"
    DAMAGED = "damaged"
    FOREIGN = "foreign"
    OTHER_VERSION = "other_version"


SENTENCES: Mapping[CollectionFault, str] = {
    CollectionFault.TOO_LARGE: _("The file has %(size)s bytes. The portal reads at most %(most)s."),
    CollectionFault.TOO_DEEP: _(
        "The values in this file are nested more than %(most)s deep. The script writes no such file."
    ),
    CollectionFault.TOO_MANY: _("The file holds more than %(most)s values; the script writes fewer."),
    CollectionFault.DAMAGED: _(
        "The file is damaged or incomplete (%(what)s). Run the script again and take the new file."
    ),
    CollectionFault.FOREIGN: _(
        "The portal's script did not write this file. Its files begin with “network-protection” and end in “.json”."
    ),
    CollectionFault.OTHER_VERSION: _(
        "Another version of the script wrote this file. Download the script again, run it, and take the new file."
    ),
}


class UnreadableCollection(Refused):
    """What was given cannot be taken for what a collector read."""

    def __init__(self, fault: CollectionFault, **values: str | int) -> None:
        self.fault = fault
        super().__init__(say(SENTENCES[fault], **values))
