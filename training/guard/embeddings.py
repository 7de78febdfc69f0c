"""Embeddings of texts by Switchyard's own encoder, kept between runs in .cache/guard (a text is known by its hash).

Needs `bench-encoder` and a packed all-MiniLM-L6-v2: `Benchmarks/reading/run.sh` fetches and checks it.
"""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import numpy as np

LONGEST_INPUT = 256
"""Tokens of a text that are read, the two special ones included."""

WIDTH = 384


def key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]


class Embeddings:
    """Vectors of length 1, one a text."""

    def __init__(self, cache: Path, encoder: Path | None, model: Path | None) -> None:
        self._cache, self._encoder, self._model = cache, encoder, model
        self._vectors: dict[str, np.ndarray] = {}
        if cache.exists():
            with np.load(cache) as stored:
                self._vectors = dict(zip(stored["keys"].tolist(), stored["vectors"]))

    def has(self, texts: list[str]) -> bool:
        return all(key(t) in self._vectors for t in texts)

    def of(self, texts: list[str]) -> np.ndarray:
        missing = list({key(t): t for t in texts if key(t) not in self._vectors}.values())
        if missing:
            if not (self._encoder and self._model and self._encoder.exists() and self._model.exists()):
                raise SystemExit(f"{len(missing)} texts have no embedding: name --encoder and --encoder-model")
            self._embed(missing)
        return np.array([self._vectors[key(t)] for t in texts], np.float32).reshape(-1, WIDTH)

    def _embed(self, texts: list[str]) -> None:
        with subprocess.Popen(
            [self._encoder, "serve", self._model], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:

            def ask(line: str) -> str:
                process.stdin.write(line + "\n")
                process.stdin.flush()
                return process.stdout.readline()

            for count, text in enumerate(texts, 1):
                # A token has at least a byte and seldom ten: enough is sent to fill the input.
                data = text.encode("utf-8", "replace")[: 16 * LONGEST_INPUT]
                ids = [t.split(":")[0] for t in ask("text " + data.hex()).split()]
                if ids[:1] == ["101"]:
                    ids = ids[1:]
                if ids[-1:] == ["102"]:
                    ids = ids[:-1]
                ids = ["101", *ids[: LONGEST_INPUT - 2], "102"]
                vector = np.array([float(v) for v in ask("ids " + " ".join(ids)).split()[1:]], np.float32)
                self._vectors[key(text)] = vector / max(float(np.linalg.norm(vector)), 1e-9)
                if count % 1000 == 0:
                    print(f"embedded {count} of {len(texts)} texts", flush=True)
                    self._save()
            process.stdin.close()
        self._save()

    def _save(self) -> None:
        self._cache.parent.mkdir(parents=True, exist_ok=True)
        keys = list(self._vectors)
        np.savez(self._cache, keys=np.array(keys), vectors=np.array([self._vectors[k] for k in keys], np.float16))
