#!/usr/bin/env python3
"""Trains the guard: `python3 training/guard/train.py`.

Seeded: the same inputs and the pinned packages give the same files. Makes its own virtual environment beside this file
when the packages are missing. Writes the linear model, the test vectors of the Swift reader, report.json and the generated
part of docs/models.md; with embeddings (`--encoder BENCH_ENCODER --encoder-model PACKED`, kept in .cache/guard) the head
over the encoder as well. Without them the head and its figures stay as they are.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))

import environment  # noqa: E402

SETTINGS = {"word_buckets": 45_000, "gram_buckets": 45_000, "regularisation": 1.0}
OWN_WEIGHT = 0.7
DOCUMENTS = (20_000, 5_000)
"""Bytes of the documents that say what length gains; the linear model goes by the first."""


def main() -> None:
    # On a machine with other work, threads that wait for one another cost more than they bring.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    environment.enter(HERE)
    import random
    import time

    import numpy as np

    import guard_corpus
    import guard_model
    import corpus
    import model

    import disguises
    import embeddings
    import guard_head
    import guard_report
    import guard_vectors

    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--encoder", type=Path, help="bench-encoder, to embed texts that .cache/guard lacks")
    arguments.add_argument("--encoder-model", type=Path, help="a packed all-MiniLM-L6-v2")
    arguments.add_argument("--skip-families", action="store_true", help="leave out the runs without a family, and the report")
    arguments = arguments.parse_args()
    begin = time.monotonic()

    def note(text: str) -> None:
        print(f"{time.monotonic() - begin:6.1f} s  {text}", flush=True)

    # Texts. Nothing that comes near the evaluation set is learnt from.
    evaluation = guard_corpus.evaluation()
    texts = guard_corpus.collected() + guard_corpus.own(arguments.seed)
    short = [t for t in texts if len(t.text) < 2000]
    kept, dropped = corpus.drop_near(short, evaluation)
    ids = {id(t) for t in kept}
    texts = [t for t in texts if len(t.text) >= 2000 or id(t) in ids]
    note(f"{len(texts)} texts; {len(dropped)} dropped as near the evaluation set")

    labels = np.array([t.label for t in texts])
    own = np.array([t.is_own for t in texts])
    family = np.array([t.family for t in texts])
    source = np.array([t.source for t in texts])
    groups = sorted({t.group for t in texts})
    random.Random(arguments.seed).shuffle(groups)
    share = {g: i / len(groups) for i, g in enumerate(groups)}
    place = np.array([share[t.group] for t in texts])
    train, test = np.where(place < 0.8)[0], np.where(place >= 0.8)[0]

    settings = model.Settings(**SETTINGS)
    extractor = guard_model.Extractor()
    encode = lambda items: [t.text.encode("utf-8", "replace") for t in items]
    parts = guard_model.Windows(encode(texts), settings, extractor)
    note(f"{len(parts.text)} windows")

    def fit(chosen: np.ndarray) -> model.Model:
        part = parts.select(chosen)
        weights = np.where(own[chosen], OWN_WEIGHT, 1.0)[part.text] / np.sqrt(part.lengths[part.text])
        return guard_model.fit(part.design, labels[chosen][part.text], weights, settings)

    def read(linear: model.Model, chosen: np.ndarray) -> guard_model.Scores:
        return guard_model.scores(linear, parts.select(chosen))

    # Scores of the training texts by models that have not seen them: they set the probabilities and weigh the encoder.
    folds = np.array([random.Random(f"{arguments.seed}:{t.group}").randrange(4) for t in texts])
    unseen = guard_model.Scores(np.zeros((len(texts), 4)), np.ones(len(texts), int))
    documents: dict[int, list] = {size: [] for size in DOCUMENTS}
    long_texts: dict[int, list] = {size: [] for size in DOCUMENTS}
    for fold in range(4):
        rest, chosen = train[folds[train] != fold], train[folds[train] == fold]
        linear = fit(rest)
        found = read(linear, chosen)
        unseen.values[chosen], unseen.windows[chosen] = found.values, found.windows
        honest = [texts[i].text for i in chosen if labels[i] == 0 and not own[i]]
        for size in DOCUMENTS:
            name = f"{arguments.seed}:{fold}" + (f":{size}" if size != DOCUMENTS[0] else "")
            long = guard_report.documents(honest, size, 40, random.Random(name))
            long_texts[size].append(long)
            documents[size].append(guard_model.scores(linear, guard_model.Windows(long, settings, extractor)))
    benign = train[labels[train] == 0]
    documents = {size: guard_model.joined(parts) for size, parts in documents.items()}
    penalty = guard_model.penalties(documents[DOCUMENTS[0]], unseen.select(benign))
    note(f"penalties of length: {penalty}")
    calibration = guard_model.calibrate(unseen.select(benign), penalty)
    final = fit(train)
    note("linear model fitted")
    data = guard_model.encode(final, calibration)
    models = ROOT / "Sources" / "CReadingModels"
    (models / "guard_linear.bin").write_bytes(data)

    # The head over embeddings.
    vectors = embeddings.Embeddings(ROOT / ".cache/guard/windows.npz", arguments.encoder, arguments.encoder_model)
    wanted = encode(texts + evaluation)
    has_encoder = arguments.encoder is not None or vectors.has(wanted)
    head = None
    if has_encoder:
        embedded = vectors.of(wanted)
        embedded_evaluation = embedded.select(np.arange(len(texts), len(wanted)))
        embedded = embedded.select(np.arange(len(texts)))
        note(f"{len(embedded.values)} windows embedded")
        weight = np.where(own, OWN_WEIGHT, 1.0)
        encoded = np.zeros((len(texts), 4))
        encoded_documents: dict[int, list] = {size: [] for size in DOCUMENTS}
        for fold in range(4):
            rest, chosen = train[folds[train] != fold], train[folds[train] == fold]
            encoder = guard_head.fit_encoder(embedded.select(rest), labels[rest], weight[rest])
            encoded[chosen] = encoder.scores(embedded.select(chosen))
            for size in DOCUMENTS:
                encoded_documents[size].append(encoder.scores(vectors.of(long_texts[size][fold])))
        encoder = guard_head.fit_encoder(embedded.select(train), labels[train], weight[train])
        head = guard_head.join(encoder, unseen.values[train], encoded[train], labels[train])
        scale = np.linalg.norm(head.weights, axis=1) / np.linalg.norm(encoder.weights, axis=1)

        def join_unseen(linear: guard_model.Scores, encoded: np.ndarray) -> guard_model.Scores:
            """Each fold's own encoder, the weights of the two as they are shipped."""
            values = linear.values * head.linear_weights + head.biases + scale * (encoded - encoder.biases)
            return guard_model.Scores(values, linear.windows)

        joined = join_unseen(unseen, encoded).select(benign)
        # The linear model's windows grow with a text, the encoder's end at eight: the length at which most is gained counts.
        head_penalty = np.max(
            [
                guard_model.penalties(join_unseen(documents[size], np.concatenate(encoded_documents[size])), joined)
                for size in DOCUMENTS
            ],
            axis=0,
        )
        head_calibration = guard_model.calibrate(joined, head_penalty)
        (models / "guard_head.bin").write_bytes(head.encode(head_calibration))
        note(f"head fitted; penalties of length: {head_penalty}")

    parts_evaluation = guard_model.Windows(encode(evaluation), settings, extractor)
    guard_vectors.write(
        ROOT / "Tests/ReadingTests/GuardVectors.swift", final, calibration, extractor, texts, arguments.seed
    )
    if head:
        guard_vectors.write_head(
            ROOT / "Tests/ReadingTests/GuardHeadVectors.swift", head, head_calibration,
            guard_model.scores(final, parts_evaluation), embedded_evaluation,
        )  # fmt: skip

    def judge_linear(items: list[bytes]) -> np.ndarray:
        return calibration.probabilities(guard_model.scores(final, guard_model.Windows(items, settings, extractor)))

    def judge_both(items: list[bytes]) -> np.ndarray:
        """What serves beside an encoder: of disguised texts the surer of both judgements."""
        read = guard_model.Windows(items, settings, extractor)
        linear = guard_model.scores(final, read)
        both = head_calibration.probabilities(head.scores(linear, vectors.of(items)))
        return np.where(read.disguised[:, None], guard_head.surer(both, calibration.probabilities(linear)), both)

    # Figures on texts that nothing has seen.
    readers = {"linear": (read(final, test), calibration)}
    evaluated = {"linear": (guard_model.scores(final, parts_evaluation), calibration)}
    if head:
        readers["encoder"] = (guard_model.Scores(encoder.scores(embedded.select(test)), np.ones(len(test), int)), None)
        readers["both"] = (head.scores(readers["linear"][0], embedded.select(test)), head_calibration)
        evaluated["both"] = (head.scores(evaluated["linear"][0], embedded_evaluation), head_calibration)
    result = {
        "seed": arguments.seed,
        "bytes": len(data),
        "texts": {"train": len(train), "test": len(test), "own": int(own.sum()), "dropped": len(dropped)},
        "in_family": {n: guard_report.recalls(s.values, labels[test], own[test]) for n, (s, _) in readers.items()},
        "thresholds": {
            n: guard_report.thresholds(c.probabilities(s), labels[test], own[test]) for n, (s, c) in readers.items() if c
        },
        "sources": guard_report.by_source(
            {n: c.probabilities(s) for n, (s, c) in readers.items() if c}, labels[test], source[test]
        ),
        "evaluation": {
            n: guard_report.evaluation(c.probabilities(s), evaluation) for n, (s, c) in evaluated.items()
        },
    }
    note("in family: " + guard_report.short(result["in_family"]))
    note("thresholds: " + json.dumps(result["thresholds"]["linear"]))
    note("evaluation: " + json.dumps({n: e["thresholds"] for n, e in result["evaluation"].items()}))

    attacks = test[(labels[test] != 0) & ~own[test]]
    attacks = np.array([i for i in attacks if len(texts[i].text) < 2500][:250])
    bounds = guard_report.bounds(readers["linear"][0].values, labels[test])
    if head:
        risks = lambda items: np.stack([1 - (p := judge_both(items))[:, 0], p[:, 1]], axis=1)
        bounds_both = guard_report.bounds(risks(encode([texts[i] for i in test])), labels[test])
    result["disguises"] = {}
    for name, disguise in {"none": lambda text, _: text, **disguises.ALL}.items():
        rng = random.Random(f"{arguments.seed}:{name}")
        changed = [disguise(texts[i].text, rng).encode("utf-8", "replace") for i in attacks]

        def found(normalizes: bool) -> dict:
            read = guard_model.Windows(changed, settings, extractor, normalizes=normalizes)
            return guard_report.above(guard_model.scores(final, read).values, labels[attacks], bounds)["risk"]

        row = {"linear": found(True), "without normaliser": found(False)}
        if head:
            row["both"] = guard_report.above(risks(changed), labels[attacks], bounds_both)["risk"]
        result["disguises"][name] = row
    note("disguises: " + json.dumps({k: {n: r["0.01"] for n, r in v.items()} for k, v in result["disguises"].items()}))
    result["long"] = {}
    used = {t.text for t in texts}
    passages = [q.encode() for q in guard_corpus.exam_questions() if q not in used]
    long_test = [i for i in test if len(texts[i].text) > 1500]
    for name, judge in {"linear": judge_linear, **({"both": judge_both} if head else {})}.items():
        result["long"][name] = guard_report.long_texts(
            [texts[i].text for i in test if labels[i] == 0 and not own[i]],
            [texts[i].text for i in test if labels[i] == 1 and len(texts[i].text) < 1500],
            {
                "exam questions over 1 500 bytes": [q for q in passages if len(q) > 1500][:600],
                "test prompts over 1 500 bytes, benign": encode([texts[i] for i in long_test if labels[i] == 0]),
            },
            {"test prompts over 1 500 bytes": encode([texts[i] for i in long_test if labels[i] != 0])},
            judge,
            arguments.seed,
        )
    note("long: " + json.dumps(result["long"]))
    if arguments.skip_families:
        return

    # Without a family: what a new kind of attack, or of honest prompt, meets.
    result["left_out"] = {}
    for name in sorted(set(family)):
        inside = np.where(family == name)[0]
        is_attack = labels[inside[0]] != 0
        if name.startswith("own_"):
            continue
        rest = train[family[train] != name]
        linear = fit(rest)
        others = test[(family[test] != name) & (labels[test] == 0)]
        values = {"linear": (read(linear, others).values, read(linear, inside).values)}
        if head:
            lone = guard_head.fit_encoder(embedded.select(rest), labels[rest], weight[rest])
            pair = [lone.scores(embedded.select(chosen)) for chosen in (others, inside)]
            values["encoder"] = tuple(pair)
            values["both"] = tuple(
                v * head.linear_weights + scale * e for v, e in zip(values["linear"], pair)
            )
        result["left_out"][name] = {
            "attack": bool(is_attack), "count": len(inside), "label": guard_model.LABELS[labels[inside[0]]],
            "above": {
                n: {str(f): float((v[:, 0] > np.quantile(o[:, 0], 1 - f)).mean()) for f in guard_report.RATES}
                for n, (o, v) in values.items()
            },
        }  # fmt: skip
        note(f"without {name}: " + json.dumps(result["left_out"][name]["above"]))
    guard_report.write(result, HERE / "report.json", ROOT / "docs" / "models.md")
    note("done")


if __name__ == "__main__":
    main()
