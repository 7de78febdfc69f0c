"""The texts that are kept in the head's file: the nearer they are to a text, the more they say for their labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corpus import Text

DIRECTIONS, NEARNESS, SPREAD = 64, 0.4, 0.025
WEIGHT = 0.3
"""Of their evidence in the training of the networks."""


def coded(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(bytes, scale a row)."""
    scales = np.abs(rows).max(axis=1) / 127
    return np.clip(np.rint(rows / scales[:, None]), -127, 127).astype(np.int8), scales.astype(np.float32)


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9)


@dataclass
class Neighbours:
    bias: np.ndarray
    scales: np.ndarray
    rows: np.ndarray
    """The projection, int8, [direction, input]."""
    labels: np.ndarray
    groups: list[str]
    codes: np.ndarray
    """int8, [neighbour, direction]; a neighbour's vector is the direction of its bytes."""

    def evidence(self, x: np.ndarray, labels: int, groups: list[str] | None = None) -> np.ndarray:
        """ln(1 + Σ e^((cosine - nearness) / spread)) over each label's neighbours. With the texts' groups, neighbours of a text's own
        group are left out: for texts that are neighbours themselves."""
        known = unit(self.codes.astype(np.float32))
        owners = np.eye(labels, dtype=np.float32)[self.labels]
        numbers = {group: number for number, group in enumerate(dict.fromkeys(self.groups))}
        own = np.array([numbers[group] for group in self.groups])
        out = np.zeros((len(x), labels), np.float32)
        for start in range(0, len(x), 500):
            part = slice(start, start + 500)
            query = unit(x[part] @ (self.rows.astype(np.float32) * self.scales[:, None]).T + self.bias)
            near = np.exp((query @ known.T - NEARNESS) / np.float32(SPREAD))
            if groups is not None:
                near[np.array([numbers.get(group, -1) for group in groups[part]])[:, None] == own] = 0
            out[part] = np.log1p(near @ owners)
        return out

    def encode(self) -> bytes:
        """The file's part of it, behind the networks."""
        return (
            self.bias.astype("<f4").tobytes() + self.scales.astype("<f4").tobytes() + self.rows.tobytes()
            + self.labels.astype(np.uint8).tobytes() + self.codes.tobytes()
        )  # fmt: skip


def make(items: list[Text], item_rows: np.ndarray, prompts: list[Text], prompt_rows: np.ndarray, seed: int) -> Neighbours:
    """All items and one prompt a group, on the directions in which both vary most."""
    rows = np.concatenate([item_rows, prompt_rows]).astype(np.float64)
    mean = rows.mean(axis=0)
    _, directions = np.linalg.eigh(np.cov((rows - mean).T))
    projection, scales = coded(directions[:, ::-1][:, :DIRECTIONS].T)
    exact = projection.astype(np.float32) * scales[:, None]
    bias = (-exact.astype(np.float64) @ mean).astype(np.float32)
    one: dict[str, int] = {}
    for place in np.random.default_rng(seed).permutation(len(prompts)):
        one.setdefault(prompts[place].group, int(place))
    chosen = sorted(one.values())
    texts = items + [prompts[i] for i in chosen]
    kept = np.concatenate([item_rows, prompt_rows[chosen]])
    return Neighbours(
        bias, scales, projection, np.array([t.label for t in texts]), [t.group for t in texts],
        coded(kept @ exact.T + bias)[0],
    )  # fmt: skip
