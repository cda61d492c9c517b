"""What the texts for employees must keep to."""

from __future__ import annotations

import re

# What an employee must not have to read: cmdlets, event numbers, registry names, result codes.
TECHNICAL = re.compile(
    r"\b[A-Z][a-z]+-Mp|MpCmdRun|\b11[0-9]{2}\b|\b50[0-9]{2}\b|0x|HKLM|[a-z][A-Z][a-z]+[A-Z]|Enable[A-Z]"
)
