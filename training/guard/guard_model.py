"""Windows, features and the linear model of the guard, on top of the domain model's features and file format."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sparse

sys.path.append(str(Path(__file__).resolve().parent.parent / "domain_linear"))

import features  # noqa: E402
import model  # noqa: E402

import normalizer  # noqa: E402
import patterns  # noqa: E402

LABELS = ["benign", "jailbreak", "harmful_request", "toxicity"]

WINDOW_BYTES = 1024
STEP_BYTES = 768
"""From one window's start to the next: what lies across an edge is whole in one of the two."""

READ_BYTES = 65536
"""Of a longer text than twice this its first and last so many bytes are read."""


def windows(data: bytes, normalizes: bool = True) -> tuple[list[bytes], bool]:
    """What is read of a text: windows of its normalised bytes, then of what its encoded stretches decode to; and whether that
    is another text than the one sent."""
    ends = [data] if len(data) <= 2 * READ_BYTES else [data[:READ_BYTES], data[-READ_BYTES:]]
    parts, decoded = [], b""
    for end in ends:
        text, more = normalizer.normalize(end) if normalizes else (end, b"")
        parts.append(text)
        decoded += more
    if decoded:
        parts.append(decoded)
    out = []
    for part in parts:
        start = 0
        while True:
            out.append(part[start : start + WINDOW_BYTES])
            if start + WINDOW_BYTES >= len(part):
                break
            start += STEP_BYTES
    return out, bool(decoded) or parts != ends


class Extractor(features.Extractor):
    """The domain model's features of one window, and pairs of word classes among the words."""

    uses_patterns = True

    def hashes(self, data: bytes) -> tuple[np.ndarray, np.ndarray]:
        words: list[int] = []
        grams: list[np.ndarray] = []
        previous = 0
        last = [-100] * (len(patterns.CLASSES) + 1)
        for place, (token, kind) in enumerate(features.tokens(data)):
            h = self._word(token)
            words.append(h)
            words.append(features.pair_hash(previous, h))
            previous = h
            if kind == "w":
                grams.append(self._word_grams(token))
                second = patterns.CLASS_OF.get(token)
                if second and self.uses_patterns:
                    for first in range(1, len(last)):
                        if place - last[first] <= patterns.REACH:
                            words.append(features.mix(patterns.pair_code(first, second)))
                    last[second] = place
        return (
            np.array(words, dtype=np.uint64),
            np.concatenate(grams) if grams else np.zeros(0, dtype=np.uint64),
        )


class Windows:
    """The windows of a list of texts: their features, and which text each belongs to."""

    def __init__(
        self, texts: list[bytes], settings: model.Settings, extractor: Extractor, normalizes: bool = True
    ) -> None:
        self.count = len(texts)
        read = [windows(t, normalizes) for t in texts]
        pieces = [p for p, _ in read]
        self.disguised = np.array([d for _, d in read], bool)
        self.text = np.repeat(np.arange(len(texts)), [len(p) for p in pieces])
        self.lengths = np.array([len(p) for p in pieces])
        self.design = model.Design([w for p in pieces for w in p], settings, extractor)

    def select(self, texts: np.ndarray) -> Windows:
        """Those of some of the texts (indices), in that order."""
        out = object.__new__(Windows)
        starts = np.concatenate([[0], np.cumsum(self.lengths)])
        rows = np.concatenate([np.arange(starts[t], starts[t + 1]) for t in texts]) if len(texts) else np.zeros(0, int)
        out.count = len(texts)
        out.lengths, out.disguised = self.lengths[texts], self.disguised[texts]
        out.text = np.repeat(np.arange(len(texts)), out.lengths)
        out.design = object.__new__(model.Design)
        out.design.words, out.design.grams = self.design.words[rows], self.design.grams[rows]
        return out


def fit(design: model.Design, labels: np.ndarray, weights: np.ndarray, settings: model.Settings) -> model.Model:
    """One against the rest; a label that has no text (its family is left out) gets no weights."""
    linear = model.fit(design, labels, weights, settings, "guard-linear-1", LABELS)
    for label in sorted(set(range(len(LABELS))) - set(labels.tolist())):
        linear.weights = tuple(np.insert(w, label, 0, axis=1) for w in linear.weights)
        linear.biases = np.insert(linear.biases, label, -1.0)
    return linear


# Calibration: Sources/Reading/Guard/GuardCalibration.swift computes the same.

ODDS = np.log(np.array([0.05, 0.5, 0.7, 0.9]) / (1 - np.array([0.05, 0.5, 0.7, 0.9])))
RATES = (0.5, 0.05, 0.01, 0.001)
"""False-positive rates at which the knots stand."""

TEMPERATURE = 0.25


@dataclass
class Scores:
    """Of each text: risk, jailbreak, harmful_request, toxicity; the highest over its windows, and how many there are."""

    values: np.ndarray
    windows: np.ndarray

    def select(self, texts: np.ndarray) -> Scores:
        return Scores(self.values[texts], self.windows[texts])


def joined(parts: list[Scores]) -> Scores:
    return Scores(np.concatenate([p.values for p in parts]), np.concatenate([p.windows for p in parts]))


def scores(linear: model.Model, part: Windows) -> Scores:
    by_window = linear.scores(part.design) * np.array([-1.0, 1, 1, 1])
    starts = np.concatenate([[0], np.cumsum(part.lengths)[:-1]])
    return Scores(np.maximum.reduceat(by_window, starts, axis=0), part.lengths.copy())


@dataclass
class Calibration:
    risk_knots: np.ndarray
    risk_penalty: float
    jailbreak_knots: np.ndarray
    jailbreak_penalty: float

    def floats(self) -> np.ndarray:
        return np.array([*self.risk_knots, self.risk_penalty, *self.jailbreak_knots, self.jailbreak_penalty], "<f4")

    def probabilities(self, s: Scores) -> np.ndarray:
        f = self.floats().astype(np.float64)
        breadth = np.log(np.maximum(s.windows, 1))
        jailbreak = self._probability(s.values[:, 1] - f[9] * breadth, f[5:9])
        risk = np.maximum(jailbreak, self._probability(s.values[:, 0] - f[4] * breadth, f[:4]))
        share = 1 / (1 + np.exp((s.values[:, 3] - s.values[:, 2]) / TEMPERATURE))
        rest = risk - jailbreak
        return np.stack([1 - risk, jailbreak, rest * share, rest * (1 - share)], axis=1)

    @staticmethod
    def _probability(x: np.ndarray, knots: np.ndarray) -> np.ndarray:
        segment = (x > knots[1]).astype(int) + (x > knots[2])
        slope = (ODDS[segment + 1] - ODDS[segment]) / (knots[segment + 1] - knots[segment])
        return 1 / (1 + np.exp(-np.clip(ODDS[segment] + slope * (x - knots[segment]), -30, 30)))


def penalties(documents: Scores, benign: Scores) -> np.ndarray:
    """What length gains a benign text, for each score: such that 1 % of long documents reach what 1 % of prompts reach."""
    gain = np.quantile(documents.values, 0.99, axis=0) - np.quantile(benign.values, 0.99, axis=0)
    return np.maximum(0, gain / np.log(np.median(documents.windows)))


def calibrate(benign: Scores, penalty: np.ndarray) -> Calibration:
    """Knots at quantiles of benign prompts that the scoring models had not seen."""
    parts = []
    for column in (0, 1):
        x = benign.values[:, column] - penalty[column] * np.log(np.maximum(benign.windows, 1))
        knots = np.array([np.quantile(x, 1 - rate) for rate in RATES])
        parts += [np.maximum.accumulate(knots + 1e-4 * np.arange(4)), float(penalty[column])]
    return Calibration(*parts)


def encode(linear: model.Model, calibration: Calibration) -> bytes:
    """The domain model's file with the calibration between the labels and the rows."""
    return linear.encode(calibration.floats().tobytes(), WINDOW_BYTES)
