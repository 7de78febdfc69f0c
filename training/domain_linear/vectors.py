"""Test vectors: texts of every kind with the probabilities that this trainer computes for them."""

from __future__ import annotations

from pathlib import Path

import features
import model
from corpus import Text

EDGES: list[bytes] = [
    b"",
    b" \t\r\n",
    b"?",
    b"a",
    "What is the derivative of f(x) = x^3?".encode(),
    "WHAT IS THE DERIVATIVE OF F(X) = X^3?".encode(),
    "What’s the difference between ‘mass’ and “weight” — in physics?".encode(),
    "It's 1914 or 2014, not 19141 or 7 or 42.".encode(),
    "Übung macht den Meister: ÀÉÎÕÜ àéîõü ÷×".encode(),
    "Почему небо голубое?".encode(),
    "为什么天空是蓝色的？请用简单的话解释一下光的散射。".encode(),
    "ناقش أسباب الحرب العالمية الأولى".encode(),
    "∫ x² dx = ⅓x³ + C".encode(),
    "🚀🚀🚀 launch!".encode(),
    b"bytes \xff\xfe that are \xe2\x80 no UTF-8 \xc3",
    b"ends inside a curly quote \xe2\x80",
    b"\xc3",
    b"nul \x00 and delete \x7f inside",
    b"snake_case camelCase kebab-case H2O C6H12O6 x86_64 v1.2.3",
    b"def f(xs): return [x * 2 for x in xs if x > 0]  # why is this slow?",
    b"don't can't won't o'clock ''quoted'' 'tis",
    b"pneumonoultramicroscopicsilicovolcanoconiosis",
    b"a" * 200,
    b"7" * 100,
    ("é" * 40).encode(),
    ("Explain the treaty and its consequences for the kingdom. " * 80).encode(),
    ("The patient has a fever and a persistent cough. " * 60 + "What did Kant mean by duty? " * 60).encode(),
    b"x" * 4096,
    b"y " * 2049,
    ("долгий текст " * 400).encode(),
]


def escape(data: bytes) -> str:
    return "".join(chr(b) if 32 <= b < 127 and b not in (0x5C, 0x7C) else f"\\x{b:02x}" for b in data)


def write(path: Path, final: model.Model, extractor: features.Extractor, prompts: list[Text]) -> None:
    texts = EDGES + [p.text.encode() for p in prompts[::4]]
    probabilities = final.probabilities(model.Design(texts, final.settings, extractor))
    lines = [
        "// Texts and the probabilities that training/domain_linear computes for them. Written by train.py; do not edit.",
        "",
        "/// One text a line: its probabilities in the order of the labels, then the bytes, `\\xHH` for the unprintable.",
        "let domainVectors = #\"\"\"",
    ]
    for text, row in zip(texts, probabilities):
        lines.append("  " + ",".join(f"{p:.6f}" for p in row) + "|" + escape(text))
    lines += ['  """#', ""]
    path.write_text("\n".join(lines), encoding="utf-8")
