"""The texts of the linear domain model: exam questions, prompts expanded from topics, the two sets of natural prompts.

Everything is seeded: the same files give the same texts in the same order on every machine.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from sklearn.feature_extraction.text import TfidfVectorizer

HERE = Path(__file__).resolve().parent
QUESTIONS = HERE.parent / "data" / "domains" / "questions.jsonl.gz"
TOPICS = HERE / "topics"

LABELS = [
    "biology", "business", "chemistry", "computer science", "economics", "engineering", "health",
    "history", "law", "math", "other", "philosophy", "physics", "psychology",
]  # fmt: skip


@dataclass
class Text:
    text: str
    label: int
    group: str
    """Texts of one group never straddle a split."""


def natural(name: str) -> list[Text]:
    rows = [json.loads(line) for line in (HERE / name).read_text().splitlines()]
    return [Text(r["text"], LABELS.index(r["label"]), f"{name}:{i}") for i, r in enumerate(rows)]


def exam() -> list[Text]:
    """Exam questions, their groups found by near-duplicate search."""
    with gzip.open(QUESTIONS, "rt", encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    groups = near_duplicate_groups([r["text"] for r in rows])
    return [Text(r["text"], LABELS.index(r["label"]), f"exam:{g}") for r, g in zip(rows, groups)]


def near_duplicate_groups(texts: list[str], threshold: float = 0.9) -> np.ndarray:
    """Union-find over pairs whose TF-IDF vectors (words 1-2) have a cosine above the threshold."""
    matrix = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, dtype=np.float32, token_pattern=r"\w+").fit_transform(
        texts
    )
    parent = np.arange(len(texts))

    def find(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    transposed = matrix.T.tocsc()
    for start in range(0, len(texts), 500):
        product = (matrix[start : start + 500] @ transposed).tocoo()
        for i, j in zip(product.row[product.data > threshold] + start, product.col[product.data > threshold]):
            a, b = find(int(i)), find(int(j))
            if a != b:
                parent[max(a, b)] = min(a, b)
    return np.array([find(i) for i in range(len(texts))])


@dataclass
class TopicFile:
    topics: dict[str, list[str]]
    templates: dict[str, list[str]]
    prompts: list[str]


def read_topics(path: Path) -> TopicFile:
    """`[topics NAME]` (separated by semicolons), `[templates NAME]` and `[prompts]` (one a line); # is a comment."""
    file = TopicFile({}, {}, [])
    section = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("# "):
            continue
        if match := re.fullmatch(r"\[(topics \w+|templates \w+|prompts)\]", line):
            section = match[1]
        elif section == "prompts":
            file.prompts.append(line)
        elif section.startswith("topics "):
            file.topics.setdefault(section[7:], []).extend(t.strip() for t in line.split(";") if t.strip())
        elif section.startswith("templates "):
            if "{}" not in line:
                raise SystemExit(f"{path.name}:{number}: a template needs {{}}")
            file.templates.setdefault(section[10:], []).append(line)
        else:
            raise SystemExit(f"{path.name}:{number}: text before the first [section]")
    return file


def typed(text: str, rng: random.Random) -> str:
    """As people type: often without capitals, without the closing mark, now and then with a greeting or a thanks."""
    draw = rng.random()
    if draw < 0.35:
        text = text.lower().rstrip("?.")
    elif draw < 0.5:
        text = text[:1].upper() + text[1:]
        if text[-1] not in "?.!":
            text += "?" if rng.random() < 0.5 else "."
    elif draw < 0.6:
        text = text.rstrip("?.")
    draw = rng.random()
    if draw < 0.03:
        text = rng.choice(["hi, ", "Hello! ", "hey ", "ok so ", "Hi there, "]) + text
    elif draw < 0.06:
        text += rng.choice([" please", " thanks", ", thank you", " pls", ", briefly", ", in detail"])
    return text


def topic_prompts(seed: int, per_topic: int, shared_share: float = 0.5) -> list[Text]:
    shared = read_topics(TOPICS / "shared.txt").templates
    out: list[Text] = []
    for index, label in enumerate(LABELS):
        rng = random.Random(f"{seed}:{label}")
        file = read_topics(TOPICS / (label.replace(" ", "_") + ".txt"))
        for name, topics in file.topics.items():
            own, common = file.templates.get(name, []), shared.get(name, [])
            for topic in topics:
                if own and common:
                    n_common = round(per_topic * shared_share)
                    chosen = rng.sample(own, min(per_topic - n_common, len(own)))
                    chosen += rng.sample(common, min(n_common, len(common)))
                else:
                    pool = own or common
                    chosen = rng.sample(pool, min(per_topic, len(pool)))
                for template in chosen:
                    out.append(Text(typed(template.replace("{}", topic), rng), index, f"topic:{label}:{topic}"))
        for prompt in file.prompts:
            for text in {prompt, prompt.lower().rstrip("?.")}:
                out.append(Text(text, index, f"topic:{label}:{prompt}"))
    out.sort(key=lambda t: (t.group, t.text))
    return out


def _grams(text: str) -> set[str]:
    padded = " " + re.sub(r"\W+", " ", text.lower()).strip() + " "
    return {padded[i : i + 3] for i in range(len(padded) - 2)}


def drop_near(texts: list[Text], guarded: list[Text], threshold: float = 0.6) -> tuple[list[Text], list[tuple[str, str]]]:
    """Removes each text whose character 3-grams have a Jaccard similarity above the threshold with a guarded one."""
    vocabulary: dict[str, int] = {}
    sets = [_grams(g.text) for g in guarded]
    for s in sets:
        for gram in s:
            vocabulary.setdefault(gram, len(vocabulary))
    rows, cols = zip(*[(i, vocabulary[g]) for i, s in enumerate(sets) for g in s])
    guard = sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, cols)), shape=(len(sets), len(vocabulary)))
    sizes = np.array([len(s) for s in sets], np.float32)
    kept, dropped = [], []
    for start in range(0, len(texts), 4000):
        chunk = texts[start : start + 4000]
        chunk_sets = [_grams(t.text) for t in chunk]
        pairs = [(i, vocabulary[g]) for i, s in enumerate(chunk_sets) for g in s if g in vocabulary]
        r, c = zip(*pairs)
        matrix = sparse.csr_matrix((np.ones(len(r), np.float32), (r, c)), shape=(len(chunk), len(vocabulary)))
        shared = (matrix @ guard.T).toarray()
        lengths = np.array([len(s) for s in chunk_sets], np.float32)
        similarity = shared / (lengths[:, None] + sizes[None, :] - shared)
        for i, t in enumerate(chunk):
            j = int(similarity[i].argmax())
            if similarity[i, j] > threshold:
                dropped.append((t.text, guarded[j].text))
            else:
                kept.append(t)
    return kept, dropped
