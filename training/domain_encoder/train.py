#!/usr/bin/env python3
"""Trains the domain head over the encoder: `python3 training/domain_encoder/train.py BENCH_ENCODER MODEL.packed`.

Seeded. Runs in the virtual environment of training/domain_linear, on its texts and splits. Writes the head, the test
vectors of the Swift reader, report.json and the generated part of docs/models.md. Ten minutes on a core, most of it spent
on embedding 36 000 texts.
"""

from __future__ import annotations

import json
import random
import struct
import subprocess
import sys
import tempfile
import warnings
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "domain_linear")]

import environment  # noqa: E402

WIDTH, LAYER = 384, 4
MAGIC, VERSION = b"SWYDOMHD", 1
MARKS = ("<!-- domain_encoder: written by training/domain_encoder/train.py, do not edit -->", "<!-- domain_encoder: end -->")


def embed(program: str, packed: str, texts: list[str]):
    """A row a text: the vectors as prompts are read, last layer and fourth, each of length 1."""
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        lines, vectors = Path(folder, "texts"), Path(folder, "vectors")
        # The tokenizer takes line breaks for blanks.
        lines.write_text("".join(" ".join(text.splitlines()) + "\n" for text in texts), encoding="utf-8")
        subprocess.run([program, "embed", packed, lines, vectors], check=True)
        rows = np.fromfile(vectors, dtype=np.float32).reshape(-1, 2, WIDTH).astype(np.float64)
    assert len(rows) == len(texts), f"{len(rows)} vectors of {len(texts)} texts"
    rows /= np.linalg.norm(rows, axis=2, keepdims=True) + 1e-9
    return rows.reshape(len(texts), 2 * WIDTH)


def fit(x, labels, weights):
    """Logistic regression on standardised inputs: weights [label, input] and biases for inputs as they are."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-6
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogisticRegression(C=0.01, max_iter=80).fit((x - mean) / spread, labels, sample_weight=weights)
    rows = model.coef_ / spread
    return rows.astype(np.float32), (model.intercept_ - rows @ mean).astype(np.float32)


def main() -> None:
    environment.enter(HERE.parent / "domain_linear")
    import numpy as np

    import corpus
    import features
    import model
    import report

    if len(sys.argv) != 3:
        raise SystemExit(__doc__.splitlines()[0])
    program, packed = sys.argv[1:]
    seed = 7
    settings = model.Settings()
    extractor = features.Extractor(settings.shortest_gram, settings.longest_gram)
    development, choice = corpus.natural("dev_prompts.jsonl"), corpus.natural("choice_prompts.jsonl")
    evaluation = corpus.natural("natural_eval.jsonl")
    guarded = development + choice + evaluation
    exam = corpus.drop_near(corpus.exam(), guarded)[0]
    topics = corpus.drop_near(corpus.topic_prompts(seed, per_topic=3), guarded)[0]
    # The splits of the linear model, so that the test split is the same.
    groups = sorted({t.group for t in exam})
    random.Random(seed).shuffle(groups)
    share = {g: i / len(groups) for i, g in enumerate(groups)}
    topic_groups = sorted({t.group for t in topics})
    random.Random(seed + 1).shuffle(topic_groups)
    held = set(topic_groups[: len(topic_groups) // 10])
    parts = {
        "train": [t for t in exam if share[t.group] < 0.70],
        "calibration": [t for t in exam if 0.70 <= share[t.group] < 0.85],
        "test": [t for t in exam if share[t.group] >= 0.85],
        "topics": [t for t in topics if t.group not in held],
        "held": [t for t in topics if t.group in held],
        "choice": choice, "development": development, "natural": evaluation,
    }  # fmt: skip
    everything = [t for part in parts.values() for t in part]
    vectors = embed(program, packed, [t.text for t in everything])
    ends = np.cumsum([0] + [len(part) for part in parts.values()])
    x = {name: vectors[ends[i] : ends[i + 1]] for i, name in enumerate(parts)}
    y = {name: np.array([t.label for t in part]) for name, part in parts.items()}
    designs = {n: model.Design([t.text for t in p], settings, extractor) for n, p in parts.items()}

    def trained(exam_parts: list[str], topic_parts: list[str]):
        names = exam_parts + topic_parts
        weights = np.concatenate([np.full(len(y[n]), settings.topic_weight if n in topic_parts else 1.0) for n in names])
        labels = np.concatenate([y[n] for n in names])
        both = [t for n in names for t in parts[n]]
        design = model.Design([t.text for t in both], settings, extractor)
        linear = model.fit(design, labels, weights, settings, "domain-linear-1", corpus.LABELS)
        return linear, fit(np.concatenate([x[n] for n in names]), labels, weights)

    # The share and the temperature are chosen on texts that neither part has seen.
    linear, (rows, biases) = trained(["train"], ["topics"])
    chosen = [("calibration", 2.0), ("held", 1.0), ("choice", 1.0)]
    lengths = np.concatenate([model.lengths(designs[n]) for n, _ in chosen])
    labels = np.concatenate([y[n] for n, _ in chosen])
    weights = np.concatenate([np.full(len(y[n]), w / len(y[n])) for n, w in chosen])
    linear_scores = np.vstack([linear.scores(designs[n]) for n, _ in chosen])
    head_scores = np.vstack([x[n] @ rows.T + biases for n, _ in chosen])

    def loss(scores, temperature) -> float:
        p = model.softmax(scores / model.temperatures(temperature, lengths)[:, None])
        return float(-(weights * np.log(p[np.arange(len(labels)), labels] + 1e-12)).sum() / weights.sum())

    best = None
    for candidate in (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5):
        scores = linear_scores + candidate * head_scores
        temperature = model.fit_temperature(scores, lengths, labels, weights)
        value = loss(scores, temperature)
        print(f"share {candidate}: loss {value:.4f}, temperature {temperature}", flush=True)
        if best is None or value < best[0]:
            best = (value, candidate, temperature)
    assert best is not None
    _, part_of_head, temperature = best

    # What ships learns from everything but the test split and the natural prompts, as the linear model that it joins.
    linear, (rows, biases) = trained(["train", "calibration"], ["topics", "held"])
    table = np.concatenate([biases[:, None], rows], axis=1) * np.float32(part_of_head)
    body = struct.pack("<8sIIIIff", MAGIC, VERSION, WIDTH, LAYER, len(corpus.LABELS), *temperature)
    body += table.astype("<f4").tobytes()
    data = body + struct.pack("<I", zlib.crc32(body))
    (ROOT / "Sources" / "CReadingModels" / "domain_head.bin").write_bytes(data)

    table = table.astype(np.float64)

    def probabilities(name: str):
        scores = linear.scores(designs[name]) + x[name] @ table[:, 1:].T + table[:, 0]
        return model.softmax(scores / model.temperatures(temperature, model.lengths(designs[name]))[:, None])

    result = {
        "seed": seed, "bytes": len(data), "share": part_of_head, "temperature": temperature,
        "test": report.measure(probabilities("test"), y["test"]),
        "test, linear alone": report.measure(linear.probabilities(designs["test"]), y["test"])["accuracy"],
        "natural": report.measure(probabilities("natural"), y["natural"]),
    }  # fmt: skip
    print({k: v["accuracy"] if isinstance(v, dict) else v for k, v in result.items()})
    (HERE / "report.json").write_text(json.dumps(result, indent=1) + "\n")
    write_vectors(parts["development"][:6], x["development"][:6], probabilities("development")[:6])
    write_page(result)


def write_vectors(texts, vectors, probabilities) -> None:
    """Inputs in thousandths, so that they stay readable, with the probabilities that the trainer gives the exact ones."""
    lines = [
        "// Written by training/domain_encoder/train.py; do not edit.",
        "", "/// Texts, their two vectors in 1/10 000, and the probabilities of linear model and head together.",
        "enum DomainHeadVectors {",
        "  static let rows: [(text: String, vectors: [Int16], probabilities: [Float])] = [",
    ]  # fmt: skip
    for text, vector, row in zip(texts, vectors, probabilities):
        numbers = [str(round(v * 10_000)) for v in vector]
        lines.append(f"    (\n      text: {json.dumps(text.text)},\n      vectors: [")
        for start in range(0, len(numbers), 16):
            lines.append("        " + ", ".join(numbers[start : start + 16]) + ",")
        lines.append("      ],\n      probabilities: [")
        numbers = [f"{p:.5f}" for p in row]
        for start in range(0, len(numbers), 10):
            lines.append("        " + ", ".join(numbers[start : start + 10]) + ",")
        lines.append("      ]\n    ),")
    lines += ["  ]", "}", ""]
    (ROOT / "Tests" / "ReadingTests" / "DomainHeadVectors.swift").write_text("\n".join(lines))


def write_page(result: dict) -> None:
    page = ROOT / "docs" / "models.md"
    text = page.read_text()
    before, rest = text.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    test, natural = result["test"], result["natural"]
    page.write_text(
        before + MARKS[0] + "\n\n"
        f"Exam items of the test split: **{100 * test['accuracy']:.1f} %** right, {100 * result['test, linear alone']:.1f} % by the "
        f"linear model alone. Natural prompts: **{100 * natural['accuracy']:.1f} %** of 140. "
        f"Head: {result['bytes']} bytes, share {result['share']}. `report.json` has confusion and calibration.\n\n"
        + MARKS[1] + after
    )  # fmt: skip


if __name__ == "__main__":
    main()
