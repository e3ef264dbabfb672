"""Reading companies' sites over real HTTP: what is found, what is left alone, and hosts that are dead, slow or lie."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from jobs.errors import LeaseLost
from prospecting.enrichment.enrich import EnrichmentOutcome
from prospecting.enrichment.site.boards import Board
from prospecting.enrichment.site.visits import Site, visit
from prospecting.models import Company
from tests.prospecting.enrichment.desk import Desk
from tests.web.file_server import FileServer, drip, serving
from web.destinations import Rules
from web.outbound import Session

HTML = {"Content_Type": "text/html; charset=utf-8"}
HOME = b"""<title>Acme - Rockets</title><meta name=description content="We make rockets.">
<link rel=alternate type=application/rss+xml href=/news.rss><a href=/pricing>Pricing</a><a href=/about>About</a>
<a href=/jobs>Jobs</a><a href=https://www.linkedin.com/company/acme>in</a>"""
JOBS = b'<script src="https://boards.greenhouse.io/embed/job_board/js?for=acme"></script>'


def see(*servers: FileServer, start: str = "/", seconds: float = 20, hosts: dict[str, str] | None = None) -> Site:
    """A visit to the first of the servers, where all of them may be connected to."""
    rules = Rules(
        allow=frozenset((name, each.port) for each in servers for name in ("127.0.0.1", *(hosts or {}))), http=True
    )

    async def go() -> Site:
        resolver = {"resolver": lambda host, port: [(hosts or {})[host]]} if hosts else {}
        async with Session(rules, **resolver) as session:
            return await visit(session, [f"http://127.0.0.1:{servers[0].port}{start}"], rules=rules, seconds=seconds)

    return asyncio.run(go())


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving() as made:
        yield made


def asked(server: FileServer) -> list[str]:
    return [path for path, _ in server.seen]


def test_a_site_tells_of_its_company(server: FileServer) -> None:
    server.serve("/", HOME, **HTML)
    server.serve("/jobs", JOBS, **HTML)
    site, at = see(server), f"http://127.0.0.1:{server.port}"
    assert (site.fault, site.title, site.description) == ("", "Acme - Rockets", "We make rockets.")
    assert site.feeds == [{"url": f"{at}/news.rss", "kind": "rss"}]
    assert site.board == Board("greenhouse", "acme")
    assert site.pages == [f"{at}/about", f"{at}/pricing", f"{at}/jobs"]
    assert asked(server) == ["/robots.txt", "/", "/jobs"]  # the feed is read by scans, the others are only watched


def test_robots_are_listened_to(server: FileServer) -> None:
    server.serve("/robots.txt", b"User-agent: *\nDisallow: /")
    server.serve("/", HOME, **HTML)
    site = see(server)
    assert (site.allowed, site.url, site.fault) == (False, "", "")
    assert asked(server) == ["/robots.txt"]


def test_a_page_that_robots_forbid_is_not_read(server: FileServer) -> None:
    server.serve("/robots.txt", b"User-agent: *\nDisallow: /jobs")
    server.serve("/", HOME, **HTML)
    site = see(server)
    assert site.title == "Acme - Rockets"
    assert site.partial
    assert "/jobs" not in asked(server)


def test_where_robots_cannot_be_had_nothing_is_read(server: FileServer) -> None:
    server.serve("/robots.txt", b"", status=503)
    server.serve("/", HOME, **HTML)
    assert not see(server).allowed


def test_a_redirect_to_a_board_tells_the_board(server: FileServer) -> None:
    server.serve("/", b"<a href=/careers>Careers</a>", **HTML)
    server.redirect("/careers", f"http://jobs.lever.co:{server.port}/acme")
    assert see(server, hosts={"jobs.lever.co": "127.0.0.1"}).board == Board("lever", "acme")


def test_a_link_to_a_board_is_enough(server: FileServer) -> None:
    server.serve("/", b"<a href=https://jobs.ashbyhq.com/acme>Open roles</a><a href=/jobs>Jobs</a>", **HTML)
    assert see(server).board == Board("ashby", "acme")
    assert asked(server) == ["/robots.txt", "/"]


def test_a_feed_is_looked_for_on_the_news_page(server: FileServer) -> None:
    server.serve("/", b"<a href=/blog/>Blog</a>", **HTML)
    server.serve("/blog/", b"<a href=atom.xml>Feed</a>", **HTML)
    assert see(server).feeds == [{"url": f"http://127.0.0.1:{server.port}/blog/atom.xml", "kind": "atom"}]


def test_a_refresh_is_followed_and_not_for_ever(server: FileServer) -> None:
    server.serve("/", b"<meta http-equiv=refresh content='0;url=/start'>", **HTML)
    server.serve("/start", b"<title>Started</title>", **HTML)
    assert see(server).title == "Started"
    server.serve("/start", b"<title>Turns</title><meta http-equiv=refresh content='0;url=/'>", **HTML)
    server.seen.clear()
    see(server)
    assert len(asked(server)) <= 4


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("gone", "The site answered 404."),
        ("broken", "The site answered 500."),
        ("pdf", "The site answered with something that is no page."),
        ("loop", "redirects more than"),
        ("large", "The file is larger than 5,242,880 bytes."),
        ("inside", "is not a public address"),
        ("bomb", "The file is larger than 5,242,880 bytes."),
    ],
)
def test_a_site_that_is_none_says_why(server: FileServer, name: str, fault: str) -> None:
    import gzip

    server.serve("/broken", b"no", status=500, **HTML)
    server.serve("/pdf", b"%PDF", Content_Type="application/pdf")
    server.redirect("/loop", "/loop")
    server.serve("/large", b"<p>" * 2_000_000, **HTML)
    server.serve("/bomb", gzip.compress(b"<p>" * 20_000_000), Content_Encoding="gzip", **HTML)
    server.redirect("/inside", "http://127.0.0.1/")
    assert fault in see(server, start=f"/{name}").fault


def test_a_link_into_the_network_is_neither_followed_nor_kept(server: FileServer) -> None:
    with serving() as inside:
        at = f"http://127.0.0.2:{inside.port}"
        server.serve(
            "/", f"""<a href={at}/careers>Careers</a><a href={at}/about>About</a><a href=http://10.0.0.1/news>News</a>
            <link rel=alternate type=application/rss+xml href={at}/feed><a href=http://intranet/feed>Feed</a>
            <link rel=alternate type=application/rss+xml href=https://feeds.example.com/acme>""".encode(), **HTML,
        )  # fmt: skip
        site = see(server)
        assert inside.seen == []
        assert site.feeds == [{"url": "https://feeds.example.com/acme", "kind": "rss"}]
        assert site.pages == []


def test_a_dead_host_is_a_fault() -> None:
    with serving() as server:
        pass
    assert "does not answer" in see(server).fault


def test_a_host_that_drips_is_cut_off(server: FileServer) -> None:
    server.answers["/"] = drip
    assert see(server, seconds=1).fault == "The site took longer than it may."


def test_what_was_found_before_the_time_was_over_is_kept(server: FileServer) -> None:
    server.serve("/", HOME, **HTML)
    server.answers["/jobs"] = drip
    site = see(server, seconds=4)
    assert (site.title, site.partial, site.fault) == ("Acme - Rockets", True, "")


# In enrichment.


@pytest.fixture
def desk(db: None, settings: Any) -> Desk:
    settings.ENRICHMENT_SITES = settings.OUTBOUND_HTTP = True
    settings.ENRICHMENT_SITE_SECONDS = 120
    return Desk()


@pytest.fixture
def open_sites(settings: Any) -> Iterator[Any]:
    """`open_sites(3)` starts that many servers that may be connected to."""
    with ExitStack() as stack:

        def start(number: int) -> list[FileServer]:
            made = [stack.enter_context(serving()) for _ in range(number)]
            settings.OUTBOUND_ALLOW = frozenset(("127.0.0.1", each.port) for each in made)
            return made

        yield start


def company_at(desk: Desk, server: FileServer) -> Company:
    return desk.company(f"name:{server.port}", website=f"http://127.0.0.1:{server.port}/")


def test_a_company_is_filled_from_its_site_and_says_whence(desk: Desk, open_sites: Any) -> None:
    (server,) = open_sites(1)
    server.serve("/", HOME, **HTML)
    server.serve("/jobs", JOBS, **HTML)
    company = company_at(desk, server)
    assert desk.enrich(desk.prospect(company, name="Anna Schmidt")) == EnrichmentOutcome(done=1)
    company.refresh_from_db()
    assert (company.name, company.name_key, company.description) == ("Acme", "acme", "We make rockets.")
    assert company.job_board == {"kind": "greenhouse", "token": "acme"}
    assert company.feeds == [{"url": f"{company.website}news.rss", "kind": "rss"}]
    assert company.linkedin_identifier == "acme"
    assert company.social_links == [{"kind": "linkedin", "url": "https://www.linkedin.com/company/acme"}]
    assert company.provenance["feeds"]["origin"] == "site"
    assert company.provenance["website"]["origin"] == "import"
    assert company.site_read_at is not None


def test_a_site_is_read_once_a_job_for_all_who_work_there(desk: Desk, open_sites: Any) -> None:
    (server,) = open_sites(1)
    server.serve("/", HOME, **HTML)
    company = company_at(desk, server)
    desk.enrich(*[desk.prospect(company, name=f"Person Number{n}") for n in range(5)])
    desk.enrich(desk.prospect(company, name="Late Person"))
    assert asked(server).count("/") == 1
    desk.begin()
    desk.enrich(desk.prospect(company, name="Next Job"))
    assert asked(server).count("/") == 2


def test_what_is_no_longer_found_is_taken_back_but_not_when_the_site_fails(desk: Desk, open_sites: Any) -> None:
    (server,) = open_sites(1)
    server.serve("/", HOME, **HTML)
    server.serve("/jobs", JOBS, **HTML)
    company = company_at(desk, server)
    desk.enrich(desk.prospect(company))
    server.serve("/jobs", b"", status=500)  # perhaps for a moment
    desk.begin()
    desk.enrich(desk.prospect(company))
    company.refresh_from_db()
    assert company.job_board
    server.serve("/jobs", b"<p>None</p>", **HTML)
    desk.begin()
    desk.enrich(desk.prospect(company))
    company.refresh_from_db()
    assert company.job_board == {}
    server.serve("/", b"", status=500)
    desk.begin()
    assert desk.enrich(desk.prospect(company)) == EnrichmentOutcome(failed=1)
    company.refresh_from_db()
    assert company.feeds


def test_a_feed_that_was_imported_stays_first(desk: Desk, open_sites: Any) -> None:
    (server,) = open_sites(1)
    server.serve("/", HOME, **HTML)
    company = company_at(desk, server)
    Company.objects.filter(pk=company.pk).update(feeds=[{"url": "https://acme.com/own", "kind": "unknown"}])
    desk.enrich(desk.prospect(company))
    company.refresh_from_db()
    assert [feed["url"] for feed in company.feeds] == ["https://acme.com/own", f"{company.website}news.rss"]


def test_people_of_a_dead_site_are_counted_as_failed_again_and_again_and_are_usable(
    desk: Desk, open_sites: Any
) -> None:
    (server,) = open_sites(1)
    dead = desk.company("name:dead", website="http://127.0.0.1:1/")
    server.serve("/", HOME, **HTML)
    anna, bob = desk.prospect(dead, name="Anna Schmidt"), desk.prospect(company_at(desk, server), name="Bob Brown")
    carl = desk.prospect(dead, name="Carl Cox")
    assert desk.enrich(anna, bob) == EnrichmentOutcome(done=1, failed=1)
    assert anna.first_name == "Anna"
    assert desk.enrich(anna, bob, carl) == EnrichmentOutcome(done=1, failed=2)  # also those that come later
    dead.refresh_from_db()
    assert dead.provenance["site_read_at"]["failed"]


def test_a_site_that_hangs_does_not_keep_the_others_waiting(desk: Desk, open_sites: Any) -> None:
    slow, *others = open_sites(6)
    arrived = threading.Barrier(len(others) + 1, timeout=60)

    def wait(handler: BaseHTTPRequestHandler) -> None:
        arrived.wait()  # until all are being asked at once
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    for each in (slow, *others):
        each.answers["/"] = wait
    people = [desk.prospect(company_at(desk, each)) for each in (slow, *others)]
    assert desk.enrich(*people) == EnrichmentOutcome(done=6)


def test_no_more_sites_are_read_at_once_than_allowed(desk: Desk, open_sites: Any, settings: Any) -> None:
    settings.ENRICHMENT_AT_ONCE = 2
    lock, now, most = threading.Lock(), [0], [0]

    def count(handler: BaseHTTPRequestHandler) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.02)
        handler.send_response(404)
        handler.send_header("Content-Length", "0")
        with lock:
            now[0] -= 1
        handler.end_headers()

    servers = open_sites(8)
    for each in servers:
        each.answers["/"] = count
    desk.enrich(*[desk.prospect(company_at(desk, each)) for each in servers])
    assert most[0] <= 2


def test_a_job_that_is_cancelled_stops_reading_at_once(desk: Desk, open_sites: Any, settings: Any) -> None:
    settings.ENRICHMENT_SITE_SECONDS = 300
    (server,) = open_sites(1)
    over = threading.Event()

    def cancelled(handler: BaseHTTPRequestHandler) -> None:
        desk.work.stopped = LeaseLost()  # as the heartbeat notes it
        over.wait(120)

    server.answers["/"] = cancelled
    started = time.monotonic()
    try:
        with pytest.raises(LeaseLost):
            desk.enrich(desk.prospect(company_at(desk, server)))
        assert time.monotonic() - started < 60  # and not the 300 the site may take
    finally:
        over.set()


def test_a_worker_that_is_lost_reads_no_site_twice(
    desk: Desk, open_sites: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost after the sites were written, before their people were marked."""
    from prospecting.enrichment import enrich

    (server,) = open_sites(1)
    server.serve("/", HOME, **HTML)
    anna = desk.prospect(company_at(desk, server), name="Anna Schmidt")
    with monkeypatch.context() as lost:
        lost.setattr(enrich, "_mark_read", lambda *_: (_ for _ in ()).throw(LeaseLost()))
        with pytest.raises(LeaseLost):
            desk.enrich(anna)
    assert desk.enrich(anna) == EnrichmentOutcome(done=1)
    assert asked(server).count("/") == 1
