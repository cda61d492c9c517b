r"""The forms of values that are sent to a device, as patterns that Python and an endpoint's .NET read alike.

PowerShell writes ``^(…)$`` around a pattern and ignores case. ``$`` would let a line end follow, so each pattern says
itself where it ends. Digits are [0-9]: in .NET ``\d`` takes those of every script.
"""

from __future__ import annotations

import re

from troubleshooting.domain.exclusions.values import SYSTEM_VARIABLES

END = r"(?![\s\S])"
NOTHING = r"(?!)"  # fits no value: the parameter cannot be used

_SPECIAL = re.compile(r"[\\.^$|?*+()\[\]{}#]")


def literal(text: str) -> str:
    """Return the pattern that fits this text alone."""
    return _SPECIAL.sub(r"\\\g<0>", text).replace("\n", r"\n")


def around(text: str, **places: str) -> str:
    """Return the pattern of a text in which each ``{name}`` stands for a pattern of its own."""
    parts = re.split("({" + "}|{".join(places) + "})", text)
    return "".join(f"(?:{places[part[1:-1]]})" if part[1:-1] in places else literal(part) for part in parts) + END


def _part(forbidden: str) -> str:
    """Return the pattern of one part of a path: no wildcard, nothing unseen, and no space or dot at its end."""
    return rf'\\(?! )[^\\/<>:"|?*{forbidden}]*[^\\/<>:"|?*. {forbidden}]'


_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_UNSEEN = r"\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
_VARIABLES = "|".join(literal(name) for name in SYSTEM_VARIABLES)

HOST_NAME = rf"(?=.{{1,253}}{END}){_LABEL}(?:\.{_LABEL})*\.?{END}"
HOST = rf"(?:{HOST_NAME}|[0-9A-Fa-f:.]{{2,45}}{END})"
PORT = (  # 1 to 65535
    rf"(?:[1-9][0-9]{{0,3}}|[1-5][0-9]{{4}}|6[0-4][0-9]{{3}}|65[0-4][0-9]{{2}}|655[0-2][0-9]|6553[0-5]){END}"
)
FILE_OFFSET = rf"(?:[0-9]{{1,9}}|10[0-6][0-9]{{7}}){END}"  # below 1 GB; the function is stricter about both
PART_SIZE = rf"[1-9][0-9]{{0,6}}{END}"
IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}{END}"
LOCAL_PATH = rf"(?=.{{4,253}}{END})[A-Za-z]:(?:{_part(_UNSEEN)})+{END}"
PROGRAM = rf"(?:[A-Za-z]:|{_VARIABLES})(?:{_part('%' + _UNSEEN)})+(?<=\.exe){END}"  # the portal is stricter: values.py
# An endpoint sees an address as .NET's Uri shows it, some escapes undone; it opens http and https and nothing else.
WEB_ADDRESS = rf"https?://[^/?#@\\\s]+(?:[/?#][\s\S]{{0,2000}})?{END}"
SENT_WEB_ADDRESS = rf"https?://[\x21-\x7e]{{1,2000}}{END}"
