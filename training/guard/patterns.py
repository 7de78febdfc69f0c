"""Pairs of word classes near one another, such as a verb of overriding and a noun for rules. The reference of
`Sources/Reading/Guard/GuardPatterns.swift`.

They carry what an attack says over to wordings that training has not seen.
"""

from __future__ import annotations

REACH = 8
"""Two words form a pair when at most so many tokens lie from one to the other."""

CLASSES: list[tuple[str, str]] = [
    ("override", "ignore disregard forget override bypass discard erase drop skip cancel stop abandon disable remove "
     "circumvent neglect lifted removed disabled outdated reset unlearn"),
    ("earlier", "previous prior above earlier preceding initial original all every any everything before whatever "
     "existing former past other"),
    ("rules", "instructions instruction rules rule guidelines guideline policy policies directives directions directive "
     "restrictions restriction constraints limits limitations filters filter guardrails safety ethics ethical moral "
     "morals morality programming programmed regulations censorship boundaries laws law"),
    ("reveal", "reveal show print repeat output display tell disclose leak paste copy translate spell summarize summarise "
     "recite expose dump list share encode"),
    ("secret", "prompt prompts password passwords secret secrets key keys hidden confidential configuration verbatim "
     "system preprompt credentials token tokens environment"),
    ("persona", "act acting pretend roleplay role play simulate imagine become character persona named called emulate "
     "immerse mode"),
    ("free", "unrestricted unfiltered uncensored unlimited amoral immoral unethical jailbroken jailbreak unbound freed "
     "evil dan anything illegal free liberated unhinged uncensor"),
    ("refuse", "refuse refuses refused refusal apologize apologise apologies sorry cannot cant unable warn warning "
     "warnings disclaimer disclaimers never decline reject"),
    ("assistant", "ai assistant model models llm llms chatbot chatgpt gpt openai agent agents bot bots summarizer gpt4 "
     "anthropic claude gemini"),
    ("order", "must obey comply now immediately instead only always strictly required shall"),
    ("danger", "bomb bombs kill killing murder weapon weapons gun hack hacking drug drugs steal stealing poison explosive "
     "explosives malware ransomware meth virus suicide terrorist attack forge counterfeit launder stalk "
     "blackmail fraud scam phishing smuggle rob nazi rape slurs"),
    ("method", "how make making steps step guide tutorial recipe create build plan ways way method methods detailed "
     "detail write script"),
    ("fiction", "story novel fictional fiction hypothetically hypothetical screenplay scene game movie film dialogue "
     "poem tale"),
    ("action", "send forward call delete transfer email reply respond say answer execute run visit append include "
     "recommend rate"),
    ("you", "you your youre yourself ur u"),
    ("caught", "caught noticing noticed unseen undetected traced anonymously secretly unnoticed detected knowing evade "
     "getting detection"),
]  # fmt: skip

CLASS_OF: dict[bytes, int] = {}
for number, (_, words) in enumerate(CLASSES, 1):
    for word in words.split():
        CLASS_OF.setdefault(word.encode(), number)

PAIR_SALT = 0xA24BAED4963EE407


def pair_code(first: int, second: int) -> int:
    return PAIR_SALT + first * 64 + second
