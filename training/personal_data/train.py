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
    import network
    import numpy as np
    import sets
    import vectors
    import words
    from encoder import Encoder

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", nargs=2, metavar=("BENCH_ENCODER", "MODEL"))
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
        vectors_of, extras, known, targets, before, after = [], [], [], [], [], []
        # The tagger alone takes more of everything for names with these.
        for text in texts + corpus.lookalikes(held, per_template=20):
            raw = text.text[:400]
            data = raw.encode()
            places = words.split(data)
            if not places:
                continue
            vector, seen = encoder.words(data, places)
            cut = sets.Text(raw, [s for s in text.spans if s[2] <= 400])
            # Half the precision, so that all of them fit a small machine's memory.
            vectors_of.append(vector.astype(np.float16))
            extras.append(model.extra(features, data, places))
            known.append(seen)
            targets.append(model.labels(cut, places))
            before.append(np.arange(len(places)) > 0)
            after.append(np.arange(len(places)) < len(places) - 1)
        table, extra = np.concatenate(vectors_of), np.concatenate(extras)
        before, after = np.concatenate(before), np.concatenate(after)
        chosen = np.flatnonzero(np.concatenate(known))
        y = np.concatenate(targets)[chosen]
        log(f"head: {len(y)} words with vectors")
        scale = 1 / table.std(dtype=np.float32)

        def inputs(indices: np.ndarray) -> np.ndarray:
            at = chosen[indices]
            beside = lambda offset, there: table[(at + offset) % len(table)] * there[at][:, None]
            vectors3 = np.concatenate([table[at], beside(-1, before), beside(1, after)], 1).astype(np.float32)
            return np.concatenate([vectors3 * scale, extra[at]], 1)

        head = network.fit(inputs, y, len(corpus.LABELS), units=64, epochs=4, dropout=0.2, seed=SEED)
        head.hidden[: -model.HEAD_EXTRA] *= scale
        data = model.encode_head(head, *model.SHARES)
        (ROOT / "Sources/CReadingModels/name_head.bin").write_bytes(data)
        path = ROOT / "Tests/ReadingTests/PersonalDataHeadVectors.swift"
        vectors.write_head(path, features, integers, scale, model.rounded(head)[0], model.SHARES)
        log(f"head: {len(data)} bytes")


if __name__ == "__main__":
    main()
