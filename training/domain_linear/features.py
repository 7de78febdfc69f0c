"""The hashed features of the linear domain model.

This file is the reference; README.md states the same in words and the Swift reader recomputes it byte for byte. A
text is read as bytes of UTF-8. Everything is integer arithmetic modulo 2^64, so both sides agree exactly.
"""

from __future__ import annotations

import numpy as np

MASK = (1 << 64) - 1
MIX_MULTIPLIER = 0xD6E8FEB86659FD93
PAIR_MULTIPLIER = 0x9E3779B97F4A7C15
LENGTH_MULTIPLIER = 0xC2B2AE3D27D4EB4F

WINDOW_BYTES = 2048
"""A text longer than twice this is read as its first and its last window."""

LONGEST_WORD = 32
"""A word is cut into pieces of at most this many bytes."""


def mix(x: int) -> int:
    """Mulxorshift finaliser: every input bit reaches every output bit."""
    x ^= x >> 32
    x = (x * MIX_MULTIPLIER) & MASK
    x ^= x >> 32
    x = (x * MIX_MULTIPLIER) & MASK
    return x ^ (x >> 32)


def word_hash(word: bytes) -> int:
    h = (len(word) * LENGTH_MULTIPLIER) & MASK
    for i in range(0, len(word), 8):
        h = mix(h ^ int.from_bytes(word[i : i + 8], "little"))
    return h


def pair_hash(previous: int, current: int) -> int:
    return mix((previous * PAIR_MULTIPLIER + current) & MASK)


def gram_hash(gram: bytes) -> int:
    return mix(int.from_bytes(gram, "little") ^ ((len(gram) * LENGTH_MULTIPLIER) & MASK))


def bucket(h: int, buckets: int) -> int:
    return ((h >> 32) * buckets) >> 32


def windows(data: bytes) -> list[bytes]:
    if len(data) <= 2 * WINDOW_BYTES:
        return [data]
    return [data[:WINDOW_BYTES], data[-WINDOW_BYTES:]]


def _number(token: bytes) -> bytes:
    """Digits lose their value, years keep their century: 1914 -> 1900, 36 -> 00."""
    if len(token) == 4 and token[:1] in b"12":
        return token[:2] + b"00"
    return b"0" * len(token)


def tokens(segment: bytes) -> list[tuple[bytes, str]]:
    """(token, kind) with kind 'w' word, 'n' number, 'p' punctuation."""
    out: list[tuple[bytes, str]] = []
    word = bytearray()
    n = len(segment)

    def flush() -> None:
        if word:
            token = bytes(word)
            if all(48 <= b <= 57 for b in token):
                out.append((_number(token), "n"))
            else:
                out.append((token, "w"))
            word.clear()

    i = 0
    while i < n:
        b = segment[i]
        if 65 <= b <= 90:
            b += 32
        if 97 <= b <= 122 or 48 <= b <= 57:
            word.append(b)
        elif b >= 0x80:
            if b == 0xE2 and i + 2 < n and segment[i + 1] == 0x80:
                # General punctuation: curly apostrophes vanish as the straight one does, the rest separates.
                if segment[i + 2] not in (0x98, 0x99):
                    flush()
                i += 3
                continue
            if b == 0xC3 and i + 1 < n and 0x80 <= segment[i + 1] <= 0x9E and segment[i + 1] != 0x97:
                word.append(0xC3)
                if len(word) == LONGEST_WORD:
                    flush()
                b = segment[i + 1] + 0x20
                i += 1
            word.append(b)
        elif b == 0x27:
            pass
        else:
            flush()
            if b > 32 and b != 127:
                out.append((bytes([b]), "p"))
        if len(word) == LONGEST_WORD:
            flush()
        i += 1
    flush()
    return out


class Extractor:
    """Maps texts to the set of feature hashes; words are memoised since few are new."""

    def __init__(self, shortest_gram: int = 3, longest_gram: int = 5) -> None:
        self.shortest, self.longest = shortest_gram, longest_gram
        self._words: dict[bytes, int] = {}
        self._grams: dict[bytes, np.ndarray] = {}

    def _word(self, token: bytes) -> int:
        h = self._words.get(token)
        if h is None:
            h = self._words[token] = word_hash(token)
        return h

    def _word_grams(self, token: bytes) -> np.ndarray:
        grams = self._grams.get(token)
        if grams is None:
            padded = b"\x02" + token + b"\x03"
            grams = np.array(
                [
                    gram_hash(padded[i : i + n])
                    for n in range(self.shortest, self.longest + 1)
                    for i in range(len(padded) - n + 1)
                ],
                dtype=np.uint64,
            )
            self._grams[token] = grams
        return grams

    def hashes(self, text: str | bytes) -> tuple[np.ndarray, np.ndarray]:
        """(hashes of words and word pairs, hashes of character n-grams), with repetitions."""
        data = text.encode("utf-8") if isinstance(text, str) else text
        words: list[int] = []
        grams: list[np.ndarray] = []
        for segment in windows(data):
            previous = 0
            for token, kind in tokens(segment):
                h = self._word(token)
                words.append(h)
                words.append(pair_hash(previous, h))
                previous = h
                if kind == "w":
                    grams.append(self._word_grams(token))
        return (
            np.array(words, dtype=np.uint64),
            np.concatenate(grams) if grams else np.zeros(0, dtype=np.uint64),
        )

    def buckets(self, text: str | bytes, word_buckets: int, gram_buckets: int) -> tuple[np.ndarray, np.ndarray]:
        """Sorted distinct buckets of words and pairs in [0, word_buckets), of n-grams in [0, gram_buckets)."""
        words, grams = self.hashes(text)
        reduce = lambda h, n: np.unique(((h >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32)).astype(np.int32)
        return reduce(words, word_buckets), reduce(grams, gram_buckets)
