"""The support files of a PC: collecting them, and reading the bytes of the CAB in pieces (ADR 16)."""

from __future__ import annotations

from datetime import timedelta

from troubleshooting.machines.pipeline import Entry, Shape, cmdlet

MP_CMD_RUN = r"C:\Program Files\Windows Defender\MpCmdRun.exe"
# docs/reference/diagnostics.md section 1
SUPPORT_FILES = r"C:\ProgramData\Microsoft\Windows Defender\Support\MpSupportFiles.cab"

PART_BYTES = 4_194_304  # of one pipeline: 5.6 MB as Base64, well within what is read of one
LARGEST_FILE = 1_073_741_824

COLLECT = Entry("collect_support_files", (cmdlet(MP_CMD_RUN, "-GetFiles"),), timedelta(minutes=15), shape=Shape.LINES)


def read_support_files(offset: int, count: int) -> Entry:
    """Read that many bytes of the CAB, which come in pieces; raises ValueError for what no CAB has.

    A function of the portal's own module does it, for no cmdlet reads bytes at a bearable price
    (docs/reference/powershell-answers.md, fact 20).
    """
    if not (0 <= offset <= LARGEST_FILE and 1 <= count <= PART_BYTES):
        raise ValueError(f"Not within the support files: {count} bytes from {offset}.")
    read = cmdlet("Read-PortalSupportFiles", Offset=offset, Count=count)
    return Entry("read_support_files", (read,), timedelta(seconds=120), shape=Shape.VALUE, required=False)
