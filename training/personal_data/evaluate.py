#!/usr/bin/env python3
"""What the Swift finders find: `python3 training/personal_data/evaluate.py PROGRAM [--encoder MODEL.packed]`.

PROGRAM is `personal-data-report` (swift build -c release --product personal-data-report). Reads presidio's two sets, exam
questions and code of this repository, prints precision and recall by type and writes them between the marks of
docs/models.md. Needs no packages but those of train.py, whose environment it enters.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
from pathlib import Path

import train

ROOT = train.ROOT
MARK = "personal_data"
STRUCTURED = [
    "EMAIL_ADDRESS", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "US_SSN", "PHONE_NUMBER", "DOMAIN_NAME", "ZIP_CODE",
    "STREET_ADDRESS", "DATE_TIME", "AGE", "US_DRIVER_LICENSE", "TITLE", "NRP",
]  # fmt: skip
NAMES = ["PERSON", "GPE", "ORGANIZATION", "STREET_ADDRESS", "TITLE"]
# One address holds its postal code, and a name its title.
PART_OF = {("ZIP_CODE", "STREET_ADDRESS"), ("STREET_ADDRESS", "ZIP_CODE"), ("TITLE", "PERSON")}


def find(program: list[str], texts: list[str]) -> list[list[tuple[str, int, int, float]]]:
    lines = "".join(t.encode().hex() + "\n" for t in texts)
    done = subprocess.run(program, input=lines, capture_output=True, text=True, check=True)
    cells = [line.split(";") if line else [] for line in done.stdout.split("\n")[: len(texts)]]
    return [[(n, int(a), int(b), float(c)) for n, a, b, c in map(str.split, row)] for row in cells]


def matches(found: str, gold: str) -> bool:
    return found == gold or (found, gold) in PART_OF


def measure(texts, found, types: list[str], threshold: float) -> dict[str, list[int]]:
    """Gold spans, of them found, spans found, of them right; by overlap."""
    out = {name: [0, 0, 0, 0] for name in types}
    for text, spans in zip(texts, found):
        gold = text.byte_spans
        spans = [s for s in spans if s[3] >= threshold]
        for name, start, end in gold:
            if name in out:
                out[name][0] += 1
                hit = lambda s: (s[0] == name or {s[0], name} == {"ZIP_CODE", "STREET_ADDRESS"}) and s[1] < end and start < s[2]
                out[name][1] += any(map(hit, spans))
        for name, start, end, _ in spans:
            if name in out:
                out[name][2] += 1
                out[name][3] += any(matches(name, n) and start < b and a < end for n, a, b in gold)
    return out


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else "–"


def table(texts, found, types: list[str]) -> list[str]:
    rows = ["| type | in the texts | recall at 0.5 | precision at 0.5 | recall at 0.9 | precision at 0.9 |", "|---|---|---|---|---|---|"]
    low, high = measure(texts, found, types, 0.5), measure(texts, found, types, 0.9)
    for name in types:
        a, b = low[name], high[name]
        rows.append(
            f"| {name} | {a[0]} | {share(a[1], a[0])} | {share(a[3], a[2])} | {share(b[1], b[0])} | {share(b[3], b[2])} |"
        )
    return rows


def alarms(found, types: list[str], threshold: float) -> list[str]:
    return [share(sum(any(s[0] == t and s[3] >= threshold for s in spans) for spans in found), len(found)) for t in types]


def alarm_table(sets: list[tuple[str, list, list[str]]], types: list[str], threshold: float) -> list[str]:
    rows = ["| % of texts with | " + " | ".join(types) + " |", "|---|" + "---|" * len(types)]
    return rows + [f"| {name} | " + " | ".join(alarms(found, types, threshold)) + " |" for name, found in sets]


def served(command: list[str], encoder: str | None, texts: list[str]) -> list[str]:
    """Texts that the merged reader flags by any type, and by each that flags some."""
    readers = [("without the encoder", command)] + ([("with the encoder", [*command, encoder])] if encoder else [])
    rows = ["| reader | threshold | any type | by type |", "|---|---|---|---|"]
    for name, program in readers:
        found = find(program, texts)
        for threshold in (0.5, 0.9):
            types = sorted({s[0] for spans in found for s in spans if s[3] >= threshold})
            any_type = sum(any(s[3] >= threshold for s in spans) for spans in found)
            by_type = [f"{t} {part}" for t, part in zip(types, alarms(found, types, threshold))]
            rows.append(f"| {name} | {threshold} | {share(any_type, len(texts))} | {', '.join(by_type)} |")
    return rows


def code() -> list[str]:
    """Pieces of 1 500 bytes of this repository's sources."""
    texts = []
    for path in sorted(p for folder in ("Sources", "scripts", "training") for p in (ROOT / folder).rglob("*")):
        if path.suffix in (".swift", ".py", ".sh", ".cpp", ".h") and ".venv" not in path.parts:
            text = path.read_text(encoding="utf-8")
            texts += [text[i : i + 1500] for i in range(0, len(text), 1500)]
    random.Random(train.SEED).shuffle(texts)
    return texts[:400]


def foreign() -> list[str]:
    """Sentences without a name in the languages of training/language."""
    lines = (ROOT / "training/language/dev.tsv").read_text(encoding="utf-8").strip().split("\n")
    return [line.split("\t")[1] for line in lines if "\t" in line and not line.startswith("en\t")]


def main() -> None:
    train.environment.enter(train.HERE)
    import corpus
    import sets

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--encoder", help="a packed all-MiniLM-L6-v2, for the token head")
    arguments = parser.parse_args()
    program = arguments.program

    presidio = sets.presidio()
    held_shapes = corpus.held_out_templates(presidio, train.SEED)
    held = [t for t in presidio if corpus.shape(t.masked) in held_shapes]
    exam = corpus.exam_halves(train.SEED)[1]
    many = corpus.nameless(exam)[:4000]
    nameless = many[:1000]
    groups = [("exam questions", exam[:1000]), ("code", code()), ("other languages", foreign())]

    lines = [f"Presidio's {len(presidio)} texts, grammars:", ""]
    lines += table(presidio, find([program, "find"], [t.text for t in presidio]), STRUCTURED)
    lines += ["", "False alarms of the grammars at 0.9 (dates, ages, titles and domains are mostly what they seem):", ""]
    shown = [n for n in STRUCTURED if n != "US_DRIVER_LICENSE"]
    lines += alarm_table([(n, find([program, "find"], t)) for n, t in groups], shown, 0.9)
    modes = [("tagger alone", [program, "names"])]
    if arguments.encoder:
        modes.append(("head and tagger", [program, "head", arguments.encoder]))
    for name, command in modes:
        lines += ["", f"Names, {name}, {len(held)} texts of {len(held_shapes)} held-out templates:", ""]
        lines += table(held, find(command, [t.text for t in held]), NAMES)
        lines += ["", f"Texts in which {name} finds something, at 0.5 and at 0.9:", ""]
        cases = [("exam questions without a listed name", nameless)] + groups
        found = [(n, find(command, t)) for n, t in cases]
        for threshold in (0.5, 0.9):
            lines += alarm_table([(f"{n}, {threshold}", f) for n, f in found], NAMES, threshold)[2 * (threshold > 0.5) :]
    lines += [
        "",
        f"{len(many)} exam questions without a listed name in which what serves finds anything, in per cent (`pii` allows no type then):",
        "",
    ]
    lines += served([program, "all"], arguments.encoder, many)
    print("\n".join(lines))
    page = ROOT / "docs/models.md"
    begin, end = f"<!-- {MARK}: written by training/personal_data/evaluate.py, do not edit -->", f"<!-- {MARK}: end -->"
    text = page.read_text(encoding="utf-8")
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
    if not pattern.search(text):
        sys.exit(f"{page}: the marks are missing")
    page.write_text(pattern.sub(lambda _: "\n".join([begin, "", *lines, "", end]), text), encoding="utf-8")


if __name__ == "__main__":
    main()
