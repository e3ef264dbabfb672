"""What the demo plants in its world between two scans, and so what the second must find new."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

from scans.demo.invented import Invented, News, Opening

COMPANIES = 40
PRESS = ("press1", "press2")  # sites that write about others
FACTS = {"leads": 200, "duplicates": 6, "faulty": 2}  # of leads.csv
SPECIFICATION: list[dict[str, object]] = [
    {
        "source": "company_news",
        "keywords": ['"Series B"', {"term": "acquires OR acquisition", "weight": 2}, "expand*"],
        "excludeKeywords": ["Nairobi"],
        "minScore": 50,
        "maxAgeDays": 30,
    },
    {"source": "job_opening", "keywords": ['"Data Engineer"', '"Head of Finance"'], "excludeKeywords": []},
]
_STORY = (
    "{name} acquires Northwind Tools, a maker of planning software, for an undisclosed sum. The acquisition brings"
    " sixty people and two offices. The companies have worked together since 2022, and both brands will stay."
)


@dataclass(frozen=True)
class Planted:
    """(company, title) of what appears between the scans; `told_thrice` is the one that stands on three sites."""

    new: frozenset[tuple[str, str]]
    told_thrice: tuple[str, str]


def companies(now: datetime) -> list[Invented]:
    """The forty of leads.csv, one of which links two press sites as well, and these sites."""
    made = [Invented.make(number, now=now, news=12, openings=3) for number in range(1, COMPANIES + 1)]
    press = [Invented(slug, slug.capitalize()) for slug in PRESS]
    links = (f'<link rel="alternate" type="application/rss+xml" href="/{slug}/feed.rss">' for slug in PRESS)
    made[0].page += "".join(links)
    return [*made, *press]


def write_leads(path: Path, base: str) -> None:
    """The bundled list, with the address at which the companies' sites are served."""
    text = files("scans.demo").joinpath("leads.csv").read_text(encoding="utf-8")
    path.write_text(text.replace("http://WORLD", base), encoding="utf-8")


def go_on(world: dict[str, Invented], seed: int, now: datetime) -> Planted:
    """Something happens: a piece of news, two openings, and one piece of news that three sites tell."""
    draw = random.Random(seed)  # noqa: S311  an invented world
    first, *others = (company for slug, company in world.items() if slug not in PRESS)
    news, one, two = draw.sample(others, 3)
    title = f"{news.name} raises a Series B for its platform {seed}"
    news.publish(title, f"<p>{title}. The round was led by two funds and will pay for new products.</p>", now)
    openings = []
    for company, wanted in ((one, "Data Engineer"), (two, "Head of Finance")):
        name = f"{wanted} (new, {seed})"
        text = f"<p>{company.name} looks for a {wanted} who likes clear numbers.</p>"
        company.openings.insert(0, Opening(f"{9_000_000 + seed % 1000}", name, text, now, "Vienna", "Data"))
        openings.append((company.name, name))
    thrice = f"{first.name} acquires Northwind Tools"
    for hours, teller in enumerate((first, *(world[slug] for slug in PRESS))):
        text = f"<p>{_STORY.format(name=first.name)}</p>"
        teller.news.insert(0, News(f"northwind-{seed}-{hours}", thrice, text, now - timedelta(hours=hours)))
    told = (first.name, thrice)
    return Planted(frozenset({(news.name, title), *openings, told}), told)
