"""Training texts: templates filled with names from public lists and from Faker, exam questions that hold no name."""

from __future__ import annotations

import random
import re
from collections import Counter
from functools import lru_cache
from pathlib import Path

import faker
import names
import sets
import words as words_module
from sets import Text

HERE = Path(__file__).resolve().parent
LISTS = HERE / "lists"
CENSUS = Path(names.__file__).parent
LABELS = ["O", "PERSON", "GPE", "ORGANIZATION", "STREET_ADDRESS", "TITLE"]

LOCALES = (
    "en_US en_GB de_DE de_AT fr_FR fr_CA es_ES es_MX it_IT pt_BR pt_PT nl_NL nl_BE pl_PL sv_SE da_DK no_NO fi_FI cs_CZ "
    "sk_SK hu_HU sl_SI hr_HR ro_RO tr_TR en_IN id_ID et_EE lt_LT lv_LV en_US en_US en_US en_GB"
).split()


def census(file: str, limit: int | None = None) -> list[str]:
    """Names of the United States' census of 1990, most frequent first (public domain)."""
    lines = (CENSUS / file).read_text().splitlines()[:limit]
    return [line.split()[0].capitalize() for line in lines]


@lru_cache
def first_names() -> list[str]:
    return census("dist.female.first") + census("dist.male.first")


@lru_cache
def last_names() -> list[str]:
    return census("dist.all.last", 20000)


def words(file: str) -> list[str]:
    return (LISTS / file).read_text(encoding="utf-8").strip().split(";")


def lines(file: str) -> list[str]:
    return (LISTS / file).read_text(encoding="utf-8").strip().split("\n")


class Filler:
    """Draws values for placeholders."""

    def __init__(self, source: random.Random) -> None:
        self.source = source
        self.places, self.organizations, self.jobs = words("places.txt"), words("organizations.txt"), words("jobs.txt")
        self.fakers = {}
        for locale in sorted(set(LOCALES)):
            self.fakers[locale] = faker.Faker(locale, use_weighting=False)
            self.fakers[locale].seed_instance(source.randrange(1 << 30))

    def fake(self) -> faker.Faker:
        return self.fakers[self.source.choice(LOCALES)]

    def first(self) -> str:
        if self.source.random() < 0.5:
            # Frequent names more often than rare ones.
            pool = first_names()
            return pool[int(len(pool) * self.source.random() ** 2) % len(pool)]
        return self.fake().first_name()

    def last(self) -> str:
        roll = self.source.random()
        if roll < 0.45:
            pool = last_names()
            return pool[int(len(pool) * self.source.random() ** 2)]
        if roll < 0.49:
            return self.fake().last_name() + "-" + self.fake().last_name()
        return self.fake().last_name()

    def person(self) -> str:
        roll = self.source.random()
        if roll < 0.12:
            return self.first()
        if roll < 0.2:
            return f"{self.first()} {self.source.choice('ABCDEFGHIJKLMNOPRSTVW')}{self.source.choice(['.', ''])} {self.last()}"
        if roll < 0.25:
            return f"{self.first()} {self.source.choice(['van der', 'von', 'de', 'de la', 'Van', 'Mc', 'al', 'bin', 'O’'])} {self.last()}"
        if roll < 0.3:
            return f"{self.first()} {self.first()} {self.last()}"
        return f"{self.first()} {self.last()}"

    def place(self) -> str:
        roll = self.source.random()
        if roll < 0.55:
            return self.source.choice(self.places)
        place = self.fake().city() if roll < 0.9 else self.fakers["en_US"].country()
        return place.upper() if self.source.random() < 0.06 else place

    def organization(self) -> str:
        roll = self.source.random()
        if roll < 0.3:
            return self.source.choice(self.organizations)
        if roll < 0.5:
            return self.fake().company()
        stem = lambda: "".join(
            self.source.choice(s)
            for s in self.source.choice(
                [
                    (["Opti", "Cyber", "Data", "Cloud", "Bio", "Green", "Smart", "Open", "Blue", "Health", "Eco", "Nano",
                      "Info", "Trans", "Inter", "Geo", "Agri", "Energy", "Farm", "Build", "Legal", "Social", "Micro"],
                     ["ly", "lab", "labs", "works", "soft", "tech", "base", "link", "net", "genic", "scope", "hub", "ware",
                      "metrics", "point", "wave", "io", "ify", "Logic", "Minds", "com", "zoom", "city"]),
                    (["Va", "Ki", "Zo", "Tre", "Lu", "Mo", "Ka", "Ny", "Cel", "Quan", "Syn", "Ax", "Ver", "Plu"],
                     ["ra", "vo", "dex", "nta", "lis", "mer", "zon", "ria", "tix", "gen", "vant", "ola"],
                     ["", "", "n", "x", "s", "q"]),
                ]
            )
        )  # fmt: skip
        tail = ["", "", "", " Inc.", " Inc", " LLC", " Ltd", " GmbH", " Corp.", " Corporation", " Group", " Technologies",
                " Systems", " Solutions", " Partners", " Holdings", " Bank", " Insurance Company", " Foundation",
                " University", " Hospital", " Institute", " Association", " & Sons", " Consulting", " Media", " Energy",
                " Airlines", " Records", " Orchestra", " Society", " Museum"]  # fmt: skip
        if roll < 0.75:
            return stem() + self.source.choice(tail)
        if roll < 0.83:
            return self.last() + self.source.choice(tail[3:])
        if roll < 0.88:
            return "".join(self.source.choice("ABCDEFGHIKLMNOPRSTUW") for _ in range(self.source.choice([2, 3, 3, 4])))
        if roll < 0.93:
            return "University of " + self.place()
        return f"{self.last()}, {self.last()} and {self.last()}" if roll < 0.96 else f"{self.last()} {self.last()}"

    def street(self) -> str:
        number = self.source.choice([str(self.source.randrange(1, 999)), str(self.source.randrange(1, 9999))])
        roll = self.source.random()
        if roll < 0.45:
            return f"{number} {self.fakers['en_US'].street_name()}"
        if roll < 0.5:
            return self.fakers["en_US"].street_name()
        return self.fake().street_address().replace("\n", " ")

    def job(self) -> str:
        job = self.fakers["en_US"].job() if self.source.random() < 0.4 else self.source.choice(self.jobs)
        job = job.split(",")[0].split("/")[0].strip()
        return job.capitalize() if self.source.random() < 0.4 else job.lower() if self.source.random() < 0.7 else job

    def value(self, name: str) -> tuple[str, str | None]:
        """The value of a placeholder and its label."""
        s = self.source
        english = self.fakers["en_US"]
        match name.lower():
            case "p" | "person" | "name" | "name_male" | "name_female":
                return self.person(), "PERSON"
            case "f" | "first_name" | "first_name_male" | "first_name_female" | "first_name_nonbinary":
                return self.first(), "PERSON"
            case "l" | "last_name" | "last_name_male" | "last_name_female":
                return self.last(), "PERSON"
            case "g" | "gpe" | "city" | "country" | "state_abbr":
                return self.place(), "GPE"
            case "o" | "organization" | "company":
                return self.organization(), "ORGANIZATION"
            case "a" | "address" | "street_address":
                return self.street(), "STREET_ADDRESS"
            case "street_name":
                return english.street_name(), "STREET_ADDRESS"
            case "building_number" | "secondary_address":
                return english.numerify("###") if name.startswith("b") else english.secondary_address(), "STREET_ADDRESS"
            case "j" | "job":
                return self.job(), "TITLE"
            case "title":
                return s.choice(["Mr.", "Mrs.", "Ms.", "Dr.", "Miss", "Prof."]), None
            case "prefix_male" | "prefix_female":
                return s.choice(["Mr.", "Mrs.", "Ms.", "Dr."]), None
            case "n":
                return str(s.choice([s.randrange(2, 40), s.randrange(2, 400), s.randrange(1000, 90000)])), None
            case "y":
                return str(s.randrange(1850, 2025)), None
            case "d" | "date_of_birth" | "date_time" | "day_of_week":
                return s.choice([english.date(), english.day_of_week(), "3 May 2021", english.month_name()]), None
            case "e" | "email" | "email_address":
                return english.email(), None
            case "t" | "phone_number":
                return english.phone_number(), None
            case "zipcode" | "postcode" | "zip_code":
                return english.postcode(), None
            case "age":
                return str(s.randrange(18, 90)), None
            case "nrp":
                return s.choice(["American", "German", "Polish", "Swedish", "Indian", "Thai", "Catholic", "Chinese"]), None
            case "ssn" | "us_ssn":
                return english.ssn(), None
            case "credit_card_number" | "credit_card":
                return english.credit_card_number(), None
            case "iban" | "iban_code":
                return english.iban(), None
            case "url" | "domain_name":
                return english.url(), None
            case "ip_address":
                return english.ipv4(), None
            case "us_driver_license":
                return english.bothify("?#######").upper(), None
        raise ValueError(name)

    def fill(self, template: str, pattern: re.Pattern) -> Text:
        out, spans, end = "", [], 0
        for match in pattern.finditer(template):
            out += template[end : match.start()]
            value, label = self.value(match[1])
            if label:
                spans.append((label, len(out), len(out) + len(value)))
            out += value
            end = match.end()
        out += template[end:]
        roll = self.source.random()
        if roll < 0.12 and len(out.lower()) == len(out):
            out = out.lower()
        elif roll < 0.14 and len(out.upper()) == len(out):
            out = out.upper()
        return Text(out, spans)


class LookalikeFiller(Filler):
    """Draws more companies, streets and places that are named after people or look like it."""

    def organization(self) -> str:
        s, roll = self.source, self.source.random()
        if roll < 0.07:
            return f"{self.first()} {self.last()}"
        if roll < 0.11:
            return self.last() + s.choice(["'s", "’s", " Brothers", " Bros.", " & Co.", " & Company", "s"])
        if roll < 0.15:
            return f"{self.last()} & {self.last()}"
        if roll < 0.18:
            tail = [" Ltd", " GmbH", " Inc.", " Group", " Foundation", " Institute", " School", " Hospital"]
            return f"{self.first()} {self.last()}{s.choice(tail)}"
        if roll < 0.21:
            return f"The {self.last()} {s.choice(['Group', 'Company', 'Foundation', 'Times', 'Post', 'Hotel'])}"
        if roll < 0.25:
            return self.place() + s.choice(COMPANIES_OF_PLACES)
        if roll < 0.33:
            return f"{s.choice(COMPANY_STEMS)} {s.choice(COMPANY_TRADES)}{s.choice([''] * 4 + [' Inc.', ' Corp', ' Group', ' Holdings'])}"
        return super().organization()

    def place(self) -> str:
        s, roll = self.source, self.source.random()
        if roll < 0.05:
            return s.choice(["St. ", "Saint ", "San ", "Santa ", "Fort ", "Port ", "Mount ", "Lake "]) + self.first()
        if roll < 0.11:
            tail = ["ville", "ton", "burg", " Creek", " Falls", " City", " Springs", "field", " Park", " Beach"]
            return self.last() + s.choice(tail)
        if roll < 0.15:
            return self.last()
        return super().place()

    def street_without_number(self) -> str:
        s, roll = self.source, self.source.random()
        ending = lambda: s.choice(
            [" Street", " Road", " Avenue", " Lane", " Drive", " Blvd", " St", " St.", " Way", " Court", " Square"]
        )
        if roll < 0.4:
            return self.last() + ending()
        if roll < 0.6:
            return f"{self.first()} {self.last()}{ending()}"
        if roll < 0.7:
            return s.choice(["Rue ", "Avenue ", "Via ", "Calle ", "Rua "]) + s.choice(["", "", "de la ", "du "]) + self.last()
        if roll < 0.8:
            return self.last() + s.choice(["straße", "weg", "gasse", "-Straße"])
        return self.fakers["en_US"].street_name()

    def value(self, name: str) -> tuple[str, str | None]:
        return (self.street_without_number(), "STREET_ADDRESS") if name == "S" else super().value(name)


COMPANIES_OF_PLACES = [
    " Bank", " Airlines", " University", " Hospital", " Times", " Electric", " FC", " City Council", " Police",
    " Chamber of Commerce",
]  # fmt: skip
COMPANY_STEMS = (
    "Silver Golden Blue Red Northern Southern Atlantic Pacific Summit River Mountain Oak Pine Apex Global First United "
    "National American Modern Royal Advanced General Standard Fresh Bright Noble Iron Crown Harbor Liberty Union Valley Prime"
).split()
COMPANY_TRADES = (
    "Foods Energy Motors Capital Software Pharma Steel Coffee Logistics Insurance Bank Health Paper Materials Brands "
    "Petroleum Semiconductor Networks Entertainment Outdoors Realty Hotels Foundry Robotics Airways Textiles Dairy Cement "
    "Railways Gas Water"
).split()

OURS = re.compile(r"\{(\w)\}")
PRESIDIO = re.compile(r"\{\{(\w+)\}\}")


def held_out_templates(texts: list[Text], seed: int) -> set[str]:
    """A quarter of presidio's templates. Templates of both sets with the same words are one."""
    shapes = sorted({shape(t.masked) for t in texts})
    random.Random(seed).shuffle(shapes)
    return set(shapes[: len(shapes) // 4])


def shape(masked: str) -> str:
    """A template's words without its placeholders and marks, so that both sets' wordings of one template meet."""
    return " ".join(re.findall(r"[a-z]+", PRESIDIO.sub(" ", masked).lower())) or masked


def nameless(texts: list[str]) -> list[str]:
    """Texts without a word that is written with a capital and stands in the census's lists of names, but for words that
    the texts write without a capital more often than with one inside a sentence."""
    listed = {w for w in first_names()} | set(last_names())
    small, capital = Counter(), Counter()
    for text in texts:
        for match in re.finditer(r"[A-Za-z]+", text):
            word = match[0]
            if word.islower():
                small[word] += 1
            elif match.start() > 1 and text[match.start() - 2] not in ".?!:\n\"":
                capital[word] += 1
    name = lambda w: w in listed and len(w) > 2 and capital[w] >= small[w.lower()]
    return [t for t in texts if not any(name(w) for w in re.findall(r"[A-Z][a-z]+", t)) and not re.search(r"\b(Mr|Mrs|Ms|Dr)\b", t)]


def exam_halves(seed: int) -> tuple[list[str], list[str]]:
    """Exam questions to learn from, and others to look for false alarms in; equal texts are one."""
    exam = sorted(set(sets.exam_questions()))
    random.Random(seed).shuffle(exam)
    return exam[: len(exam) // 2], exam[len(exam) // 2 :]


def lexicon() -> words_module.Lexicon:
    """The lists in the model: names of the census (public domain), words of our places."""
    places = {w for p in words("places.txt") for w in p.split() if len(w) > 2 and w[0].isupper()}
    return words_module.Lexicon(set(first_names()), set(last_names()[:12000]), places)


def code(source: random.Random, count: int) -> list[str]:
    """Pieces of programs without names of people in them, by all likelihood: of numpy and scipy in their pinned versions, and
    of this repository's tests but those of personal data."""
    packages = Path(names.__file__).parent.parent
    ours = [p for p in sorted((sets.ROOT / "Tests").rglob("*.swift")) if "PersonalData" not in p.name and "Vectors" not in p.name]
    theirs = sorted(p for name in ("numpy", "scipy") for p in (packages / name).rglob("*") if p.suffix in (".py", ".h"))
    texts = []
    for files, share in ((ours, 0.6), (theirs, 0.4)):
        pieces = []
        for path in source.sample(files, min(len(files), 250)):
            text = path.read_text(encoding="utf-8", errors="ignore")
            pieces += [text[i : i + 500] for i in range(0, min(len(text), 10000), 500)]
        # What names its authors says so in words such as these.
        pieces = [p for p in pieces if not re.search(r"(?i)author|copyright|written by|et al|@\w+\.|\bet\b", p)]
        texts += source.sample(pieces, int(count * share))
    return texts


def foreign(source: random.Random, count: int) -> list[str]:
    """Sentences of Faker's words in other languages."""
    locales = "de_DE fr_FR es_ES it_IT nl_NL pl_PL pt_BR ru_RU el_GR cs_CZ hu_HU tr_TR fi_FI ja_JP zh_CN ar_AA".split()
    texts = []
    for locale in locales:
        fake = faker.Faker(locale)
        fake.seed_instance(source.randrange(1 << 30))
        try:
            texts += [fake.sentence(12) for _ in range(count // len(locales))]
        except AttributeError:
            continue
    return texts


def training(source: random.Random, held: set[str], exam: list[str], per_template: int) -> list[Text]:
    filler = Filler(source)
    texts: list[Text] = []
    masked = sorted({t.masked for t in sets.presidio() if shape(t.masked) not in held})
    for template in masked:
        texts += [filler.fill(template, PRESIDIO) for _ in range(per_template // 2)]
    for template in lines("templates.txt"):
        template = template.replace("\\n", "\n")
        texts += [filler.fill(template, OURS) for _ in range(per_template)]
        for _ in range(per_template // 3):
            # Two in a row, or behind something else: what stands before a sentence says nothing.
            other = source.choice(lines("templates.txt")).replace("\\n", "\n")
            texts.append(filler.fill(other + source.choice([" ", "\n", "\n\n"]) + template, OURS))
    for line in lines("negatives.txt"):
        texts += [filler.fill(line, OURS) for _ in range(6)]
    texts += [Text(t[:600]) for t in exam]
    texts += [Text(t) for t in code(source, 900) + foreign(source, 640)]
    source.shuffle(texts)
    return texts


def lookalikes(held: set[str], per_template: int) -> list[Text]:
    """Further texts, in which more is named after people without being one."""
    filler, source = LookalikeFiller(random.Random(11)), random.Random(12)
    ours = [t.replace("\\n", "\n") for t in lines("templates.txt")]
    further = [t.replace("\\n", "\n") for t in lines("further_templates.txt")]
    texts: list[Text] = []
    for template in further:
        texts += [filler.fill(template, OURS) for _ in range(per_template)]
        for _ in range(per_template // 3):
            other = source.choice(ours + further)
            texts.append(filler.fill(other + source.choice([" ", "\n"]) + template, OURS))
    for template in sorted({t.masked for t in sets.presidio() if shape(t.masked) not in held}):
        texts += [filler.fill(template, PRESIDIO) for _ in range(per_template // 4)]
    for template in ours:
        texts += [filler.fill(template, OURS) for _ in range(per_template * 2 // 5)]
    return texts
