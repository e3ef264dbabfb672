"""GET /docs: pages and reference work in a real browser, with nothing from elsewhere and nothing that is forbidden."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from django.test import Client

from tests.browser.conftest import CHROMIUM
from web.documentation import pages

ADDRESSES = [pages.HOME, *map(pages.address_of, pages.files())]

pytestmark = pytest.mark.django_db  # a static file that has been read closes the connections


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_takes_nothing_from_elsewhere_and_runs_nothing(client: Client, address: str) -> None:
    answer = client.get(address)
    page, policy = answer.content.decode(), answer["Content-Security-Policy"]
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self';")
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script|<style|\son\w+=|\sstyle=|<iframe", page)
    assert not re.search(r'<(?:link|img|source)[^>]*="(?:https?:)?//', page)


def test_every_link_of_every_page_leads_somewhere(client: Client) -> None:
    found = {address: shown(client, address) for address in ADDRESSES}
    dead = []
    for address, page in found.items():
        for link in re.findall(r'href="([^":]+)"', page):
            target, _, anchor = link.partition("#")
            target = target or address
            if target in found:
                lives = not anchor or f'id="{anchor}"' in found[target]
            else:
                answer = client.get(target)
                lives = answer.status_code == 200
                answer.close()
            if not lives:
                dead.append(f"{address}: {link}")
    assert dead == []


def test_the_home_has_a_card_for_each_page_and_for_both_documents(client: Client) -> None:
    page = shown(client, pages.HOME)
    for section in pages.sections():
        for entry in section.entries:
            assert f'<a href="{entry.address}"><strong>{entry.title}</strong>' in page
    assert '"/docs/api?document=v1"' in page
    assert '"/docs/api?document=compliance"' in page


def test_a_page_says_where_it_stands(client: Client) -> None:
    page = shown(client, "/docs/rules")
    assert '<a href="/docs/rules" aria-current="page">' in page
    assert 'rel="prev"' in page
    assert 'rel="next"' in page
    assert '<a href="/docs/adr" aria-current="page">' in shown(client, "/docs/adr/0003-rules-are-trees")


@pytest.mark.parametrize(
    "address", ["/docs/nothing", "/docs/nothing.md", "/docs/STATUS", "/docs/%2e%2e/README", "/docs/<b>"]
)
def test_an_unknown_page_is_a_404_in_html_with_a_way_back(client: Client, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    page = answer.content.decode()
    assert '<a href="/docs">' in page
    assert "<b>" not in page


@pytest.mark.parametrize(
    ("asked", "meant"), [("/docs/", "/docs"), ("/docs/rules/", "/docs/rules"), ("/docs/rules.md", "/docs/rules")]
)
def test_a_slash_or_the_name_of_the_file_leads_to_the_page(client: Client, asked: str, meant: str) -> None:
    assert client.get(asked)["Location"] == meant


def test_a_page_is_only_read(client: Client) -> None:
    assert client.post("/docs/rules").status_code == 405


def test_the_reference_takes_nothing_from_elsewhere_and_runs_nothing_of_its_own(client: Client) -> None:
    answer = client.get(pages.REFERENCE)
    page, policy = answer.content.decode(), answer["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert not re.search(r"(https?:)?//", re.sub(r"<!doctype.*?>", "", page))
    assert not re.search(r"<script>|<style|\son\w+=|\sstyle=", page)
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        file = client.get(address)
        assert file.status_code == 200, address
        file.close()


def dom(address: str, folder: Path) -> str:
    """What a browser makes of a page; fails when it complains of anything."""
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0",
        f"--user-data-dir={folder}", "--virtual-time-budget=60000", "--dump-dom", address,
    ]  # fmt: skip
    ran = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    assert [line for line in ran.stderr.splitlines() if "CONSOLE" in line] == []
    return ran.stdout


@pytest.mark.system
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
@pytest.mark.parametrize("document", ["v1", "compliance"])
def test_a_browser_shows_every_operation_and_refuses_nothing(web_server: str, document: str, tmp_path: Path) -> None:
    page = dom(f"{web_server}{pages.REFERENCE}?document={document}", tmp_path)
    assert page.count('class="opblock ') > 20
    assert 'aria-current="page"' in page


@pytest.mark.system
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
@pytest.mark.parametrize("address", ["/docs", "/docs/rules", "/docs/nothing"])
def test_a_browser_refuses_nothing_of_a_page(web_server: str, address: str, tmp_path: Path) -> None:
    assert "</main>" in dom(f"{web_server}{address}", tmp_path)
