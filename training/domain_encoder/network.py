"""A small network over the encoder's vectors: one hidden layer, rectified; labels and *none* come out.

It learns what to add to evidence that is there before it, so that the sum is right.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

UNITS, EPOCHS, BATCH, RATE, DECAY = 256, 8, 256, 2e-3, 1e-3
INPUT_DROPOUT, UNIT_DROPOUT, SMOOTHING = 0.2, 0.5, 0.05


@dataclass
class Network:
    """Weights for inputs as they are, as the file has them: rows of the hidden layer are bytes with a scale."""

    bias: np.ndarray
    scales: np.ndarray
    rows: np.ndarray
    """int8, [unit, input]"""
    output_bias: np.ndarray
    output: np.ndarray
    """[label, unit]"""

    def scores(self, x: np.ndarray) -> np.ndarray:
        hidden = np.maximum(x @ (self.rows.astype(np.float32) * self.scales[:, None]).T + self.bias, 0)
        return hidden @ self.output.T + self.output_bias

    def encode(self, factor: float) -> bytes:
        """The file's part of it; the factor goes into the output."""
        table = np.concatenate([self.output_bias[:, None], self.output], axis=1) * np.float32(factor)
        return (
            self.bias.astype("<f4").tobytes() + self.scales.astype("<f4").tobytes() + self.rows.tobytes()
            + table.astype("<f4").tobytes()
        )  # fmt: skip


def loss(p, x, before, labels, weights, key):
    inputs, units = jax.random.split(key)
    x = x * jax.random.bernoulli(inputs, 1 - INPUT_DROPOUT, x.shape) / (1 - INPUT_DROPOUT)
    hidden = jax.nn.relu(x @ p["a"] + p["b"])
    hidden = hidden * jax.random.bernoulli(units, 1 - UNIT_DROPOUT, hidden.shape) / (1 - UNIT_DROPOUT)
    count = len(p["d"])
    target = jax.nn.one_hot(labels, count) * (1 - SMOOTHING) + SMOOTHING / count
    return -(weights * (target * jax.nn.log_softmax(before + hidden @ p["c"] + p["d"])).sum(1)).mean()


@jax.jit
def step(p, m, v, time, rate, x, before, labels, weights, key):
    """A step of Adam; compiled once for all networks of a shape."""
    slopes = jax.grad(loss)(p, x, before, labels, weights, key)
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, slopes)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, slopes)
    move = lambda p, m, v: p - rate * (m / (1 - 0.9**time) / (jnp.sqrt(v / (1 - 0.999**time)) + 1e-8) + DECAY * p)
    return jax.tree.map(move, p, m, v), m, v


def fit(x: np.ndarray, before: np.ndarray, labels: np.ndarray, weights: np.ndarray, seed: int) -> Network:
    """Trained by Adam with a falling rate. `before` is the evidence that it adds to: a column a label, *none* the last of them."""
    mean, spread = x.mean(axis=0), x.std(axis=0)
    # A column that hardly varies would have weights so large that the bytes of its row had no steps left for the others.
    spread = np.maximum(spread, 0.3 * np.median(spread))
    x = ((x - mean) / spread).astype(np.float32)
    key = jax.random.PRNGKey(seed)
    key, first, second = jax.random.split(key, 3)
    p = {
        "a": jax.random.normal(first, (x.shape[1], UNITS)) / np.sqrt(x.shape[1]), "b": jnp.zeros(UNITS),
        "c": jax.random.normal(second, (UNITS, before.shape[1])) * 0.05, "d": jnp.zeros(before.shape[1]),
    }  # fmt: skip

    m = v = jax.tree.map(jnp.zeros_like, p)
    order, time, steps = np.random.default_rng(seed), 0, EPOCHS * (len(x) // BATCH)
    for _ in range(EPOCHS):
        places = order.permutation(len(x))
        for start in range(0, len(x) - BATCH + 1, BATCH):
            time, chosen = time + 1, places[start : start + BATCH]
            key, own = jax.random.split(key)
            rate = RATE * (0.5 + 0.5 * np.cos(np.pi * time / steps))
            p, m, v = step(p, m, v, float(time), rate, x[chosen], before[chosen], labels[chosen], weights[chosen], own)
    rows = (np.asarray(p["a"]) / spread[:, None]).T
    bias = np.asarray(p["b"]) - rows @ mean
    scales = np.abs(rows).max(axis=1) / 127
    quantised = np.clip(np.rint(rows / scales[:, None]), -127, 127).astype(np.int8)
    return Network(
        bias.astype(np.float32), scales.astype(np.float32), quantised,
        np.asarray(p["d"]), np.asarray(p["c"]).T,
    )  # fmt: skip
