"""Invented companies: their news, openings and pages, in the shapes in which real ones publish them."""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

BOARDS = ("greenhouse", "lever", "ashby")
_FIRST = [
    "Amber",
    "Birch",
    "Cobalt",
    "Delta",
    "Elm",
    "Falcon",
    "Granite",
    "Harbor",
    "Indigo",
    "Juniper",
    "Kestrel",
    "Lumen",
]
_SECOND = ["Analytics", "Logistics", "Robotics", "Health", "Energy", "Foods", "Systems", "Labs", "Freight", "Mobility"]
_PLACES = ["Berlin", "Lisbon", "Toronto", "Austin", "Nairobi", "Osaka", "Leeds", "Lyon"]
_TITLES = ["Data Engineer", "Account Executive", "Site Reliability Engineer", "Head of Finance", "Product Designer"]
_TEAMS = ["Engineering", "Sales", "Finance", "Design"]
_NEWS = [
    "{name} raises a Series B to expand in {place}", "{name} opens an office in {place}",
    "{name} appoints a new Chief Technology Officer", "{name} signs a partnership with a hospital group",
    "{name} launches its second product", "{name} acquires a smaller rival in {place}",
]  # fmt: skip


@dataclass
class News:
    id: str
    title: str
    html: str
    posted: datetime | None


@dataclass
class Opening:
    id: str
    title: str
    html: str
    posted: datetime
    place: str
    team: str


@dataclass
class Invented:
    """A company. Change its lists, and its addresses answer differently from then on."""

    slug: str
    name: str
    news: list[News] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    page: str = ""
    board: str = "greenhouse"

    @classmethod
    def make(cls, number: int, *, seed: int = 1, now: datetime, news: int = 20, openings: int = 5) -> Invented:
        """The same company for the same arguments."""
        draw = random.Random(f"{seed}:{number}")  # noqa: S311 - nothing secret
        name = f"{draw.choice(_FIRST)} {draw.choice(_SECOND)} {number}"
        company = cls(f"c{number}", name, board=BOARDS[number % 3])
        for index in range(news):
            title = draw.choice(_NEWS).format(name=name, place=draw.choice(_PLACES))
            posted = now - timedelta(days=3 * index, minutes=draw.randrange(1440))
            company.news.append(News(f"{company.slug}-{index}", title, _story(title, draw), posted))
        for index in range(openings):
            title, place = draw.choice(_TITLES), draw.choice(_PLACES)
            posted = now - timedelta(days=draw.randrange(60))
            text = f"<h2>About the role</h2><p>We look for a <b>{title}</b> in {place} &amp; remote.</p>"
            company.openings.append(
                Opening(f"{4_000_000 + number * 1000 + index}", title, text, posted, place, draw.choice(_TEAMS))
            )
        company.page = f"<h1>{name}</h1><p>We build things that work, in {draw.choice(_PLACES)}.</p>"
        return company

    def publish(self, title: str, text: str, posted: datetime | None) -> None:
        """One more piece of news, the newest."""
        made = hashlib.sha256(f"{self.slug}{title}{text}".encode()).hexdigest()[:12]
        self.news.insert(0, News(made, title, text, posted))

    def sources(self, base: str) -> dict[str, object]:
        """What enrichment would have found: the fields of prospecting.models.Company."""
        home = f"{base}/{self.slug}"
        return {
            "name": self.name, "website": f"{home}/", "feeds": [{"url": f"{home}/feed.rss", "kind": "rss"}],
            "job_board": {"kind": self.board, "token": self.slug}, "pages": [f"{home}/about"],
        }  # fmt: skip


def _story(title: str, draw: random.Random) -> str:
    return (
        f"<p><b>{escape(title)}</b>, the company said. {'It is a step of a longer plan. ' * draw.randrange(3, 9)}</p>"
    )


def rss(company: Invented, base: str) -> bytes:
    items = "".join(
        f"<item><title>{escape(news.title)}</title><link>{base}/{company.slug}/news/{news.id}</link>"
        f'<guid isPermaLink="false">{news.id}</guid>'
        + (f"<pubDate>{format_datetime(news.posted)}</pubDate>" if news.posted else "")
        + f"<description>{escape(news.html)}</description></item>"
        for news in company.news
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>{escape(company.name)}</title>'
        f"<link>{base}/{company.slug}/</link><description>News</description><language>en-us</language>{items}"
        "</channel></rss>"
    ).encode()


def atom(company: Invented, base: str) -> bytes:
    entries = "".join(
        f"<entry><id>tag:{news.id}</id><title>{escape(news.title)}</title>"
        f'<link rel="alternate" href="/{company.slug}/news/{news.id}"/>'
        + (f"<published>{news.posted.isoformat()}</published>" if news.posted else "")
        + f'<content type="html">{escape(news.html)}</content></entry>'
        for news in company.news
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">'
        f"<title>{escape(company.name)}</title><id>tag:{company.slug}</id>{entries}</feed>"
    ).encode()


def json_feed(company: Invented, base: str) -> bytes:
    items = [
        {
            "id": news.id, "url": f"{base}/{company.slug}/news/{news.id}", "title": news.title,
            "content_html": news.html, **({"date_published": news.posted.isoformat()} if news.posted else {}),
        }
        for news in company.news
    ]  # fmt: skip
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": company.name, "items": items}).encode()


def greenhouse(company: Invented, base: str) -> bytes:
    jobs: list[dict[str, object]] = [
        {
            "absolute_url": f"{base}/{company.slug}/jobs/{job.id}", "id": int(job.id), "internal_job_id": 1,
            "location": {"name": job.place}, "title": job.title, "updated_at": job.posted.isoformat(),
            "first_published": job.posted.isoformat(), "language": "en", "requisition_id": "1", "metadata": None,
            "content": escape(job.html), "departments": [{"id": 1, "name": job.team, "child_ids": []}],
            "offices": [{"id": 1, "name": job.place, "location": job.place}],
        }
        for job in company.openings
    ]  # fmt: skip
    return json.dumps({"jobs": jobs, "meta": {"total": len(jobs)}}).encode()


def lever(company: Invented, base: str, skip: int, limit: int) -> bytes:
    jobs = [
        {
            "id": str(uuid.UUID(int=int(job.id))), "text": job.title,
            "hostedUrl": f"{base}/{company.slug}/jobs/{job.id}",
            "applyUrl": f"{base}/{company.slug}/jobs/{job.id}/apply", "createdAt": int(job.posted.timestamp() * 1000),
            "categories": {"commitment": "Full-time", "location": job.place, "team": job.team, "department": job.team},
            "description": job.html, "descriptionPlain": f"About the role\n\nWe look for a {job.title} in {job.place}.",
            "lists": [{"text": "You bring", "content": "<li>Care</li><li>Curiosity</li>"}], "additional": "",
            "country": None, "workplaceType": "hybrid",
        }
        for job in company.openings[skip : skip + limit]
    ]  # fmt: skip
    return json.dumps(jobs).encode()


def ashby(company: Invented, base: str) -> bytes:
    jobs = [
        {
            "id": str(uuid.UUID(int=int(job.id))), "title": job.title, "location": job.place, "secondaryLocations": [],
            "department": job.team, "team": job.team, "isListed": True, "isRemote": False, "employmentType": "FullTime",
            "publishedAt": job.posted.isoformat(timespec="milliseconds"), "descriptionHtml": job.html,
            "jobUrl": f"{base}/{company.slug}/jobs/{job.id}", "applyUrl": f"{base}/{company.slug}/jobs/{job.id}/apply",
        }
        for job in company.openings
    ]  # fmt: skip
    return json.dumps({"apiVersion": "1", "jobs": jobs}).encode()


def home(company: Invented, base: str) -> bytes:
    """The page that enrichment reads: links to feeds, socials and the careers page."""
    here = f"{base}/{company.slug}"
    board = {
        "greenhouse": f"https://boards.greenhouse.io/{company.slug}", "lever": f"https://jobs.lever.co/{company.slug}",
        "ashby": f"https://jobs.ashbyhq.com/{company.slug}",
    }[company.board]  # fmt: skip
    return (
        f'<!doctype html><html lang="en"><head><title>{escape(company.name)}</title>'
        f'<meta name="description" content="{escape(company.name)} builds things that work.">'
        f'<link rel="alternate" type="application/rss+xml" href="/{company.slug}/feed.rss">'
        f'</head><body>{company.page}<a href="{here}/about">About</a> <a href="{board}">Careers</a> '
        f'<a href="https://www.linkedin.com/company/{company.slug}">LinkedIn</a></body></html>'
    ).encode()


def about(company: Invented, base: str) -> bytes:
    return (
        f'<!doctype html><html lang="en"><head><title>About {escape(company.name)}</title></head>'
        f"<body><script>var seen={random.random()}</script>{company.page}"  # noqa: S311
        f"<footer>Read {random.randrange(10**6)} times. {datetime.now(UTC):%d %B %Y %H:%M:%S}</footer></body></html>"  # noqa: S311
    ).encode()
