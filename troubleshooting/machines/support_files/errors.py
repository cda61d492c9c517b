"""Why a CAB of support files cannot be read, and the sentence for each reason."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from troubleshooting.domain.base.refused import Refused
from troubleshooting.domain.base.text import gettext_noop as _
from troubleshooting.domain.base.text import say


class CabFault(StrEnum):
    """Why a CAB cannot be read."""

    NO_CAB = "no_cab"
    TOO_LARGE = "too_large"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    PART_OF_A_SET = "part_of_a_set"
    COMPRESSION = "compression"
    TOO_MANY_FILES = "too_many_files"
    TOO_LARGE_INSIDE = "too_large_inside"
    UNSAFE_NAME = "unsafe_name"
    DUPLICATE_NAME = "duplicate_name"
    FOREIGN = "foreign"
    TOOK_TOO_LONG = "took_too_long"
    READER_FAILED = "reader_failed"
    READER_MISSING = "reader_missing"


MAKE_ANOTHER = _("Run MpCmdRun.exe -GetFiles again on the PC, in an elevated prompt, and take the new file.")

CAB_FAULTS: Mapping[CabFault, str] = {
    CabFault.NO_CAB: _("This is not a CAB file. Microsoft Defender writes its support files to MpSupportFiles.cab."),
    CabFault.TOO_LARGE: _("The file is %(size)s bytes long. The portal reads at most %(most)s."),
    CabFault.TRUNCATED: _("The file is not complete: part of it was lost on its way. Copy it from the PC once more."),
    CabFault.DAMAGED: _("The file is damaged: %(what)s cannot be read. Copy it from the PC once more."),
    CabFault.PART_OF_A_SET: _("This CAB is one part of a set. Microsoft Defender writes a single file."),
    CabFault.COMPRESSION: _("The CAB is compressed in a way that the portal cannot read (%(method)s)."),
    CabFault.TOO_MANY_FILES: _("The CAB holds %(count)s files. The portal reads at most %(most)s."),
    CabFault.TOO_LARGE_INSIDE: _("Unpacked, %(what)s would be %(size)s bytes. The portal reads at most %(most)s."),
    CabFault.UNSAFE_NAME: _(
        "The CAB holds a file whose name leads somewhere else (%(name)s). Microsoft Defender writes no such names, so "
        "the portal doesn't read this file."
    ),
    CabFault.DUPLICATE_NAME: _("The CAB holds two files named %(name)s, so it is not known which of them counts."),
    CabFault.FOREIGN: _(
        "This CAB holds none of the files that Microsoft Defender collects. Take MpSupportFiles.cab from the PC."
    ),
    CabFault.TOOK_TOO_LONG: _("Reading the CAB took longer than %(most)s seconds, so the portal stopped."),
    CabFault.READER_FAILED: _("The CAB cannot be unpacked: the program that does so ended early."),
    CabFault.READER_MISSING: _(
        "The portal cannot unpack CABs: the library libarchive is missing on its server (on Debian: libarchive13)."
    ),
}


_OF_THE_FILE = frozenset(
    {
        CabFault.NO_CAB,
        CabFault.TRUNCATED,
        CabFault.DAMAGED,
        CabFault.DUPLICATE_NAME,
        CabFault.UNSAFE_NAME,
        CabFault.FOREIGN,
    }
)


class UnreadableCab(Refused):
    """A CAB cannot be read; ``fault`` is the reason."""

    def __init__(self, fault: CabFault, **values: str | int) -> None:
        self.fault = fault
        super().__init__(say(CAB_FAULTS[fault], **values))

    @property
    def remedy(self) -> str | None:
        """Return what else to do; None where the sentence says it all, or nothing helps."""
        return MAKE_ANOTHER if self.fault in _OF_THE_FILE else None
