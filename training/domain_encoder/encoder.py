"""all-MiniLM-L6-v2 in single precision from its original weights: a text's vector, and mean and maximum of a layer's tokens."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from tokenizers import Tokenizer

LAYER, WIDTH, HEADS, LONGEST = 4, 384, 12, 128
"""The layer whose tokens are pooled; the longest input, special tokens included."""
LENGTHS = (12, 16, 24, 32, 40, 48, 64, 80, 96, 112, 128)


def weights(path: Path) -> dict[str, np.ndarray]:
    raw = np.memmap(path, np.uint8, "r")
    length = int.from_bytes(bytes(raw[:8]), "little")
    fields = json.loads(bytes(raw[8 : 8 + length]))
    return {
        name: np.frombuffer(bytes(raw[8 + length + f["data_offsets"][0] : 8 + length + f["data_offsets"][1]]), np.float32)
        .reshape(f["shape"])
        for name, f in fields.items()
        if name != "__metadata__" and f["dtype"] == "F32"
    }  # fmt: skip


def norm(x, name: str, w: dict):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / jnp.sqrt(variance + 1e-12) * w[name + ".weight"] + w[name + ".bias"]


def layer(x, mask, index: int, w: dict):
    prefix = f"encoder.layer.{index}."
    batch, tokens, width = x.shape

    def linear(x, name: str):
        return x @ w[prefix + name + ".weight"].T + w[prefix + name + ".bias"]

    def heads(x):
        return x.reshape(batch, tokens, HEADS, width // HEADS).transpose(0, 2, 1, 3)

    q, k, v = (heads(linear(x, f"attention.self.{name}")) for name in ("query", "key", "value"))
    scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(width // HEADS) + (mask[:, None, None, :] - 1) * 1e9
    context = (jax.nn.softmax(scores, -1) @ v).transpose(0, 2, 1, 3).reshape(batch, tokens, width)
    x = norm(x + linear(context, "attention.output.dense"), prefix + "attention.output.LayerNorm", w)
    inner = jax.nn.gelu(linear(x, "intermediate.dense"), approximate=False)
    return norm(x + linear(inner, "output.dense"), prefix + "output.LayerNorm", w)


@jax.jit
def forward(w: dict, ids, mask):
    """The vectors of the pooled layer and of the last."""
    x = (
        w["embeddings.word_embeddings.weight"][ids]
        + w["embeddings.position_embeddings.weight"][None, : ids.shape[1]]
        + w["embeddings.token_type_embeddings.weight"][0]
    )
    x = norm(x, "embeddings.LayerNorm", w)
    kept = x
    for index in range(6):
        x = layer(x, mask, index, w)
        if index + 1 == LAYER:
            kept = x
    return kept, x


def pooled(tokens: np.ndarray, last: np.ndarray) -> np.ndarray:
    """[text's vector, mean, maximum], each divided by its length; mean and maximum leave special tokens out."""
    inner = tokens[1:-1] if len(tokens) > 2 else tokens
    rows = np.stack([last.mean(0), inner.mean(0), inner.max(0)]).astype(np.float32)
    return (rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9)).reshape(-1)


def inputs(folder: Path, texts: list[str], cache: Path) -> np.ndarray:
    """A row a text. What was read before is taken from the cache."""
    digests = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts]
    known: dict[str, np.ndarray] = {}
    if cache.exists():
        with np.load(cache) as file:
            known = dict(zip(file["digests"].tolist(), file["rows"]))
    missing = sorted({d: t for d, t in zip(digests, texts) if d not in known}.items())
    if missing:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(LONGEST)
        encoded = [e.ids for e in tokenizer.encode_batch([" ".join(t.splitlines()) for _, t in missing])]
        w = {name: jnp.asarray(value) for name, value in weights(folder / "model.safetensors").items()}
        order, start = sorted(range(len(missing)), key=lambda i: len(encoded[i])), 0
        while start < len(order):
            length = next(n for n in LENGTHS if n >= len(encoded[order[start]]))
            size = 3072 // length
            batch = [i for i in order[start : start + size] if len(encoded[i]) <= length]
            start += len(batch)
            ids, mask = np.zeros((size, length), np.int32), np.zeros((size, length), np.float32)
            for row, i in enumerate(batch):
                ids[row, : len(encoded[i])], mask[row, : len(encoded[i])] = encoded[i], 1
            tokens, last = (np.asarray(v) for v in forward(w, ids, mask))
            for row, i in enumerate(batch):
                known[missing[i][0]] = pooled(tokens[row, : len(encoded[i])], last[row, : len(encoded[i])])
            print(f"read {start} of {len(order)} texts", flush=True)
        cache.parent.mkdir(parents=True, exist_ok=True)
        np.savez(cache, digests=np.array(list(known)), rows=np.stack(list(known.values())).astype(np.float16))
    return np.stack([known[d] for d in digests]).astype(np.float32)
