"""Measures the model and writes its figures into report.json and docs/models.md, so that they are those of the file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

import calibration
from corpus import LABELS, Text

BEGIN = "<!-- domain_linear: written by training/domain_linear/train.py, do not edit -->"
END = "<!-- domain_linear: end -->"
SHORT = {"computer science": "comp. sci.", "engineering": "engineer.", "philosophy": "philos.", "psychology": "psych."}


def measure(probabilities: np.ndarray, labels: np.ndarray) -> dict:
    best, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right = best == labels
    confusion = np.zeros((len(LABELS), len(LABELS)), int)
    np.add.at(confusion, (labels, best), 1)
    recall = np.diag(confusion) / np.maximum(confusion.sum(axis=1), 1)
    precision = np.diag(confusion) / np.maximum(confusion.sum(axis=0), 1)
    bins = []
    for low in np.arange(10) / 10:
        inside = (confidence >= low) & ((confidence < low + 0.1) | (low == 0.9))
        if inside.any():
            mean, accuracy = float(confidence[inside].mean()), float(right[inside].mean())
            bins.append({"from": round(float(low), 1), "count": int(inside.sum()), "mean": mean, "accuracy": accuracy})
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    return {
        "count": len(labels),
        "accuracy": float(right.mean()),
        "macro_f1": float(f1.mean()),
        "by_label": {
            name: {"count": int(confusion[i].sum()), "recall": float(recall[i]), "precision": float(precision[i])}
            for i, name in enumerate(LABELS)
        },
        "confusion": confusion.tolist(),
        "bins": bins,
        "calibration_error": calibration.expected_error(probabilities, labels),
        "thresholds": [
            {
                "threshold": t,
                "coverage": float((confidence >= t).mean()),
                "accuracy": float(right[confidence >= t].mean()) if (confidence >= t).any() else None,
            }
            for t in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
        ],
    }


def unsure(texts: list[Text], probabilities: np.ndarray) -> dict[str, dict]:
    """By kind and in all: how many texts of no domain have a confidence over 0.6."""
    over = probabilities.max(axis=1) > 0.6
    kinds = np.array([t.group for t in texts])
    rows = {k: over[kinds == k] for k in dict.fromkeys(kinds.tolist())} | {"all": over}
    return {k: {"count": len(v), "over": int(v.sum())} for k, v in rows.items()}


def unsure_table(columns: dict[str, dict[str, dict]]) -> list[str]:
    """A column a reader of what `unsure` counts."""
    first = next(iter(columns.values()))
    lines = ["| kind | texts | " + " | ".join(f"{name}, over 0.6" for name in columns) + " |", "|---" * (2 + len(columns)) + "|"]
    for kind, row in first.items():
        lines.append(f"| {kind} | {row['count']} | " + " | ".join(str(c[kind]["over"]) for c in columns.values()) + " |")
    return lines


def misses(texts: list[Text], probabilities: np.ndarray) -> list[dict]:
    return [
        {"text": t.text, "label": LABELS[t.label], "taken_as": LABELS[int(p.argmax())], "probability": float(p.max())}
        for t, p in zip(texts, probabilities)
        if int(p.argmax()) != t.label
    ]


def percent(x: float) -> str:
    return f"{100 * x:.1f}"


def by_set(texts: list[Text], probabilities: np.ndarray) -> dict[str, float]:
    """The shares that are right of the natural prompts' two sets."""
    right = probabilities.argmax(axis=1) == np.array([t.label for t in texts])
    return {"first 140": float(right[:140].mean()), "other 60": float(right[140:].mean())}


def write(result: dict, json_path: Path, markdown_path: Path) -> None:
    json_path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    page = markdown_path.read_text(encoding="utf-8")
    start, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    markdown_path.write_text(page[:start] + "\n\n" + _markdown(result) + "\n" + page[end:], encoding="utf-8")


def _share(right: float, count: int) -> str:
    return f"{round(right * count)} of {count} ({percent(right)} %)"


def _mean_confidence(measured: dict) -> str:
    return percent(sum(b["mean"] * b["count"] for b in measured["bins"]) / measured["count"])


def _markdown(result: dict) -> str:
    test, nat = result["test"], result["natural"]
    t = result["texts"]
    lines = [
        f"Exam items of the test split: **{percent(test['accuracy'])} %** of {test['count']} right "
        f"(macro F1 {percent(test['macro_f1'])} %). "
        f"Natural prompts: **{percent(nat['accuracy'])} %** of {nat['count']}: "
        f"{_share(nat['first 140'], 140)} of the first, {_share(nat['other 60'], 60)} of those written later. "
        f"The guide's prompt is taken as {result['guide']['label']} with p = {result['guide']['probability']:.2f}.",
        "",
        f"Trained on {t['train'] + t['calibration']} exam items, {t['topics'] + t['held']} topic prompts and {t['none']} texts of no domain. "
        f"File: {result['model_bytes']} bytes. Seed {result['seed']}. Calibration: power {result['calibration'][0]:.3f}, "
        f"sharpness {result['calibration'][1]:.3f}; doubt {result['calibration'][2]:.2f} · none "
        f"+ {result['calibration'][4]:.2f} · best + {result['calibration'][5]:.2f}.",
        "",
        "A first model without the calibration split, on texts it had not seen (settings were chosen on these): "
        + ", ".join(f"{k} {percent(v)} %" for k, v in result["chosen_on"].items())
        + ".",
        "",
        "### By domain",
        "",
        "| domain | test items | recall % | precision % | natural prompts right |",
        "|---|---|---|---|---|",
    ]
    for i, name in enumerate(LABELS):
        row = test["by_label"][name]
        lines.append(
            f"| {name} | {row['count']} | {percent(row['recall'])} | {percent(row['precision'])} "
            f"| {nat['confusion'][i][i]} of {nat['by_label'][name]['count']} |"
        )
    heads = [SHORT.get(n, n) for n in LABELS]
    lines += ["", "### Confusion on the test split", "", "Rows: the true domain; columns: what the model said.", ""]
    lines += ["| | " + " | ".join(heads) + " |", "|---" * (len(LABELS) + 1) + "|"]
    for name, row in zip(heads, test["confusion"]):
        lines.append(f"| {name} | " + " | ".join(str(v) if v else "·" for v in row) + " |")
    lines += [
        "", "### Calibration", "",
        "Of the prompts whose best label has a confidence in the bin, how many are right. Expected calibration error, 15 bins: "
        f"test split {percent(test['calibration_error'])} %, natural prompts {percent(nat['calibration_error'])} %: "
        f"doubt leaves them under-confident, {_mean_confidence(nat)} % on average where {percent(nat['accuracy'])} % are right.", "",
        "| confidence | test items | mean confidence % | right % | natural prompts | right % |", "|---|---|---|---|---|---|",
    ]  # fmt: skip
    natural_bins = {b["from"]: b for b in nat["bins"]}
    for b in test["bins"]:
        n = natural_bins.get(b["from"])
        lines.append(
            f"| {b['from']:.1f}–{b['from'] + 0.1:.1f} | {b['count']} | {percent(b['mean'])} | {percent(b['accuracy'])} "
            f"| {n['count'] if n else 0} | {percent(n['accuracy']) if n else '–'} |"
        )
    lines += [
        "", "| threshold | test: above it % | right above it % | natural: above it % | right above it % |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    for a, b in zip(test["thresholds"], nat["thresholds"]):
        lines.append(
            f"| {a['threshold']} | {percent(a['coverage'])} | {percent(a['accuracy'])} "
            f"| {percent(b['coverage'])} | {percent(b['accuracy']) if b['accuracy'] is not None else '–'} |"
        )
    lines += ["", "### Texts of no domain", "", "How many of those that nobody should be sure about are over 0.6.", ""]
    lines += unsure_table({"linear": result["unsure"]})
    lines += ["", "### Natural prompts that are missed", "", "| prompt | domain | taken as | p |", "|---|---|---|---|"]
    for m in nat["misses"]:
        text = m["text"].replace("|", "\\|")
        lines.append(f"| {text} | {m['label']} | {m['taken_as']} | {m['probability']:.2f} |")
    return "\n".join(lines) + "\n"
