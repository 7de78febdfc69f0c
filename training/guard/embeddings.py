"""Embeddings of texts by Switchyard's own encoder, a vector a window, kept between runs in .cache/guard (a text is known by its
hash).

Needs `bench-encoder` and a packed all-MiniLM-L6-v2: `Benchmarks/reading/run.sh` fetches and checks it.
"""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

WINDOW = 254
"""Tokens of a window, without the two special ones."""
STRIDE = 190
BUDGET = 8
"""Windows of a text at most: those of Sources/TextEncoder/Pool/WindowPlan.swift."""
TOKENS = 65_536
"""Of a text at most."""

WIDTH = 384


def key(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:24]


def plan(tokens: int) -> list[range]:
    """The windows that the encoder reads of a text."""
    if tokens <= WINDOW:
        return [range(tokens)]
    needed = 1 + -(-(tokens - WINDOW) // STRIDE)
    count = min(needed, BUDGET)
    starts = [
        i * STRIDE if count == needed and i < count - 1 else i * (tokens - WINDOW) // (count - 1) for i in range(count)
    ]
    return [range(s, s + WINDOW) for s in starts]


@dataclass
class Vectors:
    """Of a list of texts the vectors of their windows, of length 1, one text behind the other."""

    values: np.ndarray
    lengths: np.ndarray
    """Windows a text."""

    def first(self) -> np.ndarray:
        """The vector of each text's first window."""
        return self.values[np.cumsum(self.lengths) - self.lengths]

    def select(self, texts: np.ndarray) -> Vectors:
        """Those of some of the texts (indices), in that order."""
        starts = np.cumsum(self.lengths) - self.lengths
        rows = [np.arange(starts[t], starts[t] + self.lengths[t]) for t in texts]
        return Vectors(self.values[np.concatenate(rows) if rows else np.zeros(0, int)], self.lengths[texts])

    def highest(self, scores: np.ndarray) -> np.ndarray:
        """Scores a window, [windows, n], to the highest a text."""
        return np.maximum.reduceat(scores, np.cumsum(self.lengths) - self.lengths, axis=0)


class Embeddings:
    def __init__(self, cache: Path, encoder: Path | None, model: Path | None) -> None:
        self._cache, self._encoder, self._model = cache, encoder, model
        self._vectors: dict[str, np.ndarray] = {}
        if cache.exists():
            with np.load(cache) as stored:
                parts = np.split(stored["vectors"], np.cumsum(stored["lengths"])[:-1])
                self._vectors = dict(zip(stored["keys"].tolist(), parts))

    def has(self, texts: list[bytes]) -> bool:
        return all(key(t) in self._vectors for t in texts)

    def of(self, texts: list[bytes]) -> Vectors:
        missing = list({key(t): t for t in texts if key(t) not in self._vectors}.values())
        if missing:
            if not (self._encoder and self._model and self._encoder.exists() and self._model.exists()):
                raise SystemExit(f"{len(missing)} texts have no embedding: name --encoder and --encoder-model")
            self._embed(missing)
        found = [self._vectors[key(t)] for t in texts]
        values = np.concatenate(found).astype(np.float32) if found else np.zeros((0, WIDTH), np.float32)
        return Vectors(values, np.array([len(f) for f in found], int))

    def _embed(self, texts: list[bytes]) -> None:
        with subprocess.Popen(
            [self._encoder, "serve", self._model], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:

            def ask(line: str) -> str:
                process.stdin.write(line + "\n")
                process.stdin.flush()
                return process.stdout.readline()

            for count, text in enumerate(texts, 1):
                ids = [t.split(":")[0] for t in ask("text " + text.hex()).split()]
                if ids[:1] == ["101"]:
                    ids = ids[1:]
                if ids[-1:] == ["102"]:
                    ids = ids[:-1]
                ids = ids[:TOKENS]
                rows = []
                for window in plan(len(ids)):
                    line = "ids " + " ".join(["101", *ids[window.start : window.stop], "102"])
                    vector = np.array([float(v) for v in ask(line).split()[1:]], np.float32)
                    rows.append(vector / max(float(np.linalg.norm(vector)), 1e-9))
                self._vectors[key(text)] = np.array(rows, np.float16)
                if count % 1000 == 0:
                    print(f"embedded {count} of {len(texts)} texts", flush=True)
                    self._save()
            process.stdin.close()
        self._save()

    def _save(self) -> None:
        self._cache.parent.mkdir(parents=True, exist_ok=True)
        found = list(self._vectors.values())
        np.savez(
            self._cache, keys=np.array(list(self._vectors)), lengths=np.array([len(f) for f in found]),
            vectors=np.concatenate(found),
        )  # fmt: skip
