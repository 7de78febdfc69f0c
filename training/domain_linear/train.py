#!/usr/bin/env python3
"""Trains the linear domain model: `python3 training/domain_linear/train.py`.

Seeded: the same inputs and the pinned packages give the same file. Makes its own virtual environment beside this file
when the packages are missing. Writes the model, the test vectors of the Swift reader, report.json and the generated
part of docs/models.md. `--skip-natural` leaves the natural prompts unread, for work on topics and settings.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))

import environment  # noqa: E402


def main() -> None:
    environment.enter(HERE)
    import random

    import numpy as np

    import corpus
    import features
    import model
    import report
    import vectors

    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--skip-natural", action="store_true", help="leave natural_eval.jsonl out of the report")
    arguments = arguments.parse_args()

    settings = model.Settings()
    extractor = features.Extractor(settings.shortest_gram, settings.longest_gram)
    development, choice = corpus.natural("dev_prompts.jsonl"), corpus.natural("choice_prompts.jsonl")
    evaluation = corpus.natural("natural_eval.jsonl")
    guarded = development + choice + evaluation

    exam, dropped_exam = corpus.drop_near(corpus.exam(), guarded)
    topics, dropped_topics = corpus.drop_near(corpus.topic_prompts(arguments.seed, per_topic=3), guarded)
    overlap = corpus.drop_near(development + choice, evaluation)[1]
    print(f"{len(exam)} exam items, {len(topics)} topic prompts; dropped as near a natural prompt: "
          f"{len(dropped_exam)} and {len(dropped_topics)}", flush=True)  # fmt: skip

    groups = sorted({t.group for t in exam})
    random.Random(arguments.seed).shuffle(groups)
    share = {g: i / len(groups) for i, g in enumerate(groups)}
    train = [t for t in exam if share[t.group] < 0.70]
    calibration = [t for t in exam if 0.70 <= share[t.group] < 0.85]
    test = [t for t in exam if share[t.group] >= 0.85]
    topic_groups = sorted({t.group for t in topics})
    random.Random(arguments.seed + 1).shuffle(topic_groups)
    held = set(topic_groups[: len(topic_groups) // 10])
    topics_kept = [t for t in topics if t.group not in held]
    topics_held = [t for t in topics if t.group in held]

    def design(texts: list) -> model.Design:
        return model.Design([t.text for t in texts], settings, extractor)

    def labels(texts: list) -> np.ndarray:
        return np.array([t.label for t in texts])

    def fit(items: list, prompts: list) -> model.Model:
        weights = np.r_[np.ones(len(items)), np.full(len(prompts), settings.topic_weight)]
        both = items + prompts
        return model.fit(design(both), labels(both), weights, settings, "domain-linear-1", corpus.LABELS)

    # Choices and the temperature are made on texts that this first model has not seen.
    first = fit(train, topics_kept)
    parts = [(calibration, 2.0), (topics_held, 1.0), (choice, 1.0)]
    designs = [design(p) for p, _ in parts]
    temperature = model.fit_temperature(
        np.vstack([first.scores(d) for d in designs]),
        np.concatenate([model.lengths(d) for d in designs]),
        np.concatenate([labels(p) for p, _ in parts]),
        np.concatenate([np.full(len(p), w / len(p)) for p, w in parts]),
    )
    first.temperature = temperature
    chosen_on = {
        name: report.measure(first.probabilities(d), labels(p))["accuracy"]
        for name, d, (p, _) in zip(("calibration split", "held-out topics", "choice prompts"), designs, parts)
    }
    print("unseen by the first model:", {k: round(v, 4) for k, v in chosen_on.items()}, "temperature", temperature)

    # The shipped model learns from everything but the test split and the natural prompts.
    final = fit(train + calibration, topics)
    final.temperature = temperature
    data = final.encode()
    (ROOT / "Sources" / "CReadingModels" / "domain_linear.bin").write_bytes(data)
    vectors.write(ROOT / "Tests" / "ReadingTests" / "DomainVectors.swift", final, extractor, development + choice)

    result = {
        "seed": arguments.seed,
        "model_bytes": len(data),
        "temperature": temperature,
        "texts": {
            "train": len(train), "calibration": len(calibration), "test": len(test), "topic prompts": len(topics),
        },
        "dropped": {"exam": dropped_exam, "topics": len(dropped_topics)},
        "natural_pairs_over_0.6": overlap,
        "chosen_on": chosen_on,
        "test": report.measure(final.probabilities(design(test)), labels(test)),
    }  # fmt: skip
    print(f"test split: {result['test']['accuracy']:.4f}")
    if not arguments.skip_natural:
        probabilities = final.probabilities(design(evaluation))
        result["natural"] = report.measure(probabilities, labels(evaluation))
        result["natural"]["misses"] = report.misses(evaluation, probabilities)
        guide = final.probabilities(model.Design(["What is the derivative of f(x) = x^3?"], settings, extractor))[0]
        result["guide"] = {"label": corpus.LABELS[int(guide.argmax())], "probability": float(guide.max())}
        print(f"natural prompts: {result['natural']['accuracy']:.4f}; guide: {result['guide']}")
        report.write(result, HERE / "report.json", ROOT / "docs" / "models.md")


if __name__ == "__main__":
    main()
