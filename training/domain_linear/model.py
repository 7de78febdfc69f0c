"""The quantised linear model: fitting, scoring exactly as the Swift reader scores, and the file format."""

from __future__ import annotations

import copy
import struct
import zlib
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from sklearn.svm import LinearSVC

import calibration
import features

MAGIC = b"SWYDOMLN"
VERSION = 1
ROW_BYTES = 16
SHORT_ROWS = 2
"""Version of a file whose rows have a byte a label and the rarity, and no weight of *none*."""
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
    none_weight: float = 3.0


class Design:
    """Binary feature matrices of a list of texts: one for words and pairs, one for character n-grams."""

    def __init__(self, texts: list[str | bytes], settings: Settings, extractor: features.Extractor) -> None:
        columns = [extractor.buckets(t, settings.word_buckets, settings.gram_buckets) for t in texts]
        self.words = self._matrix([c[0] for c in columns], settings.word_buckets)
        self.grams = self._matrix([c[1] for c in columns], settings.gram_buckets)

    def part(self, places: np.ndarray) -> Design:
        """The matrices of some of the texts."""
        part = copy.copy(self)
        part.words, part.grams = self.words[places], self.grams[places]
        return part

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
class NoneRow:
    """The weights of *none*, int8 a bucket, their scales and their bias."""

    weights: tuple[np.ndarray, np.ndarray]
    scales: tuple[float, float]
    bias: float


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
    none: NoneRow | None = None
    calibration: calibration.Calibration | None = None

    def gains(self) -> tuple[float, float]:
        return float(np.float32(self.settings.word_gain)), float(np.float32(self.settings.gram_gain))

    def scores(self, design: Design) -> np.ndarray:
        """bias + sum over blocks of gain / (total * norm) * scale * (integer sum of weights)."""
        return self.biases + self._sums(design, self.weights, self.scales)

    def none_scores(self, design: Design) -> np.ndarray:
        """The same with the weights of *none*."""
        assert self.none is not None
        return self.none.bias + self._sums(design, self.none.weights, self.none.scales)

    def _sums(self, design: Design, table: tuple, scales: tuple[float, float]) -> np.ndarray:
        total = np.zeros(design.words.shape[0])
        parts = []
        for matrix, codes, weights, scale, gain in zip(
            (design.words, design.grams), self.codes, table, scales, self.gains()
        ):
            squares = np.asarray(matrix @ (codes.astype(np.float64) ** 2)).ravel()
            present = squares > 0
            total += np.where(present, gain * gain, 0)
            norm = np.sqrt(np.where(present, squares, 1))
            factor = gain * scale / norm
            sums = matrix @ weights.astype(np.float64)
            parts.append(sums * (factor[:, None] if sums.ndim == 2 else factor))
        total = np.sqrt(np.where(total > 0, total, 1))
        return sum(parts) / (total[:, None] if parts[0].ndim == 2 else total)

    def probabilities(self, design: Design) -> np.ndarray:
        assert self.calibration is not None
        return self.calibration.probabilities(self.scores(design), self.none_scores(design))

    def encode(self, own: bytes = b"", window_bytes: int = features.WINDOW_BYTES) -> bytes:
        """The file. `own`: what a model without *none* has between its labels and its rows."""
        strings = b"".join(bytes([len(s.encode())]) + s.encode() for s in [self.name, *self.labels])
        biases = np.asarray(self.biases, "<f4").tobytes()
        assert (self.none is None) == (self.calibration is None)
        rows = [np.concatenate(self.weights).view(np.uint8), np.concatenate(self.codes)[:, None]]
        if self.none is not None and self.calibration is not None:
            own = np.array([*self.calibration.values, self.none.bias, *self.none.scales], "<f4").tobytes()
            rows.insert(1, np.zeros((len(rows[0]), ROW_BYTES - 2 - len(self.labels)), np.uint8))
            rows.append(np.concatenate(self.none.weights).view(np.uint8)[:, None])
        start = FIXED_HEADER.size + len(biases) + len(strings) + len(own)
        rows_offset = -(-start // ALIGNMENT) * ALIGNMENT
        s = self.settings
        header = FIXED_HEADER.pack(
            MAGIC, SHORT_ROWS if self.none is None else VERSION, rows_offset, len(self.labels), s.word_buckets,
            s.gram_buckets, s.shortest_gram, s.longest_gram, features.LONGEST_WORD, window_bytes,
            s.word_gain, s.gram_gain, self.scales[0], self.scales[1], 1.0, 0.0,
        )  # fmt: skip
        head = (header + biases + strings + own).ljust(rows_offset, b"\0")
        body = head + np.concatenate(rows, axis=1).tobytes()
        return body + struct.pack("<I", zlib.crc32(body))


def decode(file: bytes) -> Model:
    """The model of a file that `encode` has made."""
    if file[:8] != MAGIC or struct.unpack("<I", file[-4:])[0] != zlib.crc32(file[:-4]):
        raise SystemExit("the linear domain model's file is damaged; run training/domain_linear/train.py")
    fields = FIXED_HEADER.unpack(file[: FIXED_HEADER.size])
    rows_offset, count, words, grams, shortest, longest = fields[2:8]
    place = FIXED_HEADER.size + 4 * count
    biases = np.frombuffer(file, "<f4", count, FIXED_HEADER.size).astype(np.float64)
    strings = []
    for _ in range(count + 1):
        strings.append(file[place + 1 : place + 1 + file[place]].decode())
        place += 1 + file[place]
    own = np.frombuffer(file, "<f4", 9, place)
    rows = np.frombuffer(file, np.uint8, (words + grams) * ROW_BYTES, rows_offset).reshape(-1, ROW_BYTES)
    split = lambda table: (table[:words], table[words:])
    settings = Settings(words, grams, shortest, longest, fields[10], fields[11])
    return Model(
        strings[0], strings[1:], settings, split(rows[:, ROW_BYTES - 2]), split(rows[:, :count].view(np.int8)),
        fields[12:14], biases, NoneRow(split(rows[:, ROW_BYTES - 1].view(np.int8)), tuple(map(float, own[7:])), float(own[6])),
        calibration.Calibration(tuple(map(float, own[:6]))),
    )  # fmt: skip


def normalised(design: Design, codes: tuple[np.ndarray, np.ndarray], settings: Settings) -> sparse.csr_matrix:
    """What the machines are fitted on: both blocks by rarity, each of the length of its gain, together of length 1."""
    blocks, norms = [], []
    for matrix, code, gain in zip((design.words, design.grams), codes, (settings.word_gain, settings.gram_gain)):
        weighted = (matrix @ sparse.diags(code.astype(np.float64))).tocsr()
        norm = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        blocks.append(sparse.diags(gain / np.where(norm > 0, norm, 1)) @ weighted)
        norms.append(np.where(norm > 0, gain * gain, 0))
    total = np.sqrt(sum(norms))
    return (sparse.diags(1 / np.where(total > 0, total, 1)) @ sparse.hstack(blocks)).tocsr()


def quantised(coefficients: np.ndarray, codes: tuple[np.ndarray, np.ndarray], split: int) -> tuple[tuple, tuple]:
    """Coefficients [label, feature] as bytes [feature, label] and a scale, a block each; rarity is folded in."""
    tables, scales = [], []
    for part, code in zip((coefficients[:, :split].T, coefficients[:, split:].T), codes):
        folded = part * code[:, None].astype(np.float64)
        # The largest folded weights are few: clipping one value in 20 000 leaves the other steps finer.
        scale = float(np.float32(np.quantile(np.abs(folded[folded != 0]), 1 - 1 / 20_000) / 127))
        tables.append(np.clip(np.rint(folded / scale), -127, 127).astype(np.int8))
        scales.append(scale)
    return tuple(tables), tuple(scales)


def fit(design: Design, labels: np.ndarray, weights: np.ndarray, settings: Settings, name: str, names: list[str]) -> Model:
    """One-against-the-rest linear support vector machine with squared hinge loss, then quantised."""
    codes = (rarity_codes(design.words), rarity_codes(design.grams))
    svm = LinearSVC(C=settings.regularisation, dual=True, tol=1e-4, max_iter=1000, random_state=0)
    svm.fit(normalised(design, codes, settings), labels, sample_weight=weights)
    tables, scales = quantised(svm.coef_, codes, settings.word_buckets)
    biases = svm.intercept_.astype(np.float32).astype(np.float64)
    return Model(name, names, settings, codes, tables, scales, biases)


def fit_none(model: Model, matrix: sparse.csr_matrix, is_none: np.ndarray, weights: np.ndarray) -> NoneRow:
    """A machine that parts texts about none of the domains from the others; `matrix` is `normalised` by the model's codes."""
    svm = LinearSVC(C=model.settings.regularisation, dual=True, tol=1e-3, max_iter=1000, random_state=0)
    svm.fit(matrix, is_none, sample_weight=weights)
    tables, scales = quantised(svm.coef_, model.codes, model.settings.word_buckets)
    return NoneRow(tuple(t[:, 0] for t in tables), scales, float(np.float32(svm.intercept_[0])))
