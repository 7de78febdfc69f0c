"""Vectors of words from the encoder's fourth layer, by Switchyard's own encoder: `bench-encoder serve MODEL.packed`."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import numpy as np

LAYER = 4
WIDTH = 384
LONGEST = 254
"""Tokens of a text that are read, without the two special ones."""


class Encoder:
    def __init__(self, program: str, model: str) -> None:
        self.process = subprocess.Popen(
            [program, "serve", model], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1 << 20
        )

    def _ask(self, lines: list[str]) -> Iterator[str]:
        self.process.stdin.write("".join(line + "\n" for line in lines))
        self.process.stdin.flush()
        for _ in lines:
            yield self.process.stdout.readline()

    def tokens(self, data: bytes) -> tuple[np.ndarray, list[tuple[int, int]]]:
        """A vector a token and the tokens' bytes."""
        (line,) = self._ask(["text " + data.hex()])
        tokens = [tuple(map(int, t.split(":"))) for t in line.split()][:LONGEST]
        if not tokens:
            return np.zeros((0, WIDTH), np.float32), []
        (line,) = self._ask([f"capture {LAYER} 101 {' '.join(str(t[0]) for t in tokens)} 102"])
        values = np.fromstring(line.split(" ", 1)[1], np.float32, sep=" ").reshape(-1, WIDTH)
        return values[1:-1], [(start, end) for _, start, end in tokens]

    def words(self, data: bytes, places: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
        """The mean vector of the tokens that touch each word, and which words have one."""
        vectors, tokens = self.tokens(data)
        sums = np.zeros((len(places), WIDTH), np.float32)
        counts = np.zeros(len(places), np.float32)
        first = 0
        for vector, (start, end) in zip(vectors, tokens):
            while first < len(places) and places[first][1] <= start:
                first += 1
            word = first
            while word < len(places) and places[word][0] < end:
                sums[word] += vector
                counts[word] += 1
                word += 1
        return sums / np.maximum(counts, 1)[:, None], counts > 0
