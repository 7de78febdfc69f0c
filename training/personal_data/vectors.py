"""Test vectors: texts of every kind with the scores that this trainer computes for their words."""

from __future__ import annotations

from pathlib import Path

import model
import numpy as np
import words
from encoder import WIDTH
from network import Network

TEXTS: list[bytes] = [
    b"",
    b" \t\r\n",
    b"Write an email to Maria Lopez about the meeting.",
    b"my name is john smith and i live in paris",
    b"CALL DR. JANE DOE AT 5PM",
    "Mein Name ist Jürgen Ödegård; ich wohne in Köln.".encode(),
    "Łukasz Żak, Škoda und Ángel Ñuñez trafen Ольга Иванова.".encode(),
    "王小明住在北京。He met Anna—twice…".encode(),
    b"O'Brien paid $1,234.56 for 12345678 shares_of x86_64",
    b"\xff\xfe bad \xe2\x80 bytes \xc3",
    "🙂 hi Bob\n\nThanks,\nSue".encode(),
    b"INSERT INTO users (name) VALUES ('Ada Lovelace');",
]


def escape(data: bytes) -> str:
    return "".join(chr(b) if 32 <= b < 127 and b not in (0x5C, 0x7C) else f"\\x{b:02x}" for b in data)


def write(path: Path, features: words.Features, rows: np.ndarray, scale: float) -> None:
    lines = [
        "// Texts and the scores that training/personal_data computes for their words. Written by train.py; do not edit.",
        "",
        "/// One text a line: for each word `start-end` and its sums of integer weights, then the bytes, `\\xHH` for the",
        "/// unprintable.",
        'let nameVectors = #"""',
    ]
    for text in TEXTS:
        buckets, places = features.rows(text)
        sums = rows.astype(np.int32)[buckets].sum(1)
        cells = (f"{a}-{b},{','.join(map(str, s))}" for (a, b), s in zip(places, sums.tolist()))
        lines.append("  " + " ".join(cells) + "|" + escape(text))
    lines += ['  """#', "", "/// What a step of the integer weights is worth.", f"let nameVectorScale: Float = {scale!r}", ""]
    path.write_text("\n".join(lines), encoding="utf-8")


def write_head(path: Path, features: words.Features, rows: np.ndarray, scale: float, head: Network, shares: tuple[float, float]) -> None:
    """The scores of head and tagger for the texts' words where each word is a token with a made-up vector but every fifth."""
    lines = [
        "// Texts and the scores that training/personal_data computes for their words with made-up vectors. Written by train.py;",
        "// do not edit.",
        "",
        "/// One text a line: for each word the six scores, then the bytes, `\\xHH` for the unprintable.",
        'let nameHeadVectors = #"""',
    ]
    for text in TEXTS:
        buckets, places = features.rows(text)
        tagger = logarithms(rows.astype(np.int32)[buckets].sum(1) * np.float32(scale))
        index = np.arange(len(places))
        made = (((index[:, None] * 31 + np.arange(WIDTH) * 7) % 17 - 8) / 8).astype(np.float32)
        known = index % 5 != 4
        made[~known] = 0
        beside = np.zeros((len(places) + 2, WIDTH), np.float32)
        beside[1:-1] = made
        x = np.concatenate([made, beside[:-2], beside[2:], model.extra(features, text, places)], 1)
        both = np.where(known[:, None], shares[0] * tagger + shares[1] * logarithms(head.scores(x)), tagger)
        cells = (",".join(f"{value:.3f}" for value in row) for row in both)
        lines.append("  " + " ".join(cells) + "|" + escape(text))
    lines += ['  """#', ""]
    path.write_text("\n".join(lines), encoding="utf-8")


def logarithms(scores: np.ndarray) -> np.ndarray:
    if not len(scores):
        return scores
    shifted = scores - scores.max(1, keepdims=True)
    return np.maximum(shifted - np.log(np.exp(shifted).sum(1, keepdims=True)), -20.7)
