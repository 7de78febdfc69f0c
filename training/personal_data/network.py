"""A network of one hidden layer, rectified, trained by Adam with dropout; seeded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from linear import softmax

RATE, DECAY, BATCH = 2e-3, 1e-4, 512


@dataclass
class Network:
    hidden: np.ndarray
    """Inputs × units."""
    hidden_bias: np.ndarray
    output: np.ndarray
    """Units × labels."""
    output_bias: np.ndarray

    def scores(self, x: np.ndarray) -> np.ndarray:
        return np.maximum(x @ self.hidden + self.hidden_bias, 0) @ self.output + self.output_bias


def fit(
    inputs: Callable[[np.ndarray], np.ndarray],
    y: np.ndarray,
    labels: int,
    units: int,
    epochs: int,
    dropout: float,
    seed: int,
) -> Network:
    """Minimises the mean negative log likelihood. `inputs` makes the rows of examples by their indices. The rate falls as half a
    cosine; a share `dropout` of the units is left out of each step."""
    source = np.random.default_rng(seed)
    width = inputs(np.arange(1)).shape[1]
    values = [
        (source.normal(size=(width, units)) * np.sqrt(1 / width)).astype(np.float32),
        np.zeros(units, np.float32),
        (source.normal(size=(units, labels)) * 0.1).astype(np.float32),
        np.zeros(labels, np.float32),
    ]
    means = [np.zeros_like(v) for v in values]
    squares = [np.zeros_like(v) for v in values]
    steps, step = epochs * (len(y) // BATCH), 0
    for _ in range(epochs):
        order = source.permutation(len(y))
        for start in range(0, len(y) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            x = inputs(chosen)
            sums = x @ values[0] + values[1]
            kept = (source.random(sums.shape, np.float32) > dropout) / np.float32(1 - dropout)
            units_out = np.maximum(sums, 0) * kept
            error = softmax(units_out @ values[2] + values[3])
            error[np.arange(BATCH), y[chosen]] -= 1
            error /= BATCH
            back = (error @ values[2].T) * kept * (sums > 0)
            step += 1
            rate = RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
            for i, slope in enumerate([x.T @ back, back.sum(0), units_out.T @ error, error.sum(0)]):
                means[i] = 0.9 * means[i] + 0.1 * slope
                squares[i] = 0.98 * squares[i] + 0.02 * slope**2
                change = means[i] / (1 - 0.9**step) / (np.sqrt(squares[i] / (1 - 0.98**step)) + 1e-8)
                values[i] -= rate * (change + (DECAY * values[i] if i in (0, 2) else 0))
    return Network(*(v.astype(np.float32) for v in values))
