"""Words and their hashed features: the reference for NameWords and NameFeatures in Swift. Everything is bytes and 64-bit
integers, so both sides agree exactly."""

from __future__ import annotations

import numpy as np

MASK = (1 << 64) - 1
FNV_START, FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3
MIX, SLOT = 0xD6E8FEB86659FD93, 0x9E3779B97F4A7C15

MARK, NUMBER, LOWER, TITLE_CASE, CAPITALS, INITIAL, MIXED, ALPHANUMERIC, NEWLINE, EDGE = range(10)
"""Shapes. EDGE is what stands before the first and behind the last word."""


def character(data: bytes, i: int) -> int:
    """Bytes of the character of a word at `i`; 0: none (TextBytes.wordCharacter)."""
    b = data[i]
    if 48 <= b <= 57 or 65 <= b <= 90 or 97 <= b <= 122 or b == 95:
        return 1
    if b < 0xC3 or b > 0xE1:
        return 0
    return 2 if b < 0xE0 else 3


def split(data: bytes) -> list[tuple[int, int]]:
    """Words, marks of one character, and line ends, as ranges of bytes. Spaces and tabs are skipped."""
    out, i, n = [], 0, len(data)
    while i < n:
        b = data[i]
        length = character(data, i)
        if length:
            start = i
            while i < n and (length := character(data, i)):
                i = min(i + length, n)
            out.append((start, i))
        elif b in (0x20, 0x09, 0x0D):
            i += 1
        else:
            length = 1 if b < 0xC2 else 2 if b < 0xE0 else 3 if b < 0xF0 else 4
            out.append((i, min(i + length, n)))
            i = min(i + length, n)
    return out


def is_upper(data: bytes, i: int) -> bool:
    """A capital letter of ASCII, Latin-1, Latin Extended-A, Greek or Cyrillic."""
    b = data[i]
    if b < 0x80:
        return 65 <= b <= 90
    if i + 1 >= len(data) or b > 0xDF:
        return False
    c = (b & 0x1F) << 6 | (data[i + 1] & 0x3F)
    if 0xC0 <= c <= 0xDE:
        return c != 0xD7
    if 0x100 <= c <= 0x137 or 0x14A <= c <= 0x177:
        return c % 2 == 0
    if 0x139 <= c <= 0x148 or 0x179 <= c <= 0x17E:
        return c % 2 == 1
    return c == 0x178 or 0x386 <= c <= 0x3AB and c != 0x390 or 0x400 <= c <= 0x42F


def shape(word: bytes) -> int:
    if word == b"\n":
        return NEWLINE
    if not character(word, 0):
        return MARK
    letters = uppers = digits = i = 0
    first_upper = is_upper(word, 0)
    while i < len(word):
        b = word[i]
        if 48 <= b <= 57:
            digits += 1
        elif b != 95:
            letters += 1
            uppers += is_upper(word, i)
        i += max(character(word, i), 1)
    if letters == 0:
        return NUMBER
    if digits:
        return ALPHANUMERIC
    if uppers == 0:
        return LOWER
    if letters == 1:
        return INITIAL
    if uppers == letters:
        return CAPITALS
    return TITLE_CASE if first_upper and uppers == 1 else MIXED


def lowered(word: bytes) -> bytes:
    """ASCII and Latin-1 in lower case; digits become 0, of numbers four at most."""
    out = bytearray()
    i = 0
    while i < len(word):
        b = word[i]
        if 65 <= b <= 90:
            b += 32
        elif 48 <= b <= 57:
            b = 48
        out.append(b)
        if b == 0xC3 and i + 1 < len(word):
            i += 1
            b = word[i]
            out.append(b + 0x20 if 0x80 <= b <= 0x9E and b != 0x97 else b)
        i += 1
    out = bytes(out)
    return b"0000" if len(out) > 4 and out.count(b"0") == len(out) else out


def fnv(data: bytes) -> int:
    h = FNV_START
    for b in data:
        h = ((h ^ b) * FNV_PRIME) & MASK
    return h


FIRST, LAST, PLACE = 1, 2, 4


class Lexicon:
    """Hashes of the words of the lists, the lower 32 bits."""

    def __init__(self, first: set[str], last: set[str], places: set[str]) -> None:
        key = lambda words: sorted({fnv(lowered(w.encode())) & 0xFFFFFFFF for w in words})
        self.first, self.last, self.places = key(first), key(last), key(places)
        self._flags: dict[int, int] = {}
        for hashes, flag in ((self.first, FIRST), (self.last, LAST), (self.places, PLACE)):
            for h in hashes:
                self._flags[h] = self._flags.get(h, 0) | flag

    def flags(self, h: int) -> int:
        return self._flags.get(h & 0xFFFFFFFF, 0)


SLOTS = 30


class Features:
    """Buckets of the features of every word of a text: an array of words × SLOTS."""

    def __init__(self, lexicon: Lexicon, buckets: int) -> None:
        self.lexicon, self.buckets = lexicon, buckets
        self._facts: dict[bytes, tuple[int, ...]] = {}

    def facts(self, word: bytes) -> tuple[int, ...]:
        """Hash, shape, flags, and hashes of prefixes of 1–3 and suffixes of 1–4 bytes."""
        known = self._facts.get(word)
        if known is None:
            low = lowered(word)
            h = fnv(low)
            affixes = [fnv(low[:n]) for n in (1, 2, 3)] + [fnv(low[-n:]) for n in (1, 2, 3, 4)]
            known = self._facts[word] = (h, shape(word), self.lexicon.flags(h), *affixes)
        return known

    def rows(self, data: bytes) -> tuple[np.ndarray, list[tuple[int, int]]]:
        places = split(data)
        n = len(places)
        if n == 0:
            return np.zeros((0, SLOTS), np.int32), places
        facts = np.array([self.facts(data[a:b]) for a, b in places], dtype=np.uint64)
        padded = np.zeros((n + 6, facts.shape[1]), np.uint64)
        padded[:, 0] = FNV_START
        padded[:, 1] = EDGE
        padded[3 : n + 3] = facts
        word, form, flags = padded[:, 0], padded[:, 1], padded[:, 2]
        at = lambda column, offset: column[3 + offset : 3 + offset + n]
        kind = form * np.uint64(8) + flags
        letters = [s for s in facts[:, 1] if s not in (MARK, NUMBER, NEWLINE)]
        case = 1 if letters and all(s == LOWER for s in letters) else 2 if letters and all(s in (CAPITALS, INITIAL) for s in letters) else 0
        u = np.uint64

        def join(*parts: np.ndarray) -> np.ndarray:
            total = parts[0].copy()
            for part in parts[1:]:
                total = mix(total) + part
            return total

        cased = kind + u(128 * case)
        values = [
            at(word, 0), at(word, -1), at(word, 1), at(word, -2), at(word, 2),
            at(form, 0), join(at(form, -1), at(form, 0), at(form, 1)),
            facts[:, 3], facts[:, 4], facts[:, 5], facts[:, 6], facts[:, 7], facts[:, 8], facts[:, 9],
            join(at(word, -1), at(form, 0)), join(at(word, 1), at(form, 0)),
            at(kind, 0), join(at(kind, -1), at(kind, 0)), join(at(kind, 0), at(kind, 1)),
            join(at(kind, -1), at(kind, 0), at(kind, 1)), at(cased, 0),
            join(at(word, -2), at(word, -1)), join(at(word, 1), at(word, 2)),
            join(at(word, -1), at(kind, 0)), join(at(word, 1), at(kind, 0)),
            at(word, -3), at(word, 3),
            join(at(word, -2), at(word, -1), at(form, 0)), join(at(word, -2), at(kind, 0)),
            join(at(word, -1), at(word, 1), at(form, 0)),
        ]  # fmt: skip
        hashes = np.stack([mix(v + u(((slot + 1) * SLOT) & MASK)) for slot, v in enumerate(values)], axis=1)
        return (((hashes >> u(32)) * u(self.buckets)) >> u(32)).astype(np.int32), places


def mix(x: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        x = x ^ (x >> np.uint64(32))
        x = x * np.uint64(MIX)
        x = x ^ (x >> np.uint64(32))
        x = x * np.uint64(MIX)
        return x ^ (x >> np.uint64(32))
