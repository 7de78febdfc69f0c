"""The linear tagger and the token head: their designs, their files and what they say of a text."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import words
from corpus import LABELS
from encoder import LAYER, WIDTH
from network import Network
from sets import Text

BUCKETS = 1 << 17
SHARES = 0.5, 0.9
"""Of the tagger's and of the head's logarithms in their sum."""
HEAD_EXTRA = 37
"""Inputs of the head beside the vectors: shapes of three words (10 each), three lists, the text's case (3), 1."""


def labels(text: Text, places: list[tuple[int, int]]) -> np.ndarray:
    y = np.zeros(len(places), int)
    for name, start, end in text.byte_spans:
        if name in LABELS:
            for index, (a, b) in enumerate(places):
                if a < end and start < b:
                    y[index] = LABELS.index(name)
    return y


def extra(features: words.Features, data: bytes, places: list[tuple[int, int]]) -> np.ndarray:
    facts = [features.facts(data[a:b]) for a, b in places]
    out = np.zeros((len(places), HEAD_EXTRA), np.float32)
    letters = [f[1] for f in facts if f[1] not in (words.MARK, words.NUMBER, words.NEWLINE)]
    case = 0
    if letters and all(s == words.LOWER for s in letters):
        case = 1
    elif letters and all(s in (words.CAPITALS, words.INITIAL) for s in letters):
        case = 2
    for index, fact in enumerate(facts):
        for offset in (-1, 0, 1):
            inside = 0 <= index + offset < len(facts)
            out[index, (offset + 1) * 10 + (facts[index + offset][1] if inside else words.EDGE)] = 1
        for bit in range(3):
            out[index, 30 + bit] = fact[2] >> bit & 1
        out[index, 33 + case] = 1
        out[index, 36] = 1
    return out


def quantised(weights: np.ndarray) -> tuple[np.ndarray, float]:
    scale = float(np.float32(np.quantile(np.abs(weights[weights != 0]), 0.9999) / 127))
    return np.clip(np.round(weights / scale), -127, 127).astype(np.int8), scale


def encode_tagger(rows: np.ndarray, scale: float, lexicon: words.Lexicon) -> bytes:
    lists = (lexicon.first, lexicon.last, lexicon.places)
    out = b"SWYNAMES" + struct.pack("<IIIIf", 1, len(LABELS), words.SLOTS, BUCKETS, scale)
    out += struct.pack("<III", *map(len, lists)) + b"".join(np.array(l, "<u4").tobytes() for l in lists)
    out += rows.tobytes()
    return out + struct.pack("<I", zlib.crc32(out))


def rounded(network: Network) -> tuple[Network, np.ndarray, np.ndarray]:
    """The network as its file holds it, with the integers of the hidden rows and what a step of each row is worth."""
    rows = network.hidden.T
    scales = (np.abs(rows).max(1) / 32767).astype("<f4")
    steps = np.clip(np.round(rows / scales[:, None]), -32767, 32767).astype("<i2")
    hidden = (steps * scales[:, None]).astype(np.float32).T
    return Network(hidden, network.hidden_bias, network.output, network.output_bias), steps, scales


def encode_head(network: Network, tagger_share: float, head_share: float) -> bytes:
    """Layout: NameHead.swift."""
    _, steps, scales = rounded(network)
    out = b"SWYNAMNN" + struct.pack("<IIIIIff", 1, len(LABELS), LAYER, WIDTH, len(steps), tagger_share, head_share)
    out += network.hidden_bias.astype("<f4").tobytes() + scales.tobytes() + steps.tobytes()
    out += network.output_bias.astype("<f4").tobytes() + np.ascontiguousarray(network.output.T, "<f4").tobytes()
    return out + struct.pack("<I", zlib.crc32(out))
