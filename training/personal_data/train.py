#!/usr/bin/env python3
"""Trains the finders of names: `python3 training/personal_data/train.py [--encoder BENCH_ENCODER MODEL.packed]`.

Seeded. Makes its own virtual environment beside this file when the packages are missing. Writes the linear tagger
(Sources/CReadingModels/names.bin) and the test vectors of its Swift reader; with an encoder also the token head
(name_head.bin). `Benchmarks/reading/run.sh` makes the packed model. Figures: evaluate.py.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))

import environment  # noqa: E402

SEED = 7


def main() -> None:
    environment.enter(HERE)
    import random

    import corpus
    import linear
    import model
    import numpy as np
    import sets
    import vectors
    import words
    from encoder import Encoder

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", nargs=2, metavar=("BENCH_ENCODER", "MODEL"))
    parser.add_argument("--head-texts", type=int, default=4500)
    arguments = parser.parse_args()
    start = time.time()
    log = lambda *what: print(f"{time.time() - start:5.0f} s", *what, flush=True)

    held = corpus.held_out_templates(sets.presidio(), SEED)
    exam = corpus.nameless(corpus.exam_halves(SEED)[0])[:2000]
    texts = corpus.training(random.Random(SEED), held, exam, per_template=20)
    log(f"{len(texts)} texts, {len(held)} templates held out")

    lexicon = corpus.lexicon()
    features = words.Features(lexicon, model.BUCKETS)
    rows, targets = [], []
    for text in texts:
        row, places = features.rows(text.text.encode())
        rows.append(row)
        targets.append(model.labels(text, places))
    y = np.concatenate(targets)
    log(f"{len(y)} words:", dict(zip(corpus.LABELS, np.bincount(y).tolist())))
    weights = linear.fit(linear.design(np.concatenate(rows), model.BUCKETS), y, len(corpus.LABELS), 2e-6, 40)
    integers, scale = model.quantised(weights)
    data = model.encode_tagger(integers, scale, lexicon)
    (ROOT / "Sources/CReadingModels/names.bin").write_bytes(data)
    vectors.write(ROOT / "Tests/ReadingTests/PersonalDataNameVectors.swift", features, integers, scale)
    log(f"tagger: {len(data)} bytes")

    if arguments.encoder:
        encoder = Encoder(*arguments.encoder)
        inputs, targets = [], []
        for text in texts[: arguments.head_texts]:
            raw = text.text[:400]
            data = raw.encode()
            places = words.split(data)
            if not places:
                continue
            vector, known = encoder.words(data, places)
            cut = sets.Text(raw, [s for s in text.spans if s[2] <= 400])
            inputs.append(np.concatenate([vector, model.extra(features, data, places)], 1)[known])
            targets.append(model.labels(cut, places)[known])
        x, y = np.concatenate(inputs), np.concatenate(targets)
        log(f"head: {len(y)} words with vectors")
        head = linear.fit(x, y, len(corpus.LABELS), 1e-5, 120)
        data = model.encode_head(head, 0.5, 0.9)
        (ROOT / "Sources/CReadingModels/name_head.bin").write_bytes(data)
        log(f"head: {len(data)} bytes")


if __name__ == "__main__":
    main()
