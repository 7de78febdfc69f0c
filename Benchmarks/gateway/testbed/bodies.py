"""The chat requests that are sent."""

from __future__ import annotations

import json

KIB = 1024
# The load generator writes other text over this for each request.
SLOT = "@@@@@@@@"
GUIDELINE = "Follow the company guidelines and answer precisely, cite sources and be concise. "
FOX = "the quick brown fox jumps over the lazy dog and then routes a request to a replica; "
SENTENCES = [
    "The derivative of a product is the first factor times the derivative of the second, plus the reverse. ",
    "A replica that serves many long prompts at once has less room for the blocks of the next conversation. ",
    "When the contract was signed, neither party had read the clause on late delivery with any care. ",
    "Enzymes lower the energy that a reaction needs, which is why cells work at the warmth of a body. ",
    "The committee asked for the figures of the last three quarters and for a plan that explains them. ",
    "Light that leaves the star today arrives after everyone who now reads about it has long gone. ",
    "Prices rose faster than wages in that decade, so savings lost a third of what they could buy. ",
]


def chat(messages: list[tuple[str, str]], stream: bool = False) -> bytes:
    """A request to the model that stands for routing."""
    fields = {
        "model": "MoM",
        "messages": [{"role": role, "content": content} for role, content in messages],
        "max_tokens": 64,
        "temperature": 0.7,
        "stream": stream,
    }
    return json.dumps(fields).encode()


def of_1_kib(question: str = "", stream: bool = False) -> bytes:
    """A request of 1 KiB: a system prompt, and a user message that begins with the question."""
    system = "You are a helpful assistant. " + GUIDELINE * 3
    user = "Explain the following in detail: " + question + FOX * 6
    missing = KIB - len(chat([("system", system), ("user", user)], stream))
    user = user + "x" * missing if missing >= 0 else user[:missing]
    return chat([("system", system), ("user", user)], stream)


def of_100_kib() -> bytes:
    """A conversation of 100 KiB, turns of 1.5 KB."""
    messages = [("system", "You are a helpful assistant. " + GUIDELINE)]
    turn = 0
    while len(chat(messages)) < 100 * KIB - 2 * KIB:
        text = "".join(SENTENCES[(turn * 5 + index * 3) % len(SENTENCES)] for index in range(16))
        messages.append(("assistant" if turn % 2 else "user", f"{turn + 1}. {text}"))
        turn += 1
    question = "Sum up what was said about the derivative of a product. "
    missing = 100 * KIB - len(chat([*messages, ("user", question)]))
    return chat([*messages, ("user", question + (SENTENCES[0] * 30)[:missing])])


def all_bodies() -> dict[str, bytes]:
    """By name; every one is exactly as long as its name says."""
    return {
        "1k": of_1_kib(),
        "1k-stream": of_1_kib(stream=True),
        "1k-unseen": of_1_kib(question=f"question {SLOT} on {SLOT}, {SLOT} and {SLOT} of {SLOT}: "),
        "100k": of_100_kib(),
    }
