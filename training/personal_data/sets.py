"""Texts with the personal data in them: presidio's two sets, and texts that hold none."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT / "training" / "data"

NAMES = {"LOCATION": "GPE", "ADDRESS": "STREET_ADDRESS", "PREFIX": "TITLE"}
"""Names of the older set in those of the newer one, which are Switchyard's."""


TITLES = {"mr.", "mrs.", "ms.", "dr.", "miss", "prof."}
"""The older set marks some titles before a name as persons."""


@dataclass
class Text:
    text: str
    spans: list[tuple[str, int, int]] = field(default_factory=list)
    """Type and characters; sorted."""
    template: str = ""
    masked: str = ""

    @property
    def byte_spans(self) -> list[tuple[str, int, int]]:
        at = lambda place: len(self.text[:place].encode())
        return [(name, at(start), at(end)) for name, start, end in self.spans]


def presidio() -> list[Text]:
    """Both sets. Templates are told apart by their wording, since the sets number them alike but not the same."""
    texts = []
    for name in ("presidio_generated_large", "presidio_synth_v2"):
        with gzip.open(DATA / "pii" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as rows:
            for row in map(json.loads, rows):
                spans = sorted(
                    (_name(s), s["start_position"], s["end_position"])
                    for s in row["spans"]
                )
                spans.sort(key=lambda s: s[1:])
                texts.append(Text(row["full_text"], spans, str(row["template_id"]), row["masked"]))
    return texts


def _name(span: dict) -> str:
    if span["entity_value"].lower() in TITLES:
        return "TITLE"
    return NAMES.get(span["entity_type"], span["entity_type"])


def exam_questions() -> list[str]:
    with gzip.open(DATA / "domains" / "questions.jsonl.gz", "rt", encoding="utf-8") as rows:
        return [json.loads(row)["text"] for row in rows]
