"""The guard's head over the embeddings of a text's windows: logistic regression, joined with the linear scores."""

from __future__ import annotations

import struct
import warnings
import zlib
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from embeddings import Vectors
from guard_model import LABELS, Calibration, Scores

MAGIC = b"SWYGRDHD"
VERSION = 1


def targets(labels: np.ndarray) -> np.ndarray:
    """What each score is trained to tell: risk, jailbreak, harmful_request, toxicity."""
    return np.stack([labels != 0, labels == 1, labels == 2, labels == 3], axis=1)


@dataclass
class Encoder:
    weights: np.ndarray
    """[4, width]"""
    biases: np.ndarray

    def scores(self, vectors: Vectors) -> np.ndarray:
        """Of each text the highest over its windows."""
        return vectors.highest(vectors.values @ self.weights.T + self.biases)


def fit_encoder(vectors: Vectors, labels: np.ndarray, weights: np.ndarray) -> Encoder:
    """Learns from the first window of each text: what makes a text an attack need not be in its others."""
    embeddings = vectors.first()
    rows, biases = [], []
    for target in targets(labels).T:
        if not target.any():
            rows.append(np.zeros(embeddings.shape[1]))
            biases.append(0.0)
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit = LogisticRegression(C=10, max_iter=300).fit(embeddings, target, sample_weight=weights)
        rows.append(fit.coef_[0])
        biases.append(fit.intercept_[0])
    return Encoder(np.array(rows), np.array(biases))


@dataclass
class Head:
    """score = linear weight · linear score + bias + the highest of weights · embedding"""

    linear_weights: np.ndarray
    biases: np.ndarray
    weights: np.ndarray

    def scores(self, linear: Scores, vectors: Vectors) -> Scores:
        w, b, l = (x.astype("<f4").astype(np.float64) for x in (self.weights, self.biases, self.linear_weights))
        return Scores(linear.values * l + b + vectors.highest(vectors.values @ w.T), linear.windows)

    def encode(self, calibration: Calibration) -> bytes:
        body = MAGIC + struct.pack("<II", VERSION, self.weights.shape[1]) + calibration.floats().tobytes()
        for k in range(len(LABELS)):
            body += np.array([self.linear_weights[k], self.biases[k], *self.weights[k]], "<f4").tobytes()
        return body + struct.pack("<I", zlib.crc32(body))


def surer(joined: np.ndarray, alone: np.ndarray) -> np.ndarray:
    """Of two judgements a text the greater risk and the greater P(jailbreak): `guardMaximum` of PromptGuard.swift."""
    riskier = np.where((joined[:, :1] <= alone[:, :1]), joined, alone)
    jailbreak = np.maximum(joined[:, 1], alone[:, 1])
    rest = np.maximum(0, 1 - riskier[:, 0] - jailbreak)
    total = riskier[:, 2] + riskier[:, 3]
    share = np.where(total > 0, riskier[:, 2] / np.where(total > 0, total, 1), 0.5)
    return np.stack([1 - jailbreak - rest, jailbreak, rest * share, rest * (1 - share)], axis=1)


def join(encoder: Encoder, linear: np.ndarray, encoded: np.ndarray, labels: np.ndarray) -> Head:
    """Weighs the two by scores of texts that neither was fitted on."""
    l, b, w = [], [], []
    for k, target in enumerate(targets(labels).T):
        both = np.stack([linear[:, k], encoded[:, k]], axis=1)
        fit = LogisticRegression(C=100, max_iter=1000).fit(both, target)
        l.append(fit.coef_[0, 0])
        b.append(fit.intercept_[0] + fit.coef_[0, 1] * encoder.biases[k])
        w.append(fit.coef_[0, 1] * encoder.weights[k])
    return Head(np.array(l), np.array(b), np.array(w))
