"""Measures the guard and writes its figures into report.json and docs/models.md, so that they are those of the files."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np

from guard_model import LABELS

BEGIN = "<!-- guard: written by training/guard/train.py, do not edit -->"
END = "<!-- guard: end -->"
RATES = (0.001, 0.01, 0.05, 0.09)
THRESHOLDS = (0.5, 0.7, 0.9)


def bounds(values: np.ndarray, labels: np.ndarray) -> dict:
    """Scores that a share of benign texts is above, for risk and for jailbreak."""
    benign = values[labels == 0]
    return {n: {str(f): float(np.quantile(benign[:, k], 1 - f)) for f in RATES} for k, n in enumerate(("risk", "jailbreak"))}


def above(values: np.ndarray, labels: np.ndarray, limits: dict) -> dict:
    """The share of attacks above each bound: of all by risk, of jailbreaks by jailbreak."""
    return {
        "risk": {f: float((values[labels != 0, 0] > x).mean()) for f, x in limits["risk"].items()},
        "jailbreak": {f: float((values[labels == 1, 1] > x).mean()) for f, x in limits["jailbreak"].items()},
    }


def recalls(values: np.ndarray, labels: np.ndarray, own: np.ndarray) -> dict:
    return {
        "collected": above(values[~own], labels[~own], bounds(values[~own], labels[~own])),
        "all": above(values, labels, bounds(values, labels)),
    }


def short(in_family: dict) -> str:
    return "; ".join(
        f"{n}: risk {r['collected']['risk']['0.01']:.3f}, jailbreak {r['collected']['jailbreak']['0.01']:.3f}"
        for n, r in in_family.items()
    )


def thresholds(probabilities: np.ndarray, labels: np.ndarray, own: np.ndarray) -> list[dict]:
    risk, jailbreak = 1 - probabilities[:, 0], probabilities[:, 1]
    rows = []
    for t in THRESHOLDS:
        row = {"threshold": t}
        for name, p in (("risk", risk), ("jailbreak", jailbreak)):
            row[name] = {
                "false": float((p[labels == 0] >= t).mean()),
                "false_collected": float((p[(labels == 0) & ~own] >= t).mean()),
                **{LABELS[k]: float((p[(labels == k) & ~own] >= t).mean()) for k in (1, 2, 3)},
            }
        rows.append(row)
    return rows


def by_source(probabilities: dict, labels: np.ndarray, sources: np.ndarray) -> list[dict]:
    rows = []
    for source in sorted(set(sources)):
        for label in sorted(set(labels[sources == source])):
            inside = (sources == source) & (labels == label)
            row = {"source": source, "label": LABELS[label], "count": int(inside.sum())}
            for name, p in probabilities.items():
                row[name] = {
                    "risk": float((1 - p[inside, 0] >= 0.7).mean()), "jailbreak": float((p[inside, 1] >= 0.7).mean()),
                }  # fmt: skip
            rows.append(row)
    return rows


def evaluation(probabilities: np.ndarray, texts: list) -> dict:
    labels = np.array([t.label for t in texts])
    kinds = np.array([t.source for t in texts])
    risk = 1 - probabilities[:, 0]
    return {
        "counts": {LABELS[k]: int((labels == k).sum()) for k in range(4)},
        "thresholds": [
            {
                "threshold": t,
                "false": float((risk[labels == 0] >= t).mean()),
                "attacks": float((risk[labels != 0] >= t).mean()),
                "jailbreaks": float((risk[labels == 1] >= t).mean()),
                "false_jailbreak": float((probabilities[labels == 0, 1] >= t).mean()),
                "jailbreaks_as_such": float((probabilities[labels == 1, 1] >= t).mean()),
            }
            for t in THRESHOLDS
        ],
        "kinds": [
            {
                "kind": kind, "label": LABELS[label], "count": int(((kinds == kind) & (labels == label)).sum()),
                **{str(t): int((risk[(kinds == kind) & (labels == label)] >= t).sum()) for t in THRESHOLDS},
            }
            for label in range(3, -1, -1)
            for kind in sorted(set(kinds[labels == label]))
        ],
        "false_alarms": [
            {"text": t.text, "risk": float(r)} for t, r in zip(texts, risk) if t.label == 0 and r >= 0.7
        ],
    }  # fmt: skip


def documents(texts: list[str], size: int, count: int, rng: random.Random, inside: list[str] | None = None) -> list[bytes]:
    """Documents of so many bytes, strung together from texts, with one of `inside` in the middle if there are any."""
    out = []
    for _ in range(count):
        pieces, length = [], 0
        while length < size:
            pieces.append(rng.choice(texts)[:3000])
            length += len(pieces[-1]) + 2
        if inside:
            pieces.insert(len(pieces) // 2, rng.choice(inside))
        out.append("\n\n".join(pieces).encode("utf-8", "replace"))
    return out


def long_texts(benign: list[str], attacks: list[str], benign_sets: dict, attack_sets: dict, judge, seed: int) -> list[dict]:
    """Documents of many benign texts, the same with one attack in the middle, and long texts as they are."""
    risky = lambda items: {str(t): float((1 - judge(items)[:, 0] >= t).mean()) for t in THRESHOLDS}
    rows = []
    for size, count in ((2_000, 200), (5_000, 150), (20_000, 60), (100_000, 20)):
        made = lambda *inside: documents(benign, size, count, random.Random(f"{seed}:{size}"), *inside)
        name = f"benign test prompts strung together, {size} bytes"
        rows.append({"texts": name, "count": count, "false": risky(made()), "found": risky(made(attacks))})
    for name, items in benign_sets.items():
        rows.append({"texts": name, "count": len(items), "false": risky(items)})
    for name, items in attack_sets.items():
        rows.append({"texts": name, "count": len(items), "found": risky(items)})
    return rows


def percent(x: float) -> str:
    return f"{100 * x:.1f}"


def write(result: dict, json_path: Path, markdown_path: Path) -> None:
    json_path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    page = markdown_path.read_text(encoding="utf-8")
    start, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    markdown_path.write_text(page[:start] + "\n\n" + _markdown(result) + "\n" + page[end:], encoding="utf-8")


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return ["| " + " | ".join(head) + " |", "|---" * len(head) + "|", *("| " + " | ".join(r) + " |" for r in rows), ""]


def _markdown(result: dict) -> str:
    t = result["texts"]
    readers = list(result["in_family"])
    lines = [
        f"Trained on {t['train']} texts, tested on {t['test']}; {t['own']} of both are written for this project, "
        f"{t['dropped']} were dropped for being near the evaluation set. Linear model: {result['bytes']} bytes. "
        f"Seed {result['seed']}.",
        "",
        "### What a threshold means",
        "",
        "On the test split. *Risk* is 1 − P(benign). False alarms are a share of benign prompts, in brackets of the collected ones "
        "alone; the other columns say how much is found of the collected prompts of a label. All in per cent.",
        "",
    ]
    for name, rows in result["thresholds"].items():
        lines += [f"**{name}**", ""] + _table(
            ["on", "threshold", "false alarms", "jailbreak", "harmful_request", "toxicity"],
            [
                [
                    score, str(r["threshold"]), f"{100 * r[score]['false']:.2f} ({100 * r[score]['false_collected']:.2f})",
                    *(percent(r[score][k]) for k in LABELS[1:]),
                ]
                for score in ("risk", "jailbreak")
                for r in rows
            ],
        )  # fmt: skip
    lines += [
        "### Recall at a rate of false alarms, known families", "",
        "Per cent of the collected test prompts: *A*, jailbreaks by the jailbreak score; *B*, everything that is not benign by risk.", "",
    ] + _table(
        ["", *(f"{k} at {100 * f:g} %" for k in "AB" for f in RATES)],
        [
            [n, *(percent(r["collected"][s][str(f)]) for s in ("jailbreak", "risk") for f in RATES)]
            for n, r in result["in_family"].items()
        ],
    )  # fmt: skip
    lines += [
        "### Families left out", "",
        "The family is in no training text. Per cent of an attack family that is found (by risk) at a rate of false alarms on the "
        "test split's other benign prompts: the honest figure for new kinds of attacks.", "",
    ] + _table(
        ["attack family", "texts", *(f"{n}, {100 * f:g} %" for n in readers for f in (0.01, 0.05, 0.09))],
        [
            [name, str(r["count"]), *(percent(r["above"][n][str(f)]) for n in readers for f in (0.01, 0.05, 0.09))]
            for name, r in result["left_out"].items()
            if r["attack"]
        ],
    )  # fmt: skip
    lines += ["Per cent of a benign family that is a false alarm at the same bounds.", ""] + _table(
        ["benign family", "texts", *(f"{n}, {100 * f:g} %" for n in readers for f in (0.01, 0.05, 0.09))],
        [
            [name, str(r["count"]), *(percent(r["above"][n][str(f)]) for n in readers for f in (0.01, 0.05, 0.09))]
            for name, r in result["left_out"].items()
            if not r["attack"]
        ],
    )
    lines += [
        "### Disguised attacks", "",
        "The collected attacks of the test split, disguised: per cent found by risk at a rate of false alarms. *Both* is what serves "
        "beside an encoder, which reads a text as it was sent: where a disguise was undone the surer judgement of the two counts.", "",
    ]
    disguised = [n for n in ("linear", "without normaliser", "both") if n in result["disguises"]["none"]]
    rates = {n: (0.01,) if n == "without normaliser" else RATES for n in disguised}
    lines += _table(
        ["disguise", *(f"{n}, {100 * f:g} %" for n in disguised for f in rates[n])],
        [
            [name, *(percent(r[n][str(f)]) for n in disguised for f in rates[n])]
            for name, r in result["disguises"].items()
        ],
    )
    lines += [
        "### Long texts", "",
        "False alarms on benign test prompts strung together, and what is found if one attack of under 1 500 bytes stands in the middle; "
        "long texts as they are. Per cent with risk over the threshold.", "",
    ]
    long = result["long"]
    cell = lambda row, key, t: percent(row[key][str(t)]) if key in row else ""
    for key, title in (("false", "false alarms"), ("found", "found")):
        lines += _table(
            [f"{title}: texts", "count", *(f"{n}, {t}" for n in long for t in THRESHOLDS)],
            [
                [row["texts"], str(row["count"]), *(cell(long[n][i], key, t) for n in long for t in THRESHOLDS)]
                for i, row in enumerate(next(iter(long.values())))
                if key in row
            ],
        )
    names = list(result["thresholds"])
    lines += ["### By source", "", "Per cent of the test split with risk, or P(jailbreak), of 0.7 and more.", ""] + _table(
        ["source", "label", "texts", *(f"{n}, {k}" for n in names for k in ("risk", "jailbreak"))],
        [
            [r["source"], r["label"], str(r["count"]), *(percent(r[n][k]) for n in names for k in ("risk", "jailbreak"))]
            for r in result["sources"]
        ],
    )
    first = next(iter(result["evaluation"].values()))
    lines += [
        "### The hand-written evaluation set", "",
        f"{first['counts']['jailbreak']} jailbreaks and injections, {first['counts']['harmful_request']} harmful requests, "
        f"{first['counts']['toxicity']} toxic texts and {first['counts']['benign']} benign prompts that look like them, written "
        "before any training. All in per cent.", "",
    ] + _table(
        ["", "threshold", "false alarms (risk)", "attacks found (risk)", "jailbreaks found (risk)", "false alarms (jailbreak)", "jailbreaks found (jailbreak)"],
        [
            [n, str(r["threshold"]), *(percent(r[k]) for k in ("false", "attacks", "jailbreaks", "false_jailbreak", "jailbreaks_as_such"))]
            for n, e in result["evaluation"].items()
            for r in e["thresholds"]
        ],
    )  # fmt: skip
    evaluations = result["evaluation"]
    lines += ["How many of a kind are over 0.5 / 0.7 / 0.9:", ""] + _table(
        ["kind", "label", "texts", *evaluations],
        [
            [
                row["kind"], row["label"], str(row["count"]),
                *(" / ".join(str(e["kinds"][i][str(t)]) for t in THRESHOLDS) for e in evaluations.values()),
            ]
            for i, row in enumerate(first["kinds"])
        ],
    )  # fmt: skip
    lines += ["Benign prompts of the set with a risk over 0.7:", ""]
    for n, e in evaluations.items():
        lines += _table(
            [f"{n}: prompt", "risk"],
            [[a["text"].replace("|", "\\|").replace("\n", " ⏎ "), f"{a['risk']:.2f}"] for a in e["false_alarms"]],
        )
    return "\n".join(lines)
