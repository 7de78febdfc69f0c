"""The splits that both domain trainers share, and what both fit their calibration on."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np

import calibration
import corpus
import unsure
from corpus import Text

CALIBRATION = [("calibration", 1.0), ("held", 0.3), ("choice", 0.15)]
"""What the calibration is fitted on, with the weight of each part."""

NONE_WEIGHTS = (0.2, 0.4, 0.8)
"""Of texts of no domain: the one with the least calibration error on the calibration split is taken."""
TOPIC_WEIGHT = 0.5
FIRST = Path(__file__).resolve().parent.parent.parent / ".cache" / "domain_linear" / "first.npz"


def write_first(scores: dict[str, np.ndarray]) -> None:
    """Keeps what the first linear model says of the texts that it has not seen, for the trainer of the head."""
    FIRST.parent.mkdir(parents=True, exist_ok=True)
    np.savez(FIRST, **scores)


def read_first() -> dict[str, np.ndarray]:
    if not FIRST.exists():
        raise SystemExit(f"{FIRST} is missing; run training/domain_linear/train.py first")
    with np.load(FIRST) as file:
        return dict(file)


def load(seed: int) -> dict[str, list[Text]]:
    """Exam items by group into train, calibration and test; topics in topics and held; the sets of natural prompts; texts
    of no domain, `none` for training and `unsure` for evaluation. No training text resembles one of an evaluation."""
    development, choice = corpus.natural("dev_prompts.jsonl"), corpus.natural("choice_prompts.jsonl")
    natural = corpus.natural("natural_eval.jsonl") + corpus.natural("natural_eval_second.jsonl")
    rows = [json.loads(line) for line in (corpus.HERE / "unsure_eval.jsonl").read_text(encoding="utf-8").splitlines()]
    unsure_eval = [Text(r["text"], unsure.LABEL, r["kind"]) for r in rows]
    guarded = development + choice + natural
    exam = corpus.drop_near(corpus.exam(), guarded)[0]
    topics = corpus.drop_near(corpus.topic_prompts(seed, per_topic=3), guarded)[0]
    groups = sorted({t.group for t in exam})
    random.Random(seed).shuffle(groups)
    share = {g: i / len(groups) for i, g in enumerate(groups)}
    topic_groups = sorted({t.group for t in topics})
    random.Random(seed + 1).shuffle(topic_groups)
    held = set(topic_groups[: len(topic_groups) // 10])
    # Texts of a letter or two have no n-grams to compare.
    short = {t.text.lower() for t in unsure_eval}
    none = unsure.texts(seed)
    none = [t for t in none if len(t.text) <= 2 and t.text.lower() not in short] + corpus.drop_near(
        [t for t in none if len(t.text) > 2], unsure_eval + natural + choice
    )[0]
    return {
        "train": [t for t in exam if share[t.group] < 0.70],
        "calibration": [t for t in exam if 0.70 <= share[t.group] < 0.85],
        "test": [t for t in exam if share[t.group] >= 0.85],
        "topics": [t for t in topics if t.group not in held],
        "held": [t for t in topics if t.group in held],
        "choice": choice, "development": development, "natural": natural, "none": none, "unsure": unsure_eval,
    }  # fmt: skip


def fitted(samples: list[calibration.Sample], kinds: list[calibration.Sample]):
    """(calibration, factor of the head's share, share of left-out kinds over 0.6), by `NONE_WEIGHTS`; the first sample is of
    the calibration split."""
    best = None
    for weight in NONE_WEIGHTS:
        found, factor = calibration.fit(samples + [replace(kind, weight=kind.weight * weight) for kind in kinds])

        def probabilities(s: calibration.Sample) -> np.ndarray:
            return found.probabilities(s.scores, s.none, factor * s.added, s.head_none)

        left_out = float(np.mean(np.concatenate([probabilities(k).max(axis=1) > 0.6 for k in kinds])))
        error = calibration.expected_error(probabilities(samples[0]), samples[0].labels)
        print(f"weight of none {weight}: error {error:.4f}, left-out kinds over 0.6 {left_out:.4f}, {found.values}", flush=True)
        if best is None or error < best[0]:
            best = (error, found, factor, left_out)
    assert best is not None
    return best[1:]
