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

    import scipy.sparse as sparse

    import calibration
    import corpus
    import features
    import model
    import parts
    import report
    import unsure
    import vectors

    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--skip-natural", action="store_true", help="leave natural_eval.jsonl out of the report")
    arguments = arguments.parse_args()

    settings = model.Settings()
    extractor = features.Extractor(settings.shortest_gram, settings.longest_gram)
    data = parts.load(arguments.seed)
    train, held, choice, none = data["train"], data["held"], data["choice"], data["none"]
    overlap = corpus.drop_near(data["development"] + choice, data["natural"])[1]
    print({name: len(texts) for name, texts in data.items()}, flush=True)

    def design(texts: list) -> model.Design:
        return model.Design([t.text for t in texts], settings, extractor)

    def labels(texts: list) -> np.ndarray:
        return np.array([t.label for t in texts])

    def fit(items: list, prompts: list) -> model.Model:
        # Greetings and replies stay "other", for whom the likeliest label counts.
        prompts = prompts + unsure.as_other(none)
        weights = np.r_[np.ones(len(items)), np.full(len(prompts), settings.topic_weight)]
        both = items + prompts
        return model.fit(design(both), labels(both), weights, settings, "domain-linear-1", corpus.LABELS)

    def none_fitter(base: model.Model, items: list, prompts: list):
        """Fits the row of *none* with all kinds but one."""
        matrix = model.normalised(design(items + prompts + none), base.codes, settings)
        weights = np.r_[
            np.ones(len(items)), np.full(len(prompts), settings.topic_weight), np.full(len(none), settings.none_weight)
        ]
        is_none = np.r_[np.zeros(len(items) + len(prompts)), np.ones(len(none))]

        def row(left_out: str | None) -> model.NoneRow:
            keep = np.r_[np.ones(len(items) + len(prompts), bool), [t.group != left_out for t in none]]
            return model.fit_none(base, sparse.csr_matrix(matrix[np.flatnonzero(keep)]), is_none[keep], weights[keep])

        return row

    # The calibration is fitted on texts that this first model has not seen; for texts of no domain, on kinds that it has not.
    first = fit(train, data["topics"])
    row = none_fitter(first, train, data["topics"])
    first.none = row(None)
    kept = {}
    for name, _ in parts.CALIBRATION:
        kept[f"{name} scores"], kept[f"{name} none"] = first.scores(design(data[name])), first.none_scores(design(data[name]))
    none_design, groups = design(none), np.array([t.group for t in none])
    kept["none scores"] = first.scores(none_design)
    for kind in unsure.KINDS:
        first.none = row(kind)
        kept[f"none without {kind}"] = first.none_scores(none_design)
    parts.write_first(kept)
    samples = [
        calibration.Sample(kept[f"{name} scores"], kept[f"{name} none"], labels(data[name]), weight)
        for name, weight in parts.CALIBRATION
    ]
    kinds = [
        calibration.Sample(
            kept["none scores"][groups == kind], kept[f"none without {kind}"][groups == kind], None, 1 / len(unsure.KINDS))
        for kind in unsure.KINDS
    ]  # fmt: skip
    first.calibration, _, left_out = parts.fitted(samples, kinds)
    first.none = row(None)
    chosen_on = {
        name: report.measure(first.probabilities(design(data[name])), labels(data[name]))["accuracy"]
        for name in ("calibration", "held", "choice")
    }
    print("unseen by the first model:", {k: round(v, 4) for k, v in chosen_on.items()},
          "calibration", first.calibration.values, "left-out kinds over 0.6", left_out, flush=True)  # fmt: skip

    # The shipped model learns from everything but the test split and the natural prompts.
    final = fit(train + data["calibration"], data["topics"] + held)
    final.none = none_fitter(final, train + data["calibration"], data["topics"] + held)(None)
    final.calibration = first.calibration
    encoded = final.encode()
    (ROOT / "Sources" / "CReadingModels" / "domain_linear.bin").write_bytes(encoded)
    vectors.write(ROOT / "Tests" / "ReadingTests" / "DomainVectors.swift", final, extractor, data["development"] + choice)

    result = {
        "seed": arguments.seed,
        "model_bytes": len(encoded),
        "calibration": final.calibration.values,
        "none, left-out kinds over 0.6": left_out,
        "texts": {name: len(texts) for name, texts in data.items()},
        "natural_pairs_over_0.6": overlap,
        "chosen_on": chosen_on,
        "test": report.measure(final.probabilities(design(data["test"])), labels(data["test"])),
    }  # fmt: skip
    test = result["test"]
    print(f"test split: {test['accuracy']:.4f}, calibration error {test['calibration_error']:.4f}")
    if not arguments.skip_natural:
        evaluation = data["natural"]
        probabilities = final.probabilities(design(evaluation))
        result["natural"] = report.measure(probabilities, labels(evaluation))
        result["natural"] |= report.by_set(evaluation, probabilities)
        result["natural"]["misses"] = report.misses(evaluation, probabilities)
        result["unsure"] = report.unsure(data["unsure"], final.probabilities(design(data["unsure"])))
        guide = final.probabilities(model.Design(["What is the derivative of f(x) = x^3?"], settings, extractor))[0]
        result["guide"] = {"label": corpus.LABELS[int(guide.argmax())], "probability": float(guide.max())}
        print(f"natural prompts: {result['natural']['accuracy']:.4f}; guide: {result['guide']}; {result['unsure']}")
        report.write(result, HERE / "report.json", ROOT / "docs" / "models.md")


if __name__ == "__main__":
    main()
