"""The quantised linear model: fitting, scoring exactly as the Swift reader scores, and the file format."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.optimize import minimize
from sklearn.svm import LinearSVC

import features

MAGIC = b"SWYDOMLN"
VERSION = 1
ROW_BYTES = 16
ALIGNMENT = 64
FIXED_HEADER = struct.Struct("<8sIIIIIBBHIffffff")


@dataclass
class Settings:
    word_buckets: int = 60_000
    gram_buckets: int = 60_000
    shortest_gram: int = 3
    longest_gram: int = 5
    word_gain: float = 1.4
    gram_gain: float = 1.0
    regularisation: float = 0.6
    topic_weight: float = 0.5


class Design:
    """Binary feature matrices of a list of texts: one for words and pairs, one for character n-grams."""

    def __init__(self, texts: list[str | bytes], settings: Settings, extractor: features.Extractor) -> None:
        columns = [extractor.buckets(t, settings.word_buckets, settings.gram_buckets) for t in texts]
        self.words = self._matrix([c[0] for c in columns], settings.word_buckets)
        self.grams = self._matrix([c[1] for c in columns], settings.gram_buckets)

    @staticmethod
    def _matrix(rows: list[np.ndarray], width: int) -> sparse.csr_matrix:
        pointers = np.concatenate([[0], np.cumsum([len(r) for r in rows])])
        indices = np.concatenate(rows) if rows else np.zeros(0, np.int32)
        return sparse.csr_matrix((np.ones(len(indices)), indices, pointers), shape=(len(rows), width))


def rarity_codes(matrix: sparse.csr_matrix) -> np.ndarray:
    """Inverse document frequency, log((1 + n) / (1 + df)) + 1, in sixteenths, as one byte."""
    n = matrix.shape[0]
    df = np.asarray(matrix.sum(axis=0)).ravel()
    return np.clip(np.rint(16 * (np.log((1 + n) / (1 + df)) + 1)), 1, 255).astype(np.uint8)


@dataclass
class Model:
    name: str
    labels: list[str]
    settings: Settings
    codes: tuple[np.ndarray, np.ndarray]
    weights: tuple[np.ndarray, np.ndarray]
    """int8, [buckets, labels]: coefficient times rarity code, divided by the block's scale."""
    scales: tuple[float, float]
    biases: np.ndarray
    temperature: tuple[float, float] = (1.0, 0.0)
    """(t, e): a text with n distinct words and pairs has its scores divided by t * (1 + n)^e before the softmax."""

    def gains(self) -> tuple[float, float]:
        return float(np.float32(self.settings.word_gain)), float(np.float32(self.settings.gram_gain))

    def scores(self, design: Design) -> np.ndarray:
        """bias + sum over blocks of gain / (total * norm) * scale * (integer sum of weights)."""
        total = np.zeros(design.words.shape[0])
        parts = []
        for matrix, codes, weights, scale, gain in zip(
            (design.words, design.grams), self.codes, self.weights, self.scales, self.gains()
        ):
            squares = np.asarray(matrix @ (codes.astype(np.float64) ** 2)).ravel()
            present = squares > 0
            total += np.where(present, gain * gain, 0)
            norm = np.sqrt(np.where(present, squares, 1))
            parts.append((matrix @ weights.astype(np.float64)) * (gain * scale / norm)[:, None])
        return self.biases + sum(parts) / np.sqrt(np.where(total > 0, total, 1))[:, None]

    def probabilities(self, design: Design) -> np.ndarray:
        return softmax(self.scores(design) / temperatures(self.temperature, lengths(design))[:, None])

    def encode(self) -> bytes:
        strings = b"".join(bytes([len(s.encode())]) + s.encode() for s in [self.name, *self.labels])
        biases = np.asarray(self.biases, "<f4").tobytes()
        start = FIXED_HEADER.size + len(biases) + len(strings)
        rows_offset = -(-start // ALIGNMENT) * ALIGNMENT
        s = self.settings
        header = FIXED_HEADER.pack(
            MAGIC, VERSION, rows_offset, len(self.labels), s.word_buckets, s.gram_buckets,
            s.shortest_gram, s.longest_gram, features.LONGEST_WORD, features.WINDOW_BYTES,
            s.word_gain, s.gram_gain, self.scales[0], self.scales[1], *self.temperature,
        )  # fmt: skip
        head = (header + biases + strings).ljust(rows_offset, b"\0")
        rows = np.zeros((s.word_buckets + s.gram_buckets, ROW_BYTES), np.uint8)
        rows[:, : len(self.labels)] = np.concatenate(self.weights).view(np.uint8)
        rows[:, ROW_BYTES - 2] = np.concatenate(self.codes)
        body = head + rows.tobytes()
        return body + struct.pack("<I", zlib.crc32(body))


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def fit(design: Design, labels: np.ndarray, weights: np.ndarray, settings: Settings, name: str, names: list[str]) -> Model:
    """One-against-the-rest linear support vector machine with squared hinge loss, then quantised."""
    codes = (rarity_codes(design.words), rarity_codes(design.grams))
    blocks, norms = [], []
    for matrix, code, gain in zip((design.words, design.grams), codes, (settings.word_gain, settings.gram_gain)):
        weighted = (matrix @ sparse.diags(code.astype(np.float64))).tocsr()
        norm = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        blocks.append(sparse.diags(gain / np.where(norm > 0, norm, 1)) @ weighted)
        norms.append(np.where(norm > 0, gain * gain, 0))
    total = np.sqrt(sum(norms))
    matrix = (sparse.diags(1 / np.where(total > 0, total, 1)) @ sparse.hstack(blocks)).tocsr()
    svm = LinearSVC(C=settings.regularisation, dual=True, tol=1e-4, max_iter=1000, random_state=0)
    svm.fit(matrix, labels, sample_weight=weights)
    split = settings.word_buckets
    quantised, scales = [], []
    for part, code in zip((svm.coef_[:, :split].T, svm.coef_[:, split:].T), codes):
        folded = part * code[:, None].astype(np.float64)
        # The largest folded weights are few: clipping one value in 20 000 leaves the other steps finer.
        scale = float(np.float32(np.quantile(np.abs(folded[folded != 0]), 1 - 1 / 20_000) / 127))
        quantised.append(np.clip(np.rint(folded / scale), -127, 127).astype(np.int8))
        scales.append(scale)
    biases = svm.intercept_.astype(np.float32).astype(np.float64)
    return Model(name, names, settings, codes, tuple(quantised), tuple(scales), biases)


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def fit(design: Design, labels: np.ndarray, weights: np.ndarray, settings: Settings, name: str, names: list[str]) -> Model:
    """One-against-the-rest linear support vector machine with squared hinge loss, then quantised."""
    codes = (rarity_codes(design.words), rarity_codes(design.grams))
    blocks, norms = [], []
    for matrix, code, gain in zip((design.words, design.grams), codes, (settings.word_gain, settings.gram_gain)):
        weighted = (matrix @ sparse.diags(code.astype(np.float64))).tocsr()
        norm = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        blocks.append(sparse.diags(gain / np.where(norm > 0, norm, 1)) @ weighted)
        norms.append(np.where(norm > 0, gain * gain, 0))
    total = np.sqrt(sum(norms))
    matrix = (sparse.diags(1 / np.where(total > 0, total, 1)) @ sparse.hstack(blocks)).tocsr()
    svm = LinearSVC(C=settings.regularisation, dual=True, tol=1e-4, max_iter=1000, random_state=0)
    svm.fit(matrix, labels, sample_weight=weights)
    split = settings.word_buckets
    quantised, scales = [], []
    for part, code in zip((svm.coef_[:, :split].T, svm.coef_[:, split:].T), codes):
        folded = part * code[:, None].astype(np.float64)
        # The largest folded weights are few: clipping one value in 20 000 leaves the other steps finer.
        scale = float(np.float32(np.quantile(np.abs(folded[folded != 0]), 1 - 1 / 20_000) / 127))
        quantised.append(np.clip(np.rint(folded / scale), -127, 127).astype(np.int8))
        scales.append(scale)
    biases = svm.intercept_.astype(np.float32).astype(np.float64)
    model = Model(name, names, settings, codes, tuple(quantised), tuple(scales), biases)
    model.unquantised = lambda d, svm=svm: _unquantised(d, svm, codes, settings)
    return model


def _unquantised(design: Design, svm: LinearSVC, codes: tuple, settings: Settings) -> np.ndarray:
    exact = Model(
        "", [], settings, codes,
        tuple(p * c[:, None] for p, c in zip(
            (svm.coef_[:, : settings.word_buckets].T, svm.coef_[:, settings.word_buckets :].T), codes)),
        (1.0, 1.0), svm.intercept_,
    )  # fmt: skip
    return exact.scores(design)


def lengths(design: Design) -> np.ndarray:
    return np.asarray(design.words.sum(axis=1)).ravel()


def temperatures(temperature: tuple[float, float], n: np.ndarray) -> np.ndarray:
    return temperature[0] * (1 + n) ** temperature[1]


def fit_temperature(scores: np.ndarray, n: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """The temperature and its exponent of length with the least weighted negative log likelihood."""

    def loss(x: np.ndarray) -> float:
        z = scores / temperatures((np.exp(x[0]), x[1]), n)[:, None]
        z = z - z.max(axis=1, keepdims=True)
        log_p = z[np.arange(len(labels)), labels] - np.log(np.exp(z).sum(axis=1))
        return float(-(weights * log_p).sum() / weights.sum())

    x = minimize(loss, [-1.6, 0.0], method="Nelder-Mead").x
    return float(np.float32(np.exp(x[0]))), float(np.float32(x[1]))
