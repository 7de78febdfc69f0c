#!/usr/bin/env python3
"""Measures the domain reader with an encoder: `python3 training/domain_encoder/evaluate.py DOMAIN_REPORT MODEL.packed`.

DOMAIN_REPORT is the program of `scripts/release.sh domain-report`, so that the figures are the Swift reader's. Writes
report.json and the generated part of docs/models.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "domain_linear")]

import environment  # noqa: E402

MARKS = ("<!-- domain_encoder: written by training/domain_encoder/evaluate.py, do not edit -->", "<!-- domain_encoder: end -->")
SEED = 7


def main() -> None:
    environment.enter(HERE.parent / "domain_linear")
    import numpy as np

    import corpus
    import parts
    import report

    if len(sys.argv) != 3:
        raise SystemExit(__doc__.splitlines()[0])
    data = {name: texts for name, texts in parts.load(SEED).items() if name in ("test", "natural", "unsure")}
    result: dict = {"seed": SEED}
    times = []
    for name, texts in data.items():
        with tempfile.TemporaryDirectory() as folder:
            lines = Path(folder, "texts")
            lines.write_text("".join(json.dumps(t.text) + "\n" for t in texts), encoding="utf-8")
            answer = subprocess.run([sys.argv[1], lines, sys.argv[2]], check=True, stdout=subprocess.PIPE, text=True).stdout
        rows = [json.loads(line) for line in answer.splitlines()]
        assert len(rows) == len(texts), f"{len(rows)} answers for {len(texts)} texts"
        times += [(r["encoder"], r["head"]) for t, r in zip(texts, rows) if 25 <= len(t.text.split()) <= 35]
        for reader in ("linear", "both"):
            p = np.array([r[reader] for r in rows])
            if name == "unsure":
                result[f"{name}, {reader}"] = report.unsure(texts, p)
                continue
            result[f"{name}, {reader}"] = measured = report.measure(p, np.array([t.label for t in texts]))
            if name == "natural":
                measured["misses"] = report.misses(texts, p)
                measured |= report.by_set(texts, p)
    middle = np.median(np.array(times), axis=0)
    result["milliseconds of 30 words"] = {"encoder": float(middle[0]), "head and linear model": float(middle[1])}
    (HERE / "report.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    write_page(result, corpus, report)


def write_page(result: dict, corpus, report) -> None:
    trained = json.loads((HERE / "training.json").read_text())
    time = result["milliseconds of 30 words"]
    lines = [
        f"All by the Swift reader with its int8 encoder. Head: {trained['bytes']} bytes, {trained['networks']} networks, "
        f"{trained['neighbours']} neighbours. CPU time of 25 to 35 words, median of the same run: encoder {time['encoder']:.2f} ms, "
        f"head and linear model {time['head and linear model']:.2f} ms.", "",
        "| % | linear | with the encoder |", "|---|---|---|",
    ]  # fmt: skip

    def row(title: str, part: str, value) -> None:
        lines.append(f"| {title} | " + " | ".join(f"{100 * value(result[f'{part}, {r}']):.1f}" for r in ("linear", "both")) + " |")

    row(f"exam items of the test split right ({result['test, both']['count']})", "test", lambda m: m["accuracy"])
    row("macro F1", "test", lambda m: m["macro_f1"])
    row("expected calibration error, 15 bins, test split", "test", lambda m: m["calibration_error"])
    for threshold in (0.5, 0.6, 0.8):
        pick = lambda m, key, t=threshold: next(x[key] for x in m["thresholds"] if x["threshold"] == t)
        row(f"test: over {threshold}", "test", lambda m: pick(m, "coverage"))
        row(f"test: right over {threshold}", "test", lambda m: pick(m, "accuracy"))
        row(f"natural prompts: over {threshold}", "natural", lambda m: pick(m, "coverage"))
        row(f"natural prompts: right over {threshold}", "natural", lambda m: pick(m, "accuracy"))
    row(f"natural prompts right ({result['natural, both']['count']})", "natural", lambda m: m["accuracy"])
    row("of these the first 140", "natural", lambda m: m["first 140"])
    row("of these the 60 written later", "natural", lambda m: m["other 60"])
    row("expected calibration error, natural prompts", "natural", lambda m: m["calibration_error"])
    row("texts of no domain over 0.6 (300)", "unsure", lambda m: m["all"]["over"] / m["all"]["count"])
    lines += ["", "Texts of no domain over 0.6, by kind:", ""]
    lines += report.unsure_table({"linear": result["unsure, linear"], "with the encoder": result["unsure, both"]})
    lines += ["", "| domain | recall, linear | precision | recall, with the encoder | precision |", "|---|---|---|---|---|"]
    for name in corpus.LABELS:
        cells = [f"{100 * result[f'test, {r}']['by_label'][name][k]:.1f}" for r in ("linear", "both") for k in ("recall", "precision")]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    page = ROOT / "docs" / "models.md"
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(MARKS[0])
    page.write_text(before + MARKS[0] + "\n\n" + "\n".join(lines) + "\n\n" + MARKS[1] + rest.split(MARKS[1])[1], encoding="utf-8")


if __name__ == "__main__":
    main()
