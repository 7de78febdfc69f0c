"""Texts that are about none of the domains, for the reader's doubt: seeded, of kinds that `unsure_eval.jsonl` mostly lacks.

| kind | what | in the evaluation |
|---|---|---|
| greetings, replies | `topics/none.txt`, typed as people type | greetings, other ones |
| data | log lines, JSON, tables, addresses, identifiers, digits and hexadecimal numbers, made up here | gibberish of digits and marks is near |
| markup | elements with attributes, settings, style rules, calls, command lines, made up here | some of the code is of these kinds |
| tongues | everyday words of nine languages in any order, from `training/language` | other languages only |

Small talk, code other than markup, style rules, calls and command lines, gibberish of letters and all other languages are held
out, so that the evaluation says how doubt carries over to them.
"""

from __future__ import annotations

import random
from pathlib import Path

import corpus
from corpus import Text

WORDS = Path(__file__).resolve().parent.parent / "language" / "words.txt"
TONGUES = ["ca", "da", "de", "es", "fr", "it", "nl", "no", "pt"]
KINDS = ["greetings", "replies", "data", "markup", "tongues"]
LABEL = len(corpus.LABELS)
"""The label of these texts: behind those of the domains."""


def typed_texts(seed: int) -> list[tuple[str, str]]:
    rng = random.Random(f"{seed}:typed")
    out = []
    for kind, phrases in corpus.read_topics(corpus.TOPICS / "none.txt").topics.items():
        for phrase in phrases:
            for text in {phrase: 0, phrase[:1].upper() + phrase[1:] + rng.choice(["!", ".", "?", ""]): 0}:
                out.append((kind, text))
            other = rng.choice(phrases)
            out.append((kind, f"{phrase}{rng.choice([', ', '. ', ' ', '! '])}{other}"))
    return out


def data_texts(seed: int, count: int) -> list[tuple[str, str]]:
    rng = random.Random(f"{seed}:data")
    names = ["id", "name", "status", "time", "user", "count", "type", "value", "host", "level", "size", "path", "key", "total"]
    words = ["ok", "true", "null", "active", "pending", "error", "main", "default", "new", "done", "left", "east", "none"]
    hexed = lambda n: "".join(rng.choice("0123456789abcdef") for _ in range(n))
    value = lambda: rng.choice([str(rng.randrange(10 ** rng.randint(1, 6))), rng.choice(words), f"{rng.random() * 100:.2f}", hexed(8)])
    stamp = lambda: f"20{rng.randint(10, 29)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}Z"
    name = lambda: rng.choice(names)
    makers = [
        lambda: "{" + ", ".join(f'"{name()}": "{value()}"' for _ in range(rng.randint(2, 6))) + "}",
        lambda: "\n".join(f"{stamp()} {rng.choice(['INFO', 'WARN', 'ERROR', 'DEBUG'])} {name()}={value()} {name()}={value()}"
                          for _ in range(rng.randint(1, 4))),
        lambda: "\n".join(",".join(value() for _ in range(4)) for _ in range(rng.randint(2, 5))),
        lambda: "\n".join(f"{name()}: {value()}" for _ in range(rng.randint(2, 7))),
        lambda: f"https://{rng.choice(words)}.example/{name()}/{hexed(6)}?{name()}={value()}",
        lambda: f"{hexed(8)}-{hexed(4)}-{hexed(4)}-{hexed(4)}-{hexed(12)}",
        lambda: hexed(rng.choice([16, 32, 40, 64])),
        lambda: " | ".join(value() for _ in range(rng.randint(3, 8))),
        lambda: "/".join(["", *(rng.choice(names + words) for _ in range(rng.randint(2, 5)))]),
        lambda: "<" + name() + ">" + value() + "</" + name() + ">",
    ]  # fmt: skip
    return [("data", makers[i % len(makers)]()) for i in range(count)]


def markup_texts(seed: int, count: int) -> list[tuple[str, str]]:
    rng = random.Random(f"{seed}:markup")
    tags = ["div", "span", "p", "ul", "li", "table", "tr", "td", "a", "section", "input", "label", "svg", "item", "entry"]
    keys = ["width", "color", "margin", "port", "timeout", "retries", "mode", "title", "href", "class", "style", "name",
            "enabled", "level", "path", "user", "cache", "limit", "output", "target"]  # fmt: skip
    values = ["auto", "none", "true", "false", "main", "red", "left", "debug", "0", "1", "12px", "100%", "8080", "info", "default"]
    programs = ["tar", "ls", "cp", "grep", "ssh", "curl", "make", "rsync", "chmod", "mount", "ping", "kill", "find", "sort"]
    key, value = lambda: rng.choice(keys), lambda: rng.choice(values)

    def element(depth: int) -> str:
        tag = rng.choice(tags)
        inside = "\n  ".join(element(depth - 1) for _ in range(rng.randint(1, 2))) if depth else value()
        return f'<{tag} {key()}="{value()}">{inside}</{tag}>'

    makers = [
        lambda: element(rng.randint(0, 2)),
        lambda: f"[{key()}]\n" + "\n".join(f"{key()} = {value()}" for _ in range(rng.randint(2, 6))),
        lambda: f"{rng.choice(['.', '#', '@'])}{key()} {{\n" + "\n".join(f"  {key()}: {value()};" for _ in range(rng.randint(1, 4))) + "\n}",
        lambda: "\n".join(f"export {key().upper()}={value()}" for _ in range(rng.randint(1, 4))),
        lambda: " ".join([rng.choice(programs), *(f"-{rng.choice('abcdeflnrvxz')}" for _ in range(rng.randint(1, 2))),
                          f"{key()}.{rng.choice(['txt', 'gz', 'log', 'conf'])}", f"/{key()}/{value()}"]),
        lambda: f"{key()}({', '.join(value() for _ in range(rng.randint(0, 3)))});",
        lambda: "{ " + ", ".join(f"{key()}: [{value()}, {value()}]" for _ in range(rng.randint(1, 4))) + " }",
    ]  # fmt: skip
    return [("markup", makers[i % len(makers)]()) for i in range(count)]


def tongue_texts(seed: int, count: int) -> list[tuple[str, str]]:
    rng = random.Random(f"{seed}:tongues")
    rows = dict(line.split("\t", 1) for line in WORDS.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    out = []
    for index in range(count):
        words = rows[TONGUES[index % len(TONGUES)]].split()
        text = " ".join(rng.choice(words) for _ in range(rng.randint(2, 14)))
        out.append(("tongues", (text[:1].upper() + text[1:] if rng.random() < 0.5 else text) + rng.choice(["", "?", ".", " ?"])))
    return out


def texts(seed: int) -> list[Text]:
    """All of them, the same for the same seed; a text's group is its kind."""
    rows = typed_texts(seed) + data_texts(seed, 400) + markup_texts(seed, 400) + tongue_texts(seed, 500)
    return [Text(text, LABEL, kind) for kind, text in dict.fromkeys(rows) if text]


def as_other(none: list[Text]) -> list[Text]:
    """Greetings and replies as texts of *other*: the likeliest label of what is about nothing."""
    other = corpus.LABELS.index("other")
    return [Text(t.text, other, t.group) for t in none if t.group in ("greetings", "replies")]
