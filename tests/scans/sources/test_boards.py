"""Job boards: the real services' shapes, paging, and answers that are none of theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from prospecting.models import Company
from scans.demo.invented import Opening
from scans.demo.world import World
from scans.enums import SignalType
from scans.fetching.faults import Failed
from scans.sources.job_opening import Ashby, Board, Greenhouse, Lever
from scans.sources.source import Place, Said
from tests.scans.sources.conftest import Look

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOARDS = [Greenhouse(), Lever(), Ashby()]
JOBS = [SignalType.JOB_OPENING]


def parsed(board: Board, answer: Any) -> list[Any]:
    raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    place = Place(board.kind, "https://boards.example/acme")
    return board.parse(place, Said([raw]), "", NOW).documents


@pytest.mark.parametrize("number", [0, 1, 2])
def test_each_board_tells_its_openings(
    number: int, company: Callable[..., Company], look: Look, world: World
) -> None:  # fmt: skip
    known = world.companies[f"c{number}"]
    found = {document.title: document for document in look(company(number), types=JOBS)[known.slug].documents}
    opening = known.openings[0]
    document = found[opening.title]
    assert f"We look for a {opening.title} in {opening.place}" in document.text
    assert "<" not in document.text
    assert document.url == f"{world.base}/{known.slug}/jobs/{opening.id}"
    assert document.extra == {"jobUrl": document.url, "location": opening.place, "department": opening.team}
    assert document.posted_at is not None
    assert abs(document.posted_at - opening.posted) < timedelta(seconds=1)


def test_every_page_of_lever_is_read(company: Callable[..., Company], look: Look, world: World) -> None:
    known = world.companies["c1"]
    assert known.board == "lever"
    known.openings = [
        Opening(str(number), f"Job {number}", "<p>Work</p>", NOW, "Berlin", "Sales") for number in range(250)
    ]  # fmt: skip
    assert len(look(company(1), types=JOBS)["c1"].documents) == 250
    assert world.requests["/v0/postings/c1"] == 3


def test_what_an_opening_lacks_is_left_out() -> None:
    (bare,) = parsed(Greenhouse(), {"jobs": [{"id": 1, "title": "Cook"}, {"id": 2}, "x", None, {"title": {"a": 1}}]})
    assert (bare.title, bare.text, bare.url, bare.posted_at, bare.extra) == ("Cook", "", "", None, {})
    odd = {"text": "Cook", "categories": "none", "lists": [3, {"text": None}], "createdAt": "soon", "hostedUrl": 7}
    (bare,) = parsed(Lever(), [odd])
    assert (bare.title, bare.text, bare.posted_at, bare.extra) == ("Cook", "", None, {})
    (bare,) = parsed(Ashby(), {"jobs": [{"title": "Cook", "location": ["x"]}, {"title": "Spy", "isListed": False}]})
    assert (bare.title, bare.extra) == ("Cook", {})


def test_escaped_markup_becomes_text() -> None:
    content = "&lt;p&gt;Salary &amp;lt; 100k &amp;amp; bonus&lt;/p&gt;&lt;script&gt;steal()&lt;/script&gt;"
    (found,) = parsed(Greenhouse(), {"jobs": [{"id": 1, "title": "Cook", "content": content}]})
    assert found.text == "Salary < 100k & bonus"


def test_an_edited_opening_is_as_old_as_it_was() -> None:
    job = {"id": 1, "title": "Cook", "first_published": "2026-01-01T00:00:00Z", "updated_at": "2026-11-01T00:00:00Z"}
    (found,) = parsed(Greenhouse(), {"jobs": [job]})
    assert found.posted_at == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.kind)
@pytest.mark.parametrize(
    "answer", [b"", b"<html>", b"{}", b'"x"', b"null", b'{"jobs": {}}', b"[" * 100_000, b"\xff\xfe"]
)
def test_an_answer_that_is_none_of_a_boards_is_told(board: Board, answer: bytes) -> None:
    with pytest.raises(Failed) as failed:
        parsed(board, answer)
    assert failed.value.code == "UNREADABLE"


def test_openings_with_one_id_are_one() -> None:
    assert len(parsed(Ashby(), {"jobs": [{"id": "1", "title": "Cook"}] * 3})) == 1


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.kind)
def test_a_token_leads_nowhere_else(board: Board) -> None:
    company = Company(job_board={"kind": board.kind, "token": "../../admin?x=#/é"})
    (address,) = board.addresses(company)
    assert "..%2F..%2Fadmin%3Fx%3D%23%2F%C3%A9" in address


@pytest.mark.parametrize(
    "odd",
    [
        {}, [], None, "x", {"kind": "lever"}, {"kind": "lever", "token": 7}, {"kind": "x", "token": "a"},
        {"kind": "lever", "token": "x" * 300},
    ],
)  # fmt: skip
def test_a_company_without_a_usable_board_has_none(odd: Any) -> None:
    assert [address for board in BOARDS for address in board.addresses(Company(job_board=odd))] == []
