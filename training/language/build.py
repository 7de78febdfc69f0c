#!/usr/bin/env python3
"""Builds Sources/CReadingModels/language.bin from the n-gram profiles of the package langdetect.

    python3 training/language/build.py             # fetches langdetect 1.0.9 with pip, writes the model, prints a report
    python3 training/language/build.py --sdist F   # the same from an sdist that is already here

Needs nothing but Python's standard library and pip. The same input gives the same bytes. README.md describes the
format and where the counts come from; dev.tsv holds the sentences that the constants below were chosen on.
"""

import argparse
import collections
import hashlib
import json
import math
import pathlib
import struct
import subprocess
import sys
import tarfile
import tempfile
import zlib

HERE = pathlib.Path(__file__).resolve().parent
OUTPUT = HERE.parent.parent / "Sources" / "CReadingModels" / "language.bin"
PACKAGE = "langdetect==1.0.9"
SHA256 = "cbc1fef89f8d062739774bd51eda3da3274006b3661d199c2655f6b3f6d605a0"

# Scripts that several languages share: their languages are told apart by n-grams, at most 32 of them a script.
GROUPS = {
    "latin": "af ca cs cy da de en es et fi fr hr hu id it lt lv nl no pl pt ro sk sl so sq sv sw tl tr vi".split(),
    "cyrillic": "bg mk ru uk".split(),
    "arabic": "ar fa ur".split(),
    "devanagari": "hi mr ne".split(),
}
SCRIPTS = {
    "latin": [(0x61, 0x7A), (0xDF, 0xF6), (0xF8, 0x24F), (0x1E00, 0x1EFF)],
    "cyrillic": [(0x400, 0x52F)],
    "arabic": [(0x620, 0x64A), (0x66E, 0x6D3), (0x6D5, 0x6D5)],
    "devanagari": [(0x900, 0x963)],
}
COST_STEPS = 8        # cost units a bit
TEMPERATURE = 0.25    # a scalar is counted in six n-grams or so, which are far from independent
ENGLISH = 1.5         # English is this much likelier before anything is read, in nats
FLOOR_BITS = 16.0     # an n-gram that a profile lacks counts as if it were this rare among those of its length


def fold(character):
    """One character as the model sees it; mirrored by LanguageIdentifier.swift."""
    code = ord(character)
    if 0x1EA0 <= code <= 0x1EFF:  # Vietnamese letters with two marks: one class, as in the profiles
        return "\u1ec3"
    low = character.lower()
    if len(low) != 1:
        return character
    return {"\u0219": "\u015f", "\u021b": "\u0163", "\u06cc": "\u064a", "\u0649": "\u064a"}.get(low, low)


def in_script(character, group):
    return any(first <= ord(character) <= last for first, last in SCRIPTS[group])


def profiles(sdist):
    if hashlib.sha256(sdist.read_bytes()).hexdigest() != SHA256:
        sys.exit(f"{sdist}: not the file that {PACKAGE} names (SHA-256 differs)")
    found = {}
    with tarfile.open(sdist) as archive:
        for member in archive.getmembers():
            path = pathlib.PurePosixPath(member.name)
            if path.parent.name == "profiles" and member.isfile():
                found[path.name] = json.load(archive.extractfile(member))["freq"]
    return found


def statistics(freq, group):
    """Counts of n-grams of one script, lower-cased; a blank stands for a word's edge."""
    counts = collections.Counter()
    for gram, count in freq.items():
        folded = "".join(fold(c) for c in gram)
        if all(c == " " or in_script(c, group) for c in folded) and " " not in folded[1:-1] and folded.strip():
            counts[folded] += count
    return counts


def model(found):
    groups = []
    for group, languages in GROUPS.items():
        table = {}
        for column, language in enumerate(languages):
            counts = statistics(found[language], group)
            totals = collections.Counter()
            for gram, count in counts.items():
                totals[len(gram)] += count
            for gram, count in counts.items():
                bits = min(-math.log2(count / totals[len(gram)]), FLOOR_BITS)
                cost = round(bits * COST_STEPS)
                if cost < FLOOR_BITS * COST_STEPS:
                    table.setdefault(gram, {})[column] = cost
        alphabet = sorted({c for gram in table for c in gram if c != " "})
        if len(alphabet) > 254:
            sys.exit(f"{group}: {len(alphabet)} letters, more than a byte can number")
        groups.append((group, languages, alphabet, table))
    return groups


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return out


def encode(groups):
    body = bytearray()
    body += struct.pack("<BBBBHH", len(groups), COST_STEPS, round(FLOOR_BITS * COST_STEPS), 0,
                        round(TEMPERATURE * 1024), round(ENGLISH * 256))
    for _, languages, alphabet, table in groups:
        number = {c: index + 2 for index, c in enumerate(alphabet)}  # 0: none, 1: a word's edge
        number[" "] = 1
        body += struct.pack("<BBHI", len(languages), 0, len(alphabet), len(table))
        body += "".join(languages).encode()
        for c in alphabet:
            body += struct.pack("<H", ord(c))
        keys = {}
        for gram, costs in table.items():
            key = 0
            for c in gram:
                key = key << 8 | number[c]
            keys[key] = costs
        previous = 0
        for key in sorted(keys):
            body += varint(key - previous)
            previous = key
            body += varint(sum(1 << column for column in keys[key]))
            body += bytes(keys[key][column] for column in sorted(keys[key]))
    return b"SYLANG\x00\x01" + struct.pack("<II", len(body), zlib.crc32(body)) + body


# A model in Python, to choose the constants with and to check the Swift one against.
class Identifier:
    def __init__(self, groups, temperature=TEMPERATURE, english=ENGLISH):
        self.groups, self.temperature, self.english = groups, temperature, english

    def posterior(self, text):
        text = "".join(fold(c) for c in text[:512])
        shares = {g[0]: sum(in_script(c, g[0]) for c in text) for g in self.groups}
        name = max(shares, key=shares.get)
        if shares[name] == 0:
            return {}
        _, languages, _, table = next(g for g in self.groups if g[0] == name)
        cost = [0.0] * len(languages)
        words = "".join(c if in_script(c, name) else " " for c in text).split()
        for word in words:
            padded = f" {word} "
            for n in (1, 2, 3):
                for i in range(len(padded) - n + 1):
                    costs = table.get(padded[i:i + n])
                    if costs is not None and padded[i:i + n] != " ":
                        for column in range(len(languages)):
                            cost[column] += costs.get(column, FLOOR_BITS * COST_STEPS)
        logs = [-c * math.log(2) / COST_STEPS * self.temperature + (self.english if l == "en" else 0)
                for c, l in zip(cost, languages)]
        top = max(logs)
        total = sum(math.exp(v - top) for v in logs)
        return {l: math.exp(v - top) / total for v, l in zip(logs, languages)}


def evaluate(groups, path):
    identifier = Identifier(groups)
    right = seen = 0
    for line in path.read_text().splitlines():
        language, text = line.split("\t")
        posterior = identifier.posterior(text)
        if not any(language in g[1] for g in groups):
            continue
        best = max(posterior, key=posterior.get)
        seen += 1
        right += best == language
        if best != language:
            print(f"  {language} read as {best} {posterior[best]:.2f} (own {posterior.get(language, 0):.2f}): {text}")
    print(f"{path.name}: {right} of {seen} right")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sdist", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sdist = arguments.sdist
        if sdist is None:
            subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:",
                            "--dest", folder, PACKAGE], check=True)
            sdist = next(pathlib.Path(folder).glob("langdetect-*.tar.gz"))
        groups = model(profiles(sdist))
    data = encode(groups)
    OUTPUT.write_bytes(data)
    for group, languages, alphabet, table in groups:
        print(f"{group}: {len(languages)} languages, {len(alphabet)} letters, {len(table)} n-grams, "
              f"{sum(map(len, table.values()))} statistics")
    print(f"{OUTPUT.name}: {len(data)} bytes")
    evaluate(groups, HERE / "dev.tsv")


if __name__ == "__main__":
    main()
