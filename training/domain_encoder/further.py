"""Texts that the head alone learns from, besides those of training/domain_linear: code, small talk, questions about code.

Code is real: stretches of the sources of packages that requirements.txt pins, which are there when this runs and of which nothing is
kept. It is Python, Cython, C, Fortran and CSS; `unsure_eval.jsonl` has thirty languages and this repository's sources.
"""

from __future__ import annotations

import importlib.util
import random
from collections import defaultdict
from pathlib import Path

import corpus
from corpus import Text

import unsure

PACKAGES = ("jax", "joblib", "numpy", "scipy", "sklearn")
ENDINGS = {".py": 0.35, ".pyx": 0.15, ".pyi": 0.05, ".h": 0.15, ".c": 0.1, ".cpp": 0.05, ".f90": 0.05, ".f": 0.05, ".css": 0.05}
"""Kinds of files and their share of the stretches."""
CODE, QUESTIONS = 500, 250
KINDS = ["code", "remarks"]


def stretches(seed: int, count: int) -> list[str]:
    """2 to 20 lines of code. Prose, such as documentation within the code, is about something and left out."""
    rng = random.Random(f"{seed}:code")
    files: dict[str, list[Path]] = defaultdict(list)
    for name in PACKAGES:
        found = importlib.util.find_spec(name)
        assert found is not None and found.origin is not None, f"{name} is missing"
        for path in sorted(Path(found.origin).parent.rglob("*")):
            if path.suffix in ENDINGS and 400 < path.stat().st_size < 400_000:
                files[path.suffix].append(path)
    out: list[str] = []
    endings = sorted(ENDINGS)
    while len(out) < count:
        ending = rng.choices(endings, [ENDINGS[e] for e in endings])[0]
        lines = rng.choice(files[ending]).read_text(encoding="utf-8", errors="ignore").splitlines()
        start = rng.randrange(len(lines))
        text = "\n".join(lines[start : start + rng.randint(2, 20)]).strip("\n")[:1200]
        if len(text) >= 30 and is_code(text):
            out.append(text)
    return out


def is_code(text: str) -> bool:
    """Whether marks of code are at least one in twelve of its characters, and no quotation of several lines is in it."""
    solid = [c for c in text if not c.isspace()]
    marks = sum(c in "()[]{}<>=;:_*&|+-/%#@" for c in solid)
    return marks * 12 >= len(solid) and '"""' not in text and "'''" not in text


def texts(seed: int, guarded: list[Text]) -> tuple[list[Text], list[Text]]:
    """(Texts of no domain, questions about code, which are computer science); none resembles a guarded one. The same for the
    same seed and packages."""
    rng = random.Random(f"{seed}:further")
    file = corpus.read_topics(Path(__file__).resolve().parent / "further.txt")
    remarks = file.topics["remarks"]
    talk = [corpus.typed(text, rng) for text in remarks]
    talk += [f"{text[:1].upper()}{text[1:]}{rng.choice('.!')} {rng.choice(remarks)}" for text in remarks]
    code = stretches(seed, CODE + QUESTIONS)
    none = [Text(text, unsure.LABEL, "code") for text in code[:CODE]]
    none += [Text(text, unsure.LABEL, "remarks") for text in dict.fromkeys(talk)]
    before, behind = file.topics["before"], file.topics["behind"]
    asked = [
        f"{rng.choice(before)}\n\n{text}" if rng.random() < 0.7 else f"{text}\n\n{rng.choice(behind)}" for text in code[CODE:]
    ]
    questions = [Text(text, corpus.LABELS.index("computer science"), "asked") for text in asked]
    return corpus.drop_near(none, guarded)[0], corpus.drop_near(questions, guarded)[0]
