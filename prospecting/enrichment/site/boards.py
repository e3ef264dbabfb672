"""Job boards whose openings can be read: which one a company has, from addresses and from the source of its pages."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple
from urllib.parse import unquote

_NAME = r"([A-Za-z0-9][A-Za-z0-9._%~+-]{0,99})"
_EMBEDDED = r"(?:job-)?boards(?:\.eu)?\.greenhouse\.io/embed/job_(?:board|app)(?:/js)?"
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("greenhouse", rf"{_EMBEDDED}\?(?:[^\s\"'<>]*?&)?for={_NAME}"),
        ("greenhouse", rf"(?:boards-api|api)(?:\.eu)?\.greenhouse\.io/v1/boards/{_NAME}"),
        ("greenhouse", rf"(?:job-)?boards(?:\.eu)?\.greenhouse\.io(?::\d+)?/{_NAME}"),
        ("lever", rf"jobs(?:\.eu)?\.lever\.co(?::\d+)?/{_NAME}"),
        ("lever", rf"api(?:\.eu)?\.lever\.co/v0/postings/{_NAME}"),
        ("ashby", rf"jobs\.ashbyhq\.com(?::\d+)?/{_NAME}"),
        ("ashby", rf"api\.ashbyhq\.com/posting-api/job-board/{_NAME}"),
    )
)  # fmt: skip
_HOSTS = re.compile(r"greenhouse\.io|lever\.co|ashbyhq\.com", re.IGNORECASE)
_NO_TOKENS = frozenset({"embed", "v0", "v1", "api", "js", "static", "assets", "favicon.ico", "robots.txt", "users"})
_AROUND = 300  # characters of a page around the name of a host that are looked at
_MOST_NAMED = 2000  # times a page may name one


class Board(NamedTuple):
    """`region` is "eu" for a board in the European data centre of its kind, else empty."""

    kind: str
    token: str
    region: str = ""

    def as_json(self) -> dict[str, str]:
        """As Company.job_board has it."""
        return {"kind": self.kind, "token": self.token} | ({"region": self.region} if self.region else {})


def board_at(address: str) -> Board | None:
    """The board that an address leads to."""
    return next(iter(_boards(address[:2000])), None)


def boards_in(page: str) -> Counter[Board]:
    """How often the source of a page names each board: links, frames, embedding scripts, calls in its scripts."""
    found: Counter[Board] = Counter()
    end = 0
    for _, host in zip(range(_MOST_NAMED), _HOSTS.finditer(page), strict=False):
        if host.start() < end:
            continue
        end = host.end() + _AROUND
        text = page[max(0, host.start() - 30) : end].replace("\\/", "/").replace("&amp;", "&").replace("%2F", "/")
        found.update(_boards(text))
    return found


def chosen(boards: Counter[Board]) -> Board | None:
    """The one that is named most, of equals the first."""
    return max(boards, key=lambda board: boards[board]) if boards else None


def _boards(text: str) -> list[Board]:
    found: list[Board] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            token = unquote(match[1]).strip().rstrip(".")
            if token and token.lower() not in _NO_TOKENS and token.isprintable() and not set("/\\?#") & set(token):
                region = "eu" if ".eu." in match[0].lower() else ""
                found.append(Board(kind, token if kind == "ashby" else token.lower(), region))
    return found
