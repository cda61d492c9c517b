"""MPStateInfo.txt, NetworkProtectionState.txt and WSCInfo.txt (docs/reference/diagnostics.md sections 4.2 and 4.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from troubleshooting.domain.evidence.places import Place
from troubleshooting.domain.evidence.snapshot import AntivirusProduct
from troubleshooting.machines.support_files.lines import Lines

_SWITCHES = (  # the field of ComputerStatus, and the words of its line
    ("real_time_protection", re.compile(r"^real-?\s?time (?:monitor|protection|monitoring)\b", re.IGNORECASE)),
    ("on_access_protection", re.compile(r"^on-?\s?access (?:monitor|protection)\b", re.IGNORECASE)),
    ("behavior_monitor", re.compile(r"^behaviou?r (?:monitor|monitoring)\b", re.IGNORECASE)),
    ("network_inspection", re.compile(r"^(?:NIS|network (?:real-?\s?time )?inspection)\b", re.IGNORECASE)),
)
_ON_OR_OFF = re.compile(r"\b(?:(enabled|on)|(disabled|off|not enabled))$", re.IGNORECASE)
_PRODUCT_STATUS = re.compile(r"product status\s*:\s*0x([0-9a-fA-F]{1,16})\b", re.IGNORECASE)

_MODE = re.compile(r"\bis currently set in (.{1,100})$", re.IGNORECASE)
_MODES = (("block", 1), ("audit", 2), ("disab", 0))  # parts of words; the words themselves are not documented
_WARNING = re.compile(r"^\s*\[WARNING\]", re.IGNORECASE)

_PRODUCT = re.compile(r"^\s*(\w{1,60})\s*=\s*\[(.*)\]$")
_MOST_PRODUCTS = 50


@dataclass
class State:
    """What MPStateInfo.txt says: switches by field of ComputerStatus, and the bits of the product status."""

    switches: dict[str, tuple[bool, Place]] = field(default_factory=dict)
    product_status: tuple[int, Place] | None = None


def read_state(lines: Lines) -> State:
    """Read MPStateInfo.txt; of two lines about one thing the first counts."""
    state = State()
    for number, line in lines:
        if (found := _PRODUCT_STATUS.search(line)) and state.product_status is None:
            state.product_status = int(found[1], 16), lines.place(number)
        for name, words in _SWITCHES:
            if words.match(line.strip()) and (found := _ON_OR_OFF.search(line)):
                is_off = found[2] is not None or line.casefold().rstrip().endswith("not enabled")
                state.switches.setdefault(name, (not is_off, lines.place(number)))
    return state


@dataclass
class NetworkProtection:
    """What NetworkProtectionState.txt says: the mode as a number, and the first warning that it is not active."""

    mode: tuple[int, Place] | None = None
    warning: Place | None = None


def read_network_protection(lines: Lines) -> NetworkProtection:
    """Read NetworkProtectionState.txt; a mode in words that are not known stays unknown."""
    found = NetworkProtection()
    for number, line in lines:
        if _WARNING.match(line):
            found.warning = found.warning or lines.place(number)
        elif (said := _MODE.search(line)) and found.mode is None:
            modes = {mode for part, mode in _MODES if part in said[1].casefold()}
            if len(modes) == 1:
                found.mode = modes.pop(), lines.place(number)
    return found


def read_products(lines: Lines) -> list[tuple[AntivirusProduct, Place]]:
    """Read WSCInfo.txt; each product begins with its displayName."""
    products: list[tuple[dict[str, str], Place]] = []
    for number, line in lines:
        found = _PRODUCT.match(line)
        if found is None:
            continue
        name = found[1].casefold()
        if name == "displayname":
            products.append(({}, lines.place(number)))
        if products:
            products[-1][0].setdefault(name, found[2].strip())
    return [(_product(said), place) for said, place in products[:_MOST_PRODUCTS]]


def _product(said: dict[str, str]) -> AntivirusProduct:
    state = re.fullmatch(r"(?:0x([0-9a-fA-F]{1,8})|(\d{1,10}))", said.get("productstate", ""))
    return AntivirusProduct(
        name=said.get("displayname", ""),
        product_state=(int(state[1], 16) if state[1] else int(state[2])) if state else None,
        executable=said.get("pathtosignedproductexe") or None,
        timestamp=said.get("timestamp") or None,
    )
