"""From scores to probabilities: the same as Sources/Reading/Domain/DomainCalibration.swift, and how its six numbers are fitted.

The squared hinge loss of a label is least at a score of 2p - 1, so the evidence of a label is a power of the smooth positive part
of 1 + score. Doubt q, the chance that a text is about no domain, pulls all probabilities towards each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize


@dataclass
class Calibration:
    values: tuple[float, ...]
    """power, sharpness, and for doubt the weights of the linear *none*, of the head's, of the best score, and a constant."""

    def strength(self, scores: np.ndarray) -> np.ndarray:
        """The linear scores' evidence for each label."""
        power, sharpness = self.values[:2]
        steep = np.clip(sharpness * (1 + scores), -20, 700)
        return power * np.log(np.log1p(np.exp(np.minimum(steep, 30))) + np.maximum(steep - 30, 0))

    def probabilities(
        self, scores: np.ndarray, none: np.ndarray, added: np.ndarray | float = 0.0, head_none: np.ndarray | float = 0.0
    ) -> np.ndarray:
        of_none, of_head, of_best, constant = self.values[2:]
        evidence = self.strength(scores) + added
        e = np.exp(evidence - evidence.max(axis=1, keepdims=True))
        odds = of_none * none + of_head * head_none + of_best * scores.max(axis=1) + constant
        doubt = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))[:, None]
        return e / e.sum(axis=1, keepdims=True) * (1 - doubt) + doubt / scores.shape[1]


@dataclass
class Sample:
    """Texts that the scores' model has not seen, with the weight that they have together."""

    scores: np.ndarray
    none: np.ndarray
    labels: np.ndarray | None
    """None: they are about no domain, and all labels shall be equally likely."""
    weight: float
    added: np.ndarray | float = 0.0
    """A head's share, before the factor that is fitted with the rest."""
    head_none: np.ndarray | float = 0.0


def fit(samples: list[Sample]) -> tuple[Calibration, float]:
    """The calibration with the least negative log likelihood, and the factor of the head's share (1 without a head)."""
    has_head = any(not np.isscalar(s.added) for s in samples)

    def unpack(x: np.ndarray) -> tuple[Calibration, float]:
        values = (np.exp(x[0]), np.exp(x[1]), x[2], x[3] if has_head else 0.0, x[4], x[5])
        return Calibration(tuple(float(np.float32(v)) for v in values)), float(np.exp(x[6])) if has_head else 1.0

    def loss(x: np.ndarray) -> float:
        values = (np.exp(x[0]), np.exp(x[1]), x[2], x[3] if has_head else 0.0, x[4], x[5])
        calibration, factor = Calibration(values), np.exp(x[6]) if has_head else 1.0
        total = 1e-4 * float((x[2:5] ** 2).sum())
        for s in samples:
            p = np.log(calibration.probabilities(s.scores, s.none, factor * s.added, s.head_none) + 1e-12)
            total -= s.weight * float(p.mean() if s.labels is None else p[np.arange(len(s.labels)), s.labels].mean())
        return total

    start = np.array([1.1, 1.2, 5.0, 0.3 if has_head else 0.0, 0.0, 3.0, -0.5])
    return unpack(minimize(loss, start, method="L-BFGS-B").x)


def expected_error(probabilities: np.ndarray, labels: np.ndarray, bins: int = 15) -> float:
    """The expected calibration error: over equal bins of confidence, the mean distance to the share that is right."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return float(
        sum((place == b).mean() * abs(confidence[place == b].mean() - right[place == b].mean()) for b in set(place))
    )
