"""A visit to a company's site: its first page, and at most a few that this one leads to."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from protego import Protego

from prospecting.enrichment.site import links
from prospecting.enrichment.site.boards import Board, board_at, chosen
from prospecting.enrichment.site.pages import MOST_FEEDS, Page, read_page
from web.destinations import canonical_host, is_public
from web.outbound import Answer, BadAnswer, Refused, Rules, Session, TooLarge, Unreachable, check_url

AGENT = "scanward"
MOST = 5 * 1024**2  # bytes of a page
MOST_ROBOTS = 500 * 1024
MOST_PAGES = 8  # that are watched
MOST_REFRESHES = 2
_FAULTS = (Refused, Unreachable, TooLarge, BadAnswer)


@dataclass(slots=True)
class Site:
    """What a visit found. `fault` says why the site could not be read; `allowed`: whether its robots.txt lets us;
    `partial`: some page behind the first could not be read.
    """

    url: str = ""
    title: str = ""
    site_name: str = ""
    description: str = ""
    social: dict[str, str] = field(default_factory=dict)
    feeds: list[dict[str, str]] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    board: Board | None = None
    fault: str = ""
    allowed: bool = True
    partial: bool = False


class _Disallowed(Exception):
    pass


async def visit(session: Session, starts: Sequence[str], *, rules: Rules, seconds: float) -> Site:
    """Read the site at the first of `starts` that answers, within `seconds` in all. Never raises but CancelledError."""
    site = Site()
    try:
        async with asyncio.timeout(seconds):
            await _Visit(session, site, rules, seconds).make(starts)
    except TimeoutError:
        site.partial = bool(site.url)
        site.fault = "" if site.url else "The site took longer than it may."
    except _Disallowed:
        site.allowed = False
    except _FAULTS as fault:
        site.fault = str(fault)
    except Exception as fault:  # one odd site must not end the job
        site.fault = f"The site could not be read ({type(fault).__name__})."
    return site


class _Visit:
    def __init__(self, session: Session, site: Site, rules: Rules, seconds: float) -> None:
        self.session, self.site, self.rules, self.seconds = session, site, rules, seconds
        self._robots: dict[str, Protego | None] = {}
        self._boards: Counter[Board] = Counter()

    async def make(self, starts: Sequence[str]) -> None:
        first = await self._first(starts)
        self._take(first)
        for address in self._worth_reading(first):
            try:
                page = await self._page(address)
            except (*_FAULTS, _Disallowed):
                self.site.partial = True
                continue
            self._boards.update(page.boards)
            self._feeds(page)
            self._finish()

    async def _first(self, starts: Sequence[str]) -> Page:
        """Raises what the last of the starts raised."""
        fault: Exception = Unreachable("The company has no address that could be read.")
        for address in starts:
            try:
                return await self._page(address)
            except (Unreachable, BadAnswer, Refused) as failed:
                fault = failed
        raise fault

    async def _page(self, address: str) -> Page:
        """The page at an address, or where it sends us by a redirect or a refresh."""
        for _ in range(MOST_REFRESHES + 1):
            await self._check_robots(address)
            answer = await self.session.get(address, most=MOST, seconds=self.seconds)
            if not board_at(answer.url):  # where a redirect ends: known by its address, not read
                await self._check_robots(answer.url)
            page = self._read(answer)
            if not page.refresh or page.refresh == answer.url:
                break
            address = page.refresh
        return page

    def _read(self, answer: Answer) -> Page:
        kind = answer.headers.get("Content-Type", "text/html").split(";")[0].strip().lower()
        if board := board_at(answer.url):  # its own page need not be read, or be well
            return Page(answer.url, boards=Counter({board: 1000}))
        if answer.status != 200:
            raise BadAnswer(f"The site answered {answer.status}.")
        if kind not in ("text/html", "application/xhtml+xml", "text/plain", ""):
            raise BadAnswer("The site answered with something that is no page.")
        return read_page(answer.body, answer.url, answer.headers.get("Content-Type", ""))

    def _take(self, page: Page) -> None:
        site = self.site
        site.url, site.title, site.site_name, site.description = page.url, page.title, page.site_name, page.description
        site.social = page.social
        self._boards.update(page.boards)
        self._feeds(page)
        watched = [address for kind in links.WATCHED for address in page.kinds.get(kind, [])[:2]]
        mine = [address for address in watched if links.same_site(address, page.url) and self._storable(address)]
        site.pages = list(dict.fromkeys(mine))[:MOST_PAGES]
        self._finish()

    def _worth_reading(self, page: Page) -> list[str]:
        """Pages that may name the board, unless it is known; and news, if no feed is."""
        found: list[str] = []
        if not self._boards:
            for address in page.kinds.get("careers", [])[:2]:
                if board := board_at(address):
                    self._boards[board] += 1
                else:
                    found.append(address)
        self._finish()
        if not self.site.feeds:
            news = [address for kind in ("blog", "news", "press") for address in page.kinds.get(kind, [])[:1]]
            found += [address for address in news if links.same_site(address, page.url)][:2]
        return list(dict.fromkeys(found))

    def _feeds(self, page: Page) -> None:
        known = {feed["url"] for feed in self.site.feeds}
        fresh = [feed for feed in page.feeds if feed["url"] not in known and self._storable(feed["url"])]
        self.site.feeds = [*self.site.feeds, *fresh][:MOST_FEEDS]

    def _finish(self) -> None:
        self.site.board = chosen(self._boards)

    def _storable(self, address: str) -> bool:
        """Whether the guarded client may be sent there some day; what a name leads to is judged when it is."""
        try:
            url = check_url(address, rules=self.rules)
            host = canonical_host(url.raw_host.decode())
        except (Refused, UnicodeError):
            return False
        if self.rules.allows(host, url.port or {"https": 443, "http": 80}[url.scheme]):
            return True
        try:
            return is_public(str(ip_address(host)))
        except ValueError:
            return "." in host and not host.endswith((".local", ".internal", ".localhost", ".localdomain"))

    async def _check_robots(self, address: str) -> None:
        parts = urlsplit(address)
        origin = f"{parts.scheme}://{parts.netloc}".lower()
        if origin not in self._robots:
            self._robots[origin] = await self._rules_of(origin)
        robots = self._robots[origin]
        if robots is None or not robots.can_fetch(address, AGENT):
            raise _Disallowed

    async def _rules_of(self, origin: str) -> Protego | None:
        """RFC 9309: none where there is no file, all is forbidden (None) where the server fails to give it."""
        try:
            answer = await self.session.get(f"{origin}/robots.txt", most=MOST_ROBOTS, seconds=self.seconds)
        except (TooLarge, BadAnswer):
            return Protego.parse("")
        if answer.status >= 500 or answer.status == 429:
            return None
        return Protego.parse(answer.body.decode(errors="replace") if answer.status == 200 else "")


def starts_of(website: str, domain: str, *, rules: Rules) -> list[str]:
    """Where a visit may begin, the likeliest first: the website as given, else the domain with and without www."""
    found = [website] if website.startswith(("http://", "https://")) else []
    if domain and not found:
        found = [f"https://{domain}/", f"https://www.{domain}/"]
    if not rules.http:
        allowed = [check for check in found if _http_allowed(check, rules)]
        found = [address if address in allowed else _by_https(address) for address in found]
    return found


def _http_allowed(address: str, rules: Rules) -> bool:
    try:
        check_url(address, rules=rules)
    except Refused:
        return False
    return True


def _by_https(address: str) -> str:
    return "https://" + address.partition("://")[2] if address.startswith("http://") else address
