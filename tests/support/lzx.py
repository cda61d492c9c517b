"""CABs with LZX, for the tests of the reader: verbatim blocks of literals and matches, one to each frame of 32 KiB.

No tool for Linux writes LZX, so this does: small and slow, and without the jump translation of x86 code. The form is
that of Microsoft's CAB SDK.
"""

from __future__ import annotations

import heapq
import itertools
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

FRAME = 32_768
SLOTS = {15: 30, 16: 32, 17: 34, 18: 36, 19: 38, 20: 42, 21: 50}
SHORTEST_MATCH, LONGEST_MATCH = 4, 257
LITERALS, LENGTHS, LONG_LENGTH = 256, 249, 7
VERBATIM = 1


class BitWriter:
    """Bits, highest first, in words of 16 bits that are stored little endian."""

    def __init__(self) -> None:
        self.words = bytearray()
        self._bits: list[str] = []

    def put(self, value: int, width: int) -> None:
        if width:
            self._bits.append(format(value, f"0{width}b"))

    def finish(self) -> bytes:
        bits = "".join(self._bits)
        bits += "0" * (-len(bits) % 16)
        words = (int(bits[place : place + 16], 2) for place in range(0, len(bits), 16))
        return b"".join(struct.pack("<H", word) for word in words)


def code_lengths(counts: Sequence[int], longest: int) -> list[int]:
    """Return the length of each symbol's Huffman code; 0 for one that does not occur."""
    used = [(count, symbol) for symbol, count in enumerate(counts) if count]
    lengths = [0] * len(counts)
    if len(used) == 1:  # a code needs two symbols
        only = used[0][1]
        lengths[only] = lengths[(only + 1) % len(counts)] = 1
        return lengths
    while used:
        order = itertools.count()
        heap = [(count, next(order), [symbol]) for count, symbol in used]
        heapq.heapify(heap)
        lengths = [0] * len(counts)
        while len(heap) > 1:
            one, other = heapq.heappop(heap), heapq.heappop(heap)
            for symbol in one[2] + other[2]:
                lengths[symbol] += 1
            heapq.heappush(heap, (one[0] + other[0], next(order), one[2] + other[2]))
        if max(lengths) <= longest:
            break
        used = [((count + 1) // 2 + 1, symbol) for count, symbol in used]  # flatter
    return lengths


def codes(lengths: Sequence[int]) -> list[int]:
    """Return the canonical codes of these lengths."""
    found, code = [0] * len(lengths), 0
    for length in range(1, 17):
        code <<= 1
        for symbol, own in enumerate(lengths):
            if own == length:
                found[symbol] = code
                code += 1
    return found


@dataclass
class Encoder:
    """What is kept from frame to frame."""

    window: int
    data: bytes
    recent: list[int] = field(default_factory=lambda: [1, 1, 1])
    seen: dict[bytes, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        slots = SLOTS[self.window]
        self.extra = [0 if slot < 2 else min(slot // 2 - 1, 17) for slot in range(slots)]
        self.base = [0, *itertools.accumulate(1 << bits for bits in self.extra)][:slots]
        self.main_before, self.length_before = [0] * (LITERALS + 8 * slots), [0] * LENGTHS

    def frames(self) -> Iterator[tuple[bytes, int]]:
        """Return each frame's bytes, and how many it unpacks to."""
        for begin in range(0, len(self.data), FRAME):
            end = min(begin + FRAME, len(self.data))
            yield self._frame(begin, list(self._symbols(begin, end)), end), end - begin

    def _symbols(self, begin: int, end: int) -> Iterator[tuple[int, int | None, int, int]]:
        """Return (main symbol, long length or None, extra bits, how many) for each literal and match."""
        place = begin
        while place < end:
            key = self.data[place : place + SHORTEST_MATCH]
            earlier = self.seen.get(key)
            length = self._match(earlier, place, end) if earlier is not None else 0
            if earlier is None or length < SHORTEST_MATCH:
                self.seen[key] = place
                yield self.data[place], None, 0, 0
                place += 1
                continue
            slot, extra, width = self._slot(place - earlier)
            short = min(length - 2, LONG_LENGTH)
            yield LITERALS + slot * 8 + short, length - 2 - LONG_LENGTH if short == LONG_LENGTH else None, extra, width
            for inside in range(place, min(place + length, len(self.data) - SHORTEST_MATCH)):
                self.seen[self.data[inside : inside + SHORTEST_MATCH]] = inside
            place += length

    def _match(self, earlier: int, place: int, end: int) -> int:
        if place - earlier >= (1 << self.window) - 3:
            return 0
        most = min(LONGEST_MATCH, end - place)
        return next((n for n in range(most) if self.data[earlier + n] != self.data[place + n]), most)

    def _slot(self, offset: int) -> tuple[int, int, int]:
        """Return the slot of an offset, its extra bits and their number; the last three offsets have their own."""
        if offset in self.recent:
            slot = self.recent.index(offset)
            self.recent[0], self.recent[slot] = self.recent[slot], self.recent[0]
            return slot, 0, 0
        self.recent = [offset, *self.recent[:2]]
        slot = max(n for n, base in enumerate(self.base) if base <= offset + 2)
        return slot, offset + 2 - self.base[slot], self.extra[slot]

    def _frame(self, begin: int, symbols: list[tuple[int, int | None, int, int]], end: int) -> bytes:
        main_counts, length_counts = [0] * len(self.main_before), [0] * LENGTHS
        for main, long_length, _extra, _width in symbols:
            main_counts[main] += 1
            if long_length is not None:
                length_counts[long_length] += 1
        main, length = code_lengths(main_counts, 16), code_lengths(length_counts, 16)
        bits = BitWriter()
        if begin == 0:
            bits.put(0, 1)  # no translation of jumps
        bits.put(VERBATIM, 3)
        bits.put(end - begin, 24)
        _put_lengths(bits, self.main_before[:LITERALS], main[:LITERALS])
        _put_lengths(bits, self.main_before[LITERALS:], main[LITERALS:])
        _put_lengths(bits, self.length_before, length)
        self.main_before, self.length_before = main, length
        main_codes, length_codes = codes(main), codes(length)
        for symbol, long_length, extra, width in symbols:
            bits.put(main_codes[symbol], main[symbol])
            if long_length is not None:
                bits.put(length_codes[long_length], length[long_length])
            bits.put(extra, width)
        return bits.finish()


def _put_lengths(bits: BitWriter, before: Sequence[int], now: Sequence[int]) -> None:
    """Write code lengths as differences from the frame before, with a small tree of their own."""
    differences = [(old - new) % 17 for old, new in zip(before, now, strict=True)]
    lengths = code_lengths([differences.count(value) for value in range(20)], 15)
    own = codes(lengths)
    for length in lengths:
        bits.put(length, 4)
    for value in differences:
        bits.put(own[value], lengths[value])


def lzx_blocks(data: bytes, window: int) -> list[tuple[bytes, int]]:
    """Return the blocks of a folder: the bytes of each, and how many it unpacks to."""
    return list(Encoder(window, data).frames())
