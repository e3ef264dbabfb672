"""Job openings: the public boards of Greenhouse, Lever and Ashby, which are documented and made for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings

from prospecting.models import Company
from scans.enums import SignalType
from scans.fetching.faults import Failed
from scans.fetching.reading import Reader
from scans.sources.company_news import language_code
from scans.sources.documents import Document
from scans.sources.plain import plain, unescaped, web_address
from scans.sources.source import MOST, TEXT, TITLE, Parsed, Place, Said, read_one
from scans.sources.times import posted

PAGE = 100  # openings asked of Lever at once


class Board:
    """What the boards have in common."""

    type = str(SignalType.JOB_OPENING)
    kind = ""

    def addresses(self, company: Company) -> list[str]:
        board = company.job_board if isinstance(company.job_board, dict) else {}
        token = board.get("token")
        if board.get("kind") != self.kind or not isinstance(token, str) or not 0 < len(token) <= 200:
            return []
        return [self.address(quote(token, safe=""))]

    async def read(self, place: Place, marks: Mapping[str, str], reader: Reader) -> Said | None:
        return await read_one(place, marks, reader, public_api=True)

    def parse(self, place: Place, said: Said, snapshot: str, now: datetime) -> Parsed:
        jobs = [job for body in said.bodies for job in self.jobs(_json(body))]
        found = [self.document(job, place, now) for job in jobs[:MOST] if isinstance(job, dict)]
        documents = {document.key: document for document in found if document}
        return Parsed(list(documents.values()), max(0, len(jobs) - MOST))

    def address(self, token: str) -> str:
        raise NotImplementedError

    def jobs(self, answer: Any) -> list[Any]:
        """The openings in an answer. Failed when it is none of this board's."""
        found = answer.get("jobs") if isinstance(answer, dict) else None
        if not isinstance(found, list):
            raise Failed("UNREADABLE", "The job board answers with something else than openings.")
        return found

    def document(self, job: dict[str, Any], place: Place, now: datetime) -> Document | None:
        raise NotImplementedError

    def _made(
        self, place: Place, identity: object, title: str, text: str, url: str, posted_at: datetime | None,
        language: object = None, **extra: object,
    ) -> Document | None:  # fmt: skip
        if not title:
            return None
        told = {name: plain(value, TITLE) for name, value in extra.items()}
        return Document(
            type=self.type, key=place.key_of(str(identity or url or title)), title=title, text=text, url=url,
            posted_at=posted_at, language=language_code(language),
            extra={name: value for name, value in {"jobUrl": url, **told}.items() if value},
        )  # fmt: skip


class Greenhouse(Board):
    kind = "greenhouse"

    def address(self, token: str) -> str:
        return f"{settings.GREENHOUSE_URL}/v1/boards/{token}/jobs?content=true"

    def document(self, job: dict[str, Any], place: Place, now: datetime) -> Document | None:
        content = job.get("content")
        return self._made(
            place, job.get("id"), plain(job.get("title"), TITLE),
            plain(unescaped(content) if isinstance(content, str) else "", TEXT),
            web_address(job.get("absolute_url"), place.address),
            posted(job.get("first_published") or job.get("updated_at"), now), job.get("language"),
            location=_within(job.get("location"), "name"), department=_first(job.get("departments"), "name"),
        )  # fmt: skip


class Lever(Board):
    kind = "lever"

    def address(self, token: str) -> str:
        return f"{settings.LEVER_URL}/v0/postings/{token}?mode=json"

    async def read(self, place: Place, marks: Mapping[str, str], reader: Reader) -> Said | None:
        """Page by page: an unchanged first page would say nothing of the others, so no conditions are sent."""
        bodies: list[bytes] = []
        while len(bodies) * PAGE < MOST:
            address = f"{place.address}&skip={len(bodies) * PAGE}&limit={PAGE}"
            bodies.append((await reader.get(address, public_api=True)).body)
            if len(self.jobs(_json(bodies[-1]))) < PAGE:
                break
        return Said(bodies)

    def jobs(self, answer: Any) -> list[Any]:
        return super().jobs({"jobs": answer})

    def document(self, job: dict[str, Any], place: Place, now: datetime) -> Document | None:
        categories = job.get("categories")
        parts = [job.get("descriptionPlain") or job.get("description")]
        lists = job.get("lists")
        for part in lists if isinstance(lists, list) else []:
            parts += [_within(part, "text"), _within(part, "content")]
        parts.append(job.get("additionalPlain") or job.get("additional"))
        return self._made(
            place, job.get("id"), plain(job.get("text"), TITLE),
            " ".join(filter(None, (plain(part, TEXT) for part in parts)))[:TEXT],
            web_address(job.get("hostedUrl") or job.get("applyUrl"), place.address), posted(job.get("createdAt"), now),
            location=_within(categories, "location"), department=_within(categories, "department"),
        )  # fmt: skip


class Ashby(Board):
    kind = "ashby"

    def address(self, token: str) -> str:
        return f"{settings.ASHBY_URL}/posting-api/job-board/{token}"

    def document(self, job: dict[str, Any], place: Place, now: datetime) -> Document | None:
        if job.get("isListed") is False:
            return None
        url = web_address(job.get("jobUrl") or job.get("applyUrl"), place.address)
        return self._made(
            place, job.get("id") or url, plain(job.get("title"), TITLE),
            plain(job.get("descriptionPlain") or job.get("descriptionHtml"), TEXT), url,
            posted(job.get("publishedAt"), now), location=job.get("location"), department=job.get("department"),
        )  # fmt: skip


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as fault:
        raise Failed("UNREADABLE", "The job board answers with something that is no JSON.") from fault


def _within(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _first(value: object, name: str) -> object:
    return _within(value[0], name) if isinstance(value, list) and value else None
