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
FLOOR_BITS = 15.0     # an n-gram that a profile lacks counts as if it were this rare among those of its length
WORDS_SHARE = 0.5     # of an n-gram's probability that comes from words.txt: encyclopaedias say little of "good day"
WORD_BITS = 8.0       # what a whole word of words.txt costs the languages that do not list it
LENGTHS = (2, 3)      # single letters were weighed too: they make the short sentences of dev.tsv worse
TEMPERATURE = 0.3     # n-grams overlap, so their evidence is far from independent

# Before anything is read, a language is as likely as the square root of its share of the pages of the web, in per
# cent, rounded; the others have 0.02. Otherwise "hello" would be as likely Afrikaans as English.
SHARES = {
    "en": 50, "es": 6, "de": 5.5, "fr": 4.3, "ru": 3.8, "pt": 3.5, "it": 2.7, "nl": 2.2, "pl": 1.8, "tr": 1.8,
    "fa": 1.3, "vi": 1.1, "id": 1.1, "cs": 1, "uk": 0.6, "hu": 0.6, "ro": 0.5, "sv": 0.5, "ar": 0.5, "da": 0.4,
    "sk": 0.4, "fi": 0.4, "bg": 0.25, "no": 0.25, "hr": 0.2, "lt": 0.15, "sl": 0.1, "ca": 0.1, "lv": 0.1, "et": 0.1,
    "hi": 0.1,
}
LEAST_SHARE = 0.02
PRIOR_STEPS = 16      # units a nat


def prior(language):
    """How much likelier than the rarest a language is before anything is read, in units."""
    return round(PRIOR_STEPS * 0.5 * math.log(SHARES.get(language, LEAST_SHARE) / LEAST_SHARE))


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


def everyday_words():
    words = {}
    for line in (HERE / "words.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            language, text = line.split("\t")
            words[language] = text.split()
    return words


def probabilities(weights):
    """Each n-gram's share among those of its length."""
    totals = collections.Counter()
    for gram, weight in weights.items():
        totals[len(gram)] += weight
    return {gram: weight / totals[len(gram)] for gram, weight in weights.items()}


def statistics(freq, words, group):
    """Probabilities of n-grams of one script, lower-cased; a blank stands for a word's edge."""
    def counts_here(gram):
        return (len(gram) in LENGTHS and all(c == " " or in_script(c, group) for c in gram)
                and " " not in gram[1:-1] and gram.strip())

    profile = collections.Counter()
    for gram, count in freq.items():
        folded = "".join(fold(c) for c in gram)
        if counts_here(folded):
            profile[folded] += count
    everyday = collections.Counter()
    for rank, word in enumerate(words):
        padded = f" {''.join(fold(c) for c in word)} "
        for n in LENGTHS:
            for start in range(len(padded) - n + 1):
                if counts_here(padded[start:start + n]):
                    everyday[padded[start:start + n]] += 1 / (rank + 10)
    mixed = collections.Counter()
    for share, weights in ((1 - WORDS_SHARE, profile), (WORDS_SHARE, everyday)):
        for gram, probability in probabilities(weights).items():
            mixed[gram] += share * probability
    return mixed


def model(found):
    groups = []
    words = everyday_words()
    for group, languages in GROUPS.items():
        table = {}
        for column, language in enumerate(languages):
            for gram, probability in statistics(found[language], words[language], group).items():
                cost = round(min(-math.log2(probability), FLOOR_BITS) * COST_STEPS)
                if cost < FLOOR_BITS * COST_STEPS:
                    table.setdefault(gram, {})[column] = cost
        alphabet = sorted({c for gram in table for c in gram if c != " "})
        if len(alphabet) > 254:
            sys.exit(f"{group}: {len(alphabet)} letters, more than a byte can number")
        whole = {}
        for column, language in enumerate(languages):
            for word in words[language]:
                folded = "".join(fold(c) for c in word)
                if all(c in alphabet for c in folded):
                    whole.setdefault(folded, {})[column] = 0
        groups.append((group, languages, alphabet, table, whole))
    return groups


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return out


def word_key(codes):
    """Bit 24, then the upper 24 bits of FNV-1a over a word's letter codes."""
    state = 0x811C9DC5
    for code in codes:
        state = (state ^ code) * 0x01000193 & 0xFFFFFFFF
    return 1 << 24 | state >> 8


def encode(groups):
    body = bytearray()
    body += struct.pack("<BBBBHH", len(groups), COST_STEPS, round(FLOOR_BITS * COST_STEPS), round(WORD_BITS * COST_STEPS),
                        round(TEMPERATURE * 10000), PRIOR_STEPS)
    for group, languages, alphabet, table, whole in groups:
        number = {c: index + 2 for index, c in enumerate(alphabet)}  # 0: none, 1: a word's edge
        number[" "] = 1
        body += struct.pack("<BBHI", len(languages), 0, len(alphabet), len(table) + len(whole))
        body += "".join(languages).encode()
        body += bytes(prior(language) for language in languages)
        for c in alphabet:
            body += struct.pack("<H", ord(c))
        keys = {}
        for gram, costs in table.items():
            key = 0
            for c in gram:
                key = key << 8 | number[c]
            keys[key] = costs
        for word, costs in whole.items():
            key = word_key([number[c] for c in word])
            if key in keys:
                sys.exit(f"{group}: the key of the word {word} is taken; leave it out of words.txt")
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
    def __init__(self, groups):
        self.groups = groups

    def posterior(self, text):
        text = "".join(fold(c) for c in text[:512])
        shares = {g[0]: sum(in_script(c, g[0]) for c in text) for g in self.groups}
        name = max(shares, key=shares.get)
        if shares[name] == 0:
            return {}
        _, languages, _, table, whole = next(g for g in self.groups if g[0] == name)
        cost = [0.0] * len(languages)
        words = "".join(c if in_script(c, name) else " " for c in text).split()
        for word in words:
            padded = f" {word} "
            for n in LENGTHS:
                for i in range(len(padded) - n + 1):
                    costs = table.get(padded[i:i + n])
                    if costs is not None:
                        for column in range(len(languages)):
                            cost[column] += costs.get(column, FLOOR_BITS * COST_STEPS)
            if word in whole:
                for column in range(len(languages)):
                    cost[column] += whole[word].get(column, WORD_BITS * COST_STEPS)
        logs = [-c * math.log(2) / COST_STEPS * TEMPERATURE + prior(l) / PRIOR_STEPS
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
    for group, languages, alphabet, table, whole in groups:
        print(f"{group}: {len(languages)} languages, {len(alphabet)} letters, {len(table)} n-grams, "
              f"{sum(map(len, table.values()))} statistics, {len(whole)} words")
    print(f"{OUTPUT.name}: {len(data)} bytes")
    evaluate(groups, HERE / "dev.tsv")


if __name__ == "__main__":
    main()
