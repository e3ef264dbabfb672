"""Invented documents and what is asked of them: the same for the same seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate

CLOCK = datetime(2026, 11, 22, tzinfo=UTC)
COMPANIES = 2_000
FUNCTION_WORDS = ["the", "of", "and", "to", "in", "a", "is", "that", "for", "it", "with", "as", "on", "by", "at", "we"]
_SENTENCES = 20_000
_VOCABULARY = 60_000
_ENDINGS = ("", "", "", "s", "ing", "ed", "er", "ment", "ation")


@dataclass(frozen=True)
class News:
    """A document as scans.matching needs it, and whose it is."""

    type: str
    key: str
    title: str
    text: str
    url: str
    posted_at: datetime
    language: str | None
    company: int


def documents(count: int, seed: int, *, copies: float = 0.0, language: str | None = "en") -> list[News]:
    """About 120 words each; `copies`: the share that retells another one of the same company, a few words changed."""
    chance = random.Random(seed)
    words = vocabulary()
    sentences = [_sentence(words, chance) for _ in range(_SENTENCES)]
    found: list[News] = []
    for number in range(count):
        if found and chance.random() < copies:
            found.append(_retold(chance.choice(found[-500:]), number, chance))
            continue
        title, *told = chance.choices(sentences, k=9)
        posted = CLOCK - timedelta(hours=chance.randrange(24 * 60))
        company = chance.randrange(COMPANIES)
        text, key = " ".join(told), f"n{number}"
        found.append(
            News("company_news", key, title[:80], text, f"https://{company}.example/{key}", posted, language, company)
        )
    return found


@cache
def vocabulary() -> tuple[list[str], list[float]]:
    """Words, and their weights added up, falling as in natural text."""
    chance = random.Random(0)
    letters = "etaoinshrdlucmfwypvbgk"
    stems = ["".join(chance.choices(letters, k=chance.randint(3, 8))) for _ in range(_VOCABULARY)]
    words = list(FUNCTION_WORDS) + [stem + chance.choice(_ENDINGS) for stem in stems]
    of_functions = [2.0] * len(FUNCTION_WORDS)  # two fifths of all words, as in English
    return words, list(accumulate([*of_functions, *(8 / (rank + 5) for rank in range(_VOCABULARY))]))


def asked(count: int, seed: int) -> list[dict[str, object]]:
    """Specification items of the six kinds of keywords, each of words of a middling frequency."""
    chance = random.Random(seed)
    words, _ = vocabulary()
    rare = words[3_000:20_000]

    def pick() -> str:
        return chance.choice(rare)

    return [
        {
            "source": "company_news",
            "keywords": [
                pick(), {"term": pick(), "weight": 2}, f"{pick()} {pick()}", f"{pick()} OR {pick()}",
                f"{pick()} AND ({pick()} OR {pick()}) AND NOT {pick()}", pick() if number % 5 else f"{pick()[:6]}*",
            ],
            "excludeKeywords": [pick()],
            "minScore": 20,
            "maxAgeDays": 45,
        }
        for number in range(count)
    ]  # fmt: skip


def _sentence(words: tuple[list[str], list[float]], chance: random.Random) -> str:
    told = chance.choices(words[0], cum_weights=words[1], k=chance.randint(8, 20))
    return f"{' '.join(told).capitalize()}."


def _retold(news: News, number: int, chance: random.Random) -> News:
    words = news.text.split()
    words[chance.randrange(len(words))] = f"changed{number}"
    url = f"https://copy.example/{number}"
    return replace(news, key=f"n{number}", text=" ".join(words), url=url, posted_at=news.posted_at + timedelta(hours=1))
