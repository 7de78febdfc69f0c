"""Compares the Swift tokenizer with the `tokenizers` library, text by text, and writes the fixture of the tests.

    tokens.py BENCH MODEL.packed TOKENIZER.json DJANGO.whl QUESTIONS.jsonl.gz [COUNT] [--fixture FILE]

Texts: exam questions, and the interface strings of Django (BSD licence) in 17 languages. The library maps texts of
special tokens to their ids and the Swift tokenizer does not, on purpose: texts that hold one are left out.
"""
import gzip
import json
import random
import re
import subprocess
import sys
import zipfile

from tokenizers import Tokenizer

LANGUAGES = "ar de el es fi fr he hi ja ko pl ru sv th tr vi zh_Hans".split()


def django_strings(wheel):
    texts = []
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            match = re.match(r"django/.*locale/([^/]+)/LC_MESSAGES/django\.po$", name)
            if match and match[1] in LANGUAGES:
                text = archive.read(name).decode()
                for block in re.findall(r'msgstr(?:\[\d\])? ((?:".*"\n?)+)', text):
                    joined = "".join(json.loads(line) for line in block.strip().split("\n"))
                    if joined:
                        texts.append(joined)
    return texts


def byte_offsets(text):
    at, places = 0, []
    for character in text:
        places.append(at)
        at += len(character.encode())
    return places + [at]


if __name__ == "__main__":
    bench, packed, path, wheel, questions = sys.argv[1:6]
    count = int(sys.argv[6]) if len(sys.argv) > 6 else 50_000
    tokenizer = Tokenizer.from_file(path)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    special = [t.content for t in tokenizer.get_added_tokens_decoder().values() if t.special]
    exam = [json.loads(line)["text"] for line in gzip.open(questions, "rt")]
    foreign = django_strings(wheel)
    source = random.Random(11)
    pairs = foreign[:]
    while len(exam) + len(pairs) < count:
        pairs.append(" ".join(source.sample(foreign, 2)))
    texts = exam + pairs
    source.shuffle(texts)
    texts = [t for t in texts[:count] if not any(s in t for s in special)]
    if "--fixture" in sys.argv:
        with open(sys.argv[sys.argv.index("--fixture") + 1], "w") as file:
            short = [t for t in texts if len(t) < 220 and "\n" not in t and "\t" not in t][:2000]
            for text in short:
                file.write(" ".join(map(str, tokenizer.encode(text, add_special_tokens=False).ids)) + "\t" + text + "\n")
        print(f"{len(short)} texts in the fixture")
    server = subprocess.Popen([bench, "serve", packed], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    wrong = offsets = 0
    for start in range(0, len(texts), 50):
        part = texts[start : start + 50]
        server.stdin.write("".join("text " + text.encode().hex() + "\n" for text in part))
        server.stdin.flush()
        for text in part:
            got = [tuple(map(int, t.split(":"))) for t in server.stdout.readline().split()]
            want = tokenizer.encode(text, add_special_tokens=False)
            if [g[0] for g in got] != want.ids:
                wrong += 1
                if wrong <= 5:
                    print("differs:", repr(text)[:200], [g[0] for g in got][:20], want.ids[:20])
            else:
                places = byte_offsets(text)
                if [(g[1], g[2]) for g in got] != [(places[a], places[b]) for a, b in want.offsets]:
                    offsets += 1
    print(f"{len(texts)} texts, {len(foreign)} of them or their parts in {len(LANGUAGES)} languages: "
          f"{wrong} differ, {offsets} differ only in places")
