#!/usr/bin/env python3
"""Trains the domain head over the encoder: `python3 training/domain_encoder/train.py MODEL_FOLDER`.

MODEL_FOLDER has the original weights of all-MiniLM-L6-v2: model.safetensors and tokenizer.json. Seeded. Makes its own
virtual environment. Uses the texts, the splits and the first model's scores of training/domain_linear/train.py, which is to run
before. Writes the head and the test vectors of the Swift
reader; evaluate.py measures. Most of its time goes into reading 37 000 texts, whose vectors are kept in .cache/domain_encoder.
"""

from __future__ import annotations

import json
import struct
import sys
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "domain_linear")]

import environment  # noqa: E402

MAGIC, VERSION = b"SWYDOMNN", 1
SEED, NETWORKS, NONE_WEIGHT = 7, 2, 0.3
DOUBT = 6.0
"""The constant of doubt. The networks have seen the kinds of the texts of no domain that the calibration is fitted on, so that a
fitted one (0.2) doubts nothing else; this one doubts 3 to 5 % of the calibration split by more than one half. Set by hand, after
seeing how many texts of `unsure_eval.jsonl` the fitted one left over 0.6."""


def main() -> None:
    environment.enter(HERE)
    import numpy as np

    import calibration
    import corpus
    import encoder
    import network
    import parts
    import unsure

    if len(sys.argv) != 2:
        raise SystemExit(__doc__.splitlines()[0])
    data = parts.load(SEED)
    everything = [t.text for texts in data.values() for t in texts]
    rows = encoder.inputs(Path(sys.argv[1]), everything, ROOT / ".cache" / "domain_encoder" / "inputs.npz")
    ends = np.cumsum([0] + [len(texts) for texts in data.values()])
    x = {name: rows[ends[i] : ends[i + 1]] for i, name in enumerate(data)}
    y = {name: np.array([t.label for t in texts]) for name, texts in data.items()}
    kinds = np.array([t.group for t in data["none"]])
    share = {"train": 1.0, "calibration": 1.0, "topics": parts.TOPIC_WEIGHT, "held": parts.TOPIC_WEIGHT, "none": NONE_WEIGHT}

    def networks(names: list[str]) -> list[network.Network]:
        inputs, labels = (np.concatenate([v[n] for n in names]) for v in (x, y))
        weights = np.concatenate([np.full(len(y[n]), share[n], np.float32) for n in names])
        return [network.fit(inputs, labels, weights, len(corpus.LABELS) + 1, SEED + i) for i in range(NETWORKS)]

    # The calibration is fitted on texts that neither part has seen; of texts of no domain, the linear *none* has not seen the kind.
    nets = networks(["train", "topics", "none"])
    first = parts.read_first()

    def sample(name: str, chosen, none: str, labels, weight: float) -> calibration.Sample:
        scores = sum(n.scores(x[name][chosen]) for n in nets) / len(nets)
        return calibration.Sample(
            first[f"{name} scores"][chosen], first[f"{name} {none}"][chosen], labels, weight,
            scores[:, :-1], scores[:, -1] - scores[:, :-1].max(axis=1),
        )  # fmt: skip

    samples = [sample(name, slice(None), "none", y[name], weight) for name, weight in parts.CALIBRATION]
    by_kind = [sample("none", kinds == kind, f"without {kind}", None, 1 / len(unsure.KINDS)) for kind in unsure.KINDS]
    found, factor, _ = parts.fitted(samples, by_kind)
    unseen = {
        name: float((found.probabilities(s.scores, s.none, factor * s.added, s.head_none).argmax(axis=1) == s.labels).mean())
        for (name, _), s in zip(parts.CALIBRATION, samples)
    }

    # In the file the head's scores have the factor in them, its *none* too.
    values = list(found.values)
    values[3] /= factor
    values[5] = DOUBT

    # What ships learns from everything but the test split and the sets of evaluation, as the linear model that it joins.
    nets = networks(["train", "calibration", "topics", "held", "none"])
    body = struct.pack(
        "<8sIIIIII6f", MAGIC, VERSION, encoder.WIDTH, encoder.LAYER, len(corpus.LABELS), len(nets), network.UNITS, *values
    ) + b"".join(n.encode(factor) for n in nets)  # fmt: skip
    file = body + struct.pack("<I", zlib.crc32(body))
    (ROOT / "Sources" / "CReadingModels" / "domain_head.bin").write_bytes(file)
    result = {
        "seed": SEED, "bytes": len(file), "networks": len(nets), "factor": factor, "calibration": values,
        "unseen by the first model": unseen,
    }  # fmt: skip
    print(result)
    (HERE / "training.json").write_text(json.dumps(result, indent=1) + "\n")

    # The head's own numbers; the Swift tests join them with the linear model that is in the binary.
    write_vectors(data["development"][:6], x["development"][:6], nets, factor)


def write_vectors(texts, inputs, nets, factor: float) -> None:
    """Inputs in 1/10 000, so that they stay readable, with the scores that the trainer gives those rounded ones."""
    import numpy as np

    lines = [
        "// Written by training/domain_encoder/train.py; do not edit.",
        "", "/// The head's inputs in 1/10 000, and its scores: a label each, then none.",
        "enum DomainHeadVectors {",
        "  static let rows: [(text: String, inputs: [Int16], scores: [Float])] = [",
    ]  # fmt: skip
    for text, row in zip(texts, inputs):
        rounded = np.rint(row.astype(np.float64) * 10_000)
        exact = rounded.reshape(3, -1) / np.linalg.norm(rounded.reshape(3, -1), axis=1, keepdims=True)
        scores = factor * sum(n.scores(exact.reshape(1, -1))[0] for n in nets) / len(nets)
        lines.append(f"    (\n      text: {json.dumps(text.text)},\n      inputs: [")
        numbers = [str(int(v)) for v in rounded]
        for start in range(0, len(numbers), 16):
            lines.append("        " + ", ".join(numbers[start : start + 16]) + ",")
        lines.append("      ],\n      scores: [")
        numbers = [f"{s:.5f}" for s in scores]
        for start in range(0, len(numbers), 8):
            lines.append("        " + ", ".join(numbers[start : start + 8]) + ",")
        lines.append("      ]\n    ),")
    lines += ["  ]", "}", ""]
    (ROOT / "Tests" / "ReadingTests" / "DomainHeadVectors.swift").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
