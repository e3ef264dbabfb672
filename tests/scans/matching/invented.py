"""Documents for the tests of matching, plain and random."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from scans.matching.languages import declared
from scans.matching.specification import Item, parse_items

CLOCK = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Written:
    """A document as scans.matching needs it."""

    title: str = ""
    text: str = ""
    type: str = "company_news"
    key: str = "key"
    url: str = ""
    posted_at: datetime | None = CLOCK
    language: str | None = "en"
    company: str = "acme"

    @property
    def language_(self) -> str:
        return str(declared(self.language))


def items(*raw: dict) -> tuple[Item, ...]:
    parsed = parse_items([{"source": "company_news", "keywords": [], **each} for each in raw])
    assert parsed.faults == ()
    return parsed.items


def days_ago(days: float) -> datetime:
    return CLOCK - timedelta(days=days)


# Few words, many of which share a stem, so that random keywords meet random documents.
WORDS = [
    "fund",
    "funds",
    "funding",
    "series",
    "b",
    "hire",
    "hiring",
    "Büro",
    "buro",
    "e-mail",
    "C++",
    "c",
    "東京",
    "naïve",
]
LANGUAGES = ["en", "de", "pl", "fr"]

texts = st.lists(st.sampled_from([*WORDS, ".", "!", "\n\n", "<p>", "&amp;"]), max_size=12).map(" ".join)


@st.composite
def documents(draw: st.DrawFn) -> Written:
    return Written(
        title=draw(texts),
        text=draw(texts),
        type=draw(st.sampled_from(["company_news", "post"])),
        key=draw(st.text("ab", min_size=1, max_size=3)),
        posted_at=draw(st.none() | st.floats(-5, 90).map(days_ago)),
        language=draw(st.sampled_from(LANGUAGES)),
    )
