"""Test vectors: texts of every kind with the scores that this trainer computes for their words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import words

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
