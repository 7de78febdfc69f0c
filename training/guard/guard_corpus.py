"""The texts of the guard: collected prompts, own prompts from templates, the hand-written evaluation set."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

from guard_model import LABELS
import corpus  # of domain_linear: near-duplicates
import templates

HERE = Path(__file__).resolve().parent
PROMPTS = HERE.parent / "data" / "guard" / "prompts.jsonl.gz"
QUESTIONS = HERE.parent / "data" / "domains" / "questions.jsonl.gz"
EVALUATION = HERE / "evaluation.tsv"

FAMILIES = {
    "inthewild": "in the wild, DAN", "dan": "in the wild, DAN", "gptfuzzer": "in the wild, DAN",
    "jbb_PAIR": "PAIR",
    "jbb_GCG": "suffixes", "jbb_DSN": "suffixes", "jbb_random_search": "suffixes",
    "cse_pi": "prompt injection",
    "harmbench": "harmbench",
    "jbb_goal": "harmful goals", "gptfuzz_q": "harmful goals", "advbench50": "harmful goals",
    "awesome": "role-play (awesome)", "cse_frr": "cyber questions (cse_frr)", "mmlu_pro": "exam questions",
    "arena01": "arena", "arena20": "arena", "mtbench": "arena",
    "si_user": "self-instruct", "si_seed": "self-instruct", "topics": "topics",
}  # fmt: skip
"""Families that are left out as one; a source without a name here is its own family. `oai_mod` is two: benign and flagged."""


@dataclass
class Text:
    text: str
    label: int
    source: str
    group: str

    @property
    def is_own(self) -> bool:
        return self.source.startswith("own_")

    @property
    def family(self) -> str:
        if self.source == "oai_mod":
            return "moderation set, benign" if self.label == 0 else "moderation set, flagged"
        return FAMILIES.get(self.source, self.source)


def collected() -> list[Text]:
    """The collected prompts; near-duplicates are one group."""
    with gzip.open(PROMPTS, "rt", encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    groups = corpus.near_duplicate_groups([r["text"] for r in rows])
    names = {"moderation_positive": "toxicity"}
    return [
        Text(r["text"], LABELS.index(names.get(r["label"], r["label"])), r["source"], f"collected:{g}")
        for r, g in zip(rows, groups)
    ]


def exam_questions() -> list[str]:
    """Those of the domains' set: benign, many of them with a passage to read."""
    with gzip.open(QUESTIONS, "rt", encoding="utf-8") as f:
        return [json.loads(line)["text"] for line in f]


def own(seed: int) -> list[Text]:
    return [Text(p.text, LABELS.index(p.label), p.source, p.group) for p in templates.prompts(seed)]


def evaluation() -> list[Text]:
    out = []
    for number, line in enumerate(EVALUATION.read_text(encoding="utf-8").splitlines(), 1):
        label, kind, text = line.split("\t")
        out.append(Text(text.replace("\\n", "\n"), LABELS.index(label), kind, f"evaluation:{number}"))
    return out
