#!/usr/bin/env python3
"""Trains the domain head over the encoder: `python3 training/domain_encoder/train.py MODEL_FOLDER`.

MODEL_FOLDER has the original weights of all-MiniLM-L6-v2: model.safetensors and tokenizer.json. Seeded. Makes its own
virtual environment. Uses the texts, the splits and the first model's scores of training/domain_linear/train.py, which is to run
before. Writes the head and the test vectors of the Swift reader; evaluate.py measures. Most of its time goes into reading 38 000
texts, whose vectors are kept in .cache/domain_encoder.
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

MAGIC, VERSION = b"SWYDOMNN", 2
SEED, NETWORKS, NONE_WEIGHT = 7, 2, 0.3
POWER, SHARPNESS = 1.1, 3.9
"""Of the linear evidence that the networks learn to add to; what the calibration's fit finds replaces them."""
CALIBRATION = [("calibration", 1.0), ("held", 0.1), ("choice", 0.05)]
"""What the calibration is fitted on besides texts of no domain, with the weight of each part."""
NONE_WEIGHTS, MOST_OVER, FOLDS = (0.2, 0.4, 0.8, 1.6, 3.2), 0.03, 2
"""Of texts of no domain in the calibration's fit: the one with the least calibration error of those that leave at most this share of
each kind over 0.6. Each text is scored by a network that has learnt from the other folds."""


def main() -> None:
    environment.enter(HERE)
    import numpy as np

    import calibration
    import corpus
    import encoder
    import features
    import further
    import model
    import neighbours
    import network
    import parts
    import unseen
    import unsure

    if len(sys.argv) != 2:
        raise SystemExit(__doc__.splitlines()[0])
    data = parts.load(SEED)
    data["further"], data["asked"] = further.texts(SEED, data["unsure"] + data["natural"] + data["choice"])
    # The sets of evaluation are evaluate.py's.
    data = {name: texts for name, texts in data.items() if name not in ("test", "natural", "unsure")}
    everything = [t.text for texts in data.values() for t in texts]
    rows = encoder.inputs(Path(sys.argv[1]), everything, ROOT / ".cache" / "domain_encoder" / "inputs.npz")
    ends = np.cumsum([0] + [len(texts) for texts in data.values()])
    x = {name: rows[ends[i] : ends[i + 1]] for i, name in enumerate(data)}
    y = {name: np.array([t.label for t in texts]) for name, texts in data.items()}
    kinds = {name: np.array([t.group for t in data[name]]) for name in ("none", "further")}
    order = np.random.default_rng(SEED)
    folds = {name: order.integers(0, FOLDS, len(groups)) for name, groups in kinds.items()}
    share = {
        "train": 1.0, "calibration": 1.0, "topics": parts.TOPIC_WEIGHT, "held": parts.TOPIC_WEIGHT, "asked": parts.TOPIC_WEIGHT,
        "none": NONE_WEIGHT, "further": NONE_WEIGHT,
    }  # fmt: skip

    strength = calibration.Calibration((POWER, SHARPNESS, 0, 0, 0, 0)).strength

    class Stage:
        """What the head learns from some of the exam items and topic prompts: the evidence before the networks, and the networks."""

        def __init__(self, items: list[str], prompts: list[str]) -> None:
            self.names = [*items, *prompts, "none", "asked", "further"]
            joined = lambda names: [t for name in names for t in data[name]]
            texts, rows = [joined(items), joined(prompts)], [np.concatenate([x[n] for n in names]) for names in (items, prompts)]
            self.near = neighbours.make(texts[0], rows[0], texts[1], rows[1], SEED)
            linear = np.concatenate(unseen.scores(*texts, data["none"], joined(["asked", "further"]), SEED))
            linear = strength(linear)
            linear -= linear.mean(axis=1, keepdims=True)
            ends = np.cumsum([0] + [len(data[name]) for name in self.names])
            self.before = {}
            for i, name in enumerate(self.names):
                near = self.evidence(name, [t.group for t in data[name]])
                labels = linear[ends[i] : ends[i + 1]] + near - near.mean(axis=1, keepdims=True)
                self.before[name] = np.concatenate([labels, np.zeros((len(labels), 1))], axis=1).astype(np.float32)

        def evidence(self, name: str, groups: list[str] | None = None) -> np.ndarray:
            return neighbours.WEIGHT * self.near.evidence(x[name], len(corpus.LABELS), groups)

        def networks(self, count: int = NETWORKS, left_out: int = FOLDS) -> list[network.Network]:
            keep = {n: folds[n] != left_out if n in folds else np.ones(len(y[n]), bool) for n in self.names}
            inputs, before, labels = (np.concatenate([v[n][keep[n]] for n in self.names]) for v in (x, self.before, y))
            weights = np.concatenate([np.full(keep[n].sum(), share[n], np.float32) for n in self.names])
            return [network.fit(inputs, before, labels, weights, SEED + i) for i in range(count)]

    # The calibration is fitted on texts that neither part has seen; of texts of no domain, the linear *none* has not seen the kind.
    stage = Stage(["train"], ["topics"])
    first = parts.read_first()
    linear = model.decode((ROOT / "Sources" / "CReadingModels" / "domain_linear.bin").read_bytes())
    extractor = features.Extractor(linear.settings.shortest_gram, linear.settings.longest_gram)
    design = model.Design([t.text for t in data["further"]], linear.settings, extractor)
    # The linear model in the binary has never seen these.
    first["further scores"], further_none = linear.scores(design), linear.none_scores(design)
    first |= {f"further without {kind}": further_none for kind in further.KINDS}

    def sample(name: str, chosen, none: str, labels, weight: float, scores: np.ndarray) -> calibration.Sample:
        return calibration.Sample(
            first[f"{name} scores"][chosen], first[f"{name} {none}"][chosen], labels, weight,
            scores[chosen, :-1] + stage.evidence(name)[chosen], scores[chosen, -1] - scores[chosen, :-1].max(axis=1),
        )  # fmt: skip

    nets = stage.networks()
    samples = [
        sample(name, slice(None), "none", y[name], weight, sum(n.scores(x[name]) for n in nets) / len(nets))
        for name, weight in CALIBRATION
    ]
    unlearnt = {name: np.zeros((len(groups), len(corpus.LABELS) + 1)) for name, groups in kinds.items()}
    for fold in range(FOLDS):
        (net,) = stage.networks(1, fold)
        for name, scores in unlearnt.items():
            scores[folds[name] == fold] = net.scores(x[name][folds[name] == fold])
    every = [("none", kind) for kind in unsure.KINDS] + [("further", kind) for kind in further.KINDS]
    by_kind = [
        sample(name, kinds[name] == kind, f"without {kind}", None, 1 / len(every), unlearnt[name]) for name, kind in every
    ]
    found, factor, error, over, right = fitted(samples, by_kind)
    kinds_over = {kind: share for (_, kind), share in zip(every, over)}

    # In the file the head's scores have the factor in them, its *none* too.
    values = list(found.values)
    values[3] /= factor

    # What ships learns from everything but the test split and the sets of evaluation, as the linear model that it joins.
    stage = Stage(["train", "calibration"], ["topics", "held"])
    nets = stage.networks()
    body = struct.pack(
        "<8sIIIIIIII9f", MAGIC, VERSION, encoder.WIDTH, encoder.LAYER, len(corpus.LABELS), len(nets), network.UNITS,
        neighbours.DIRECTIONS, len(stage.near.labels), *values, neighbours.NEARNESS, neighbours.SPREAD, neighbours.WEIGHT * factor,
    ) + b"".join(n.encode(factor) for n in nets) + stage.near.encode()  # fmt: skip
    file = body + struct.pack("<I", zlib.crc32(body))
    (ROOT / "Sources" / "CReadingModels" / "domain_head.bin").write_bytes(file)
    result = {
        "seed": SEED, "bytes": len(file), "networks": len(nets), "neighbours": len(stage.near.labels), "factor": factor, "calibration": values,
        "unseen by the first model": {name: share for (name, _), share in zip(CALIBRATION, right)},
        "calibration error, calibration split": error, "texts of no domain over 0.6, by folds": kinds_over,
        "texts": {name: len(texts) for name, texts in data.items()},
    }  # fmt: skip
    print(result)
    (HERE / "training.json").write_text(json.dumps(result, indent=1) + "\n")

    # The head's own numbers; the Swift tests join them with the linear model that is in the binary.
    write_vectors(data["development"][:6], x["development"][:6], nets, stage.near, factor)


def fitted(samples: list, kinds: list):
    """(calibration, factor of the head's share, calibration error on the first sample, share of each kind over 0.6, share of each
    sample that is right), by the best of `NONE_WEIGHTS`."""
    from dataclasses import replace

    import calibration

    best = None
    for weight in NONE_WEIGHTS:
        found, factor = calibration.fit(samples + [replace(kind, weight=kind.weight * weight) for kind in kinds])
        p = [found.probabilities(s.scores, s.none, factor * s.added, s.head_none) for s in samples + kinds]
        error = calibration.expected_error(p[0], samples[0].labels)
        over = [float((q.max(axis=1) > 0.6).mean()) for q in p[len(samples) :]]
        right = [float((q.argmax(axis=1) == s.labels).mean()) for q, s in zip(p, samples)]
        print(f"weight of none {weight}: error {error:.4f}, over 0.6 {[round(o, 3) for o in over]}, {found.values}", flush=True)
        rank = (max(max(over) - MOST_OVER, 0), error)
        if best is None or rank < best[0]:
            best = (rank, (found, factor, error, over, right))
    assert best is not None
    return best[1]


def write_vectors(texts, inputs, nets, near, factor: float) -> None:
    """Inputs in 1/10 000, so that they stay readable, with the scores that the trainer gives those rounded ones."""
    import numpy as np

    import neighbours

    lines = [
        "// Written by training/domain_encoder/train.py; do not edit.",
        "", "/// The head's inputs in 1/10 000, what it adds to each label, and its score for none.",
        "enum DomainHeadVectors {",
        "  static let rows: [(text: String, inputs: [Int16], scores: [Float])] = [",
    ]  # fmt: skip
    for text, row in zip(texts, inputs):
        rounded = np.rint(row.astype(np.float64) * 10_000)
        exact = rounded.reshape(3, -1) / np.linalg.norm(rounded.reshape(3, -1), axis=1, keepdims=True)
        own = sum(n.scores(exact.reshape(1, -1))[0] for n in nets) / len(nets)
        added = own[:-1] + neighbours.WEIGHT * near.evidence(exact.reshape(1, -1), len(own) - 1)[0]
        scores = factor * np.append(added, own[-1] - own[:-1].max())
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
