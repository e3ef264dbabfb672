"""What stands on the pages leads somewhere, and names nothing that is not there."""

from __future__ import annotations

import posixpath
import re
from functools import cache
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from compliance.packs.loader import available_packs
from config.processes import PROJECT
from tests.docs import codes
from tests.docs.pages import PAGES, blocks, name
from tests.docs.pages import codes as code_of
from web.documentation import markup, pages

ELSEWHERE = ("https://github.com/google/re2/wiki/Syntax", "https://www.rfc-editor.org/rfc/")
"""Where a link may lead beside our own pages. The fewer, the less goes stale."""
REGISTRIES = re.compile(
    r"pypi\.|pythonhosted|npmjs|registry\.|ghcr\.io|quay\.io|docker\.io|index-url|crates\.io|rubygems", re.IGNORECASE
)
MACHINES = re.compile(r"(?<![\w.{}])(?:/work|/tmp|/home|/root|/Users|/var/folders)(?:/|\b)|[A-Z]:\\")
NO_SETTINGS = {
    "PORT", "PYTHON", "SEED",  # of make
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",  # of the object store's library
    "CASH_OUT", "CASH_IN", "SCANWARD_LOCAL",
}  # fmt: skip
ENVIRONMENT = (PROJECT / "config" / "env.py").read_text()

everywhere = pytest.mark.parametrize("page", PAGES, ids=map(name, PAGES))


@cache
def _anchors(page: Path) -> set[str]:
    return {heading.anchor for heading in markup.headings_of(markup.parse(page.read_text()))}


@cache
def _settings() -> set[str]:
    return set(re.findall(r'_env\.\w+\(\s*"(\w+)"', ENVIRONMENT))


@everywhere
def test_every_link_leads_to_a_file_and_a_heading_in_it(page: Path) -> None:
    for link in markup.links_of(markup.parse(page.read_text())):
        if link.startswith(ELSEWHERE):
            continue
        assert "://" not in link, f"{link} leads elsewhere"
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{link}: no such file"
        if anchor:
            assert anchor in _anchors(file), f"{link}: no such heading"


@everywhere
def test_every_page_that_a_served_page_links_to_is_served(page: Path) -> None:
    file = name(page)
    if file not in pages.files().values():
        return
    for link in markup.links_of(markup.parse(page.read_text())):
        if not link.startswith(("#", "https://")):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(file), link.partition("#")[0]))
            picture = posixpath.dirname(target) == pages.PICTURES and finders.find(target.removeprefix("docs/"))
            assert picture or target in {pages.INDEX, *pages.files().values()}, f"{link} is not served"


@everywhere
def test_no_page_holds_raw_html(page: Path) -> None:
    """It would be shown as text."""
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL)
    assert re.findall(r"<!--|</?[a-z]+[ >]", prose) == []


@everywhere
def test_no_page_names_a_registry_or_a_place_on_a_machine(page: Path) -> None:
    assert REGISTRIES.findall(page.read_text()) == []
    assert MACHINES.findall(page.read_text()) == []


@everywhere
def test_every_setting_that_a_page_names_exists(page: Path) -> None:
    named = {word for code in _inline(page) for word in re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", code)}
    for block in blocks(page):
        if "run" not in block.marks:  # which has variables of its own
            named |= set(re.findall(r"^(?:export )?([A-Z][A-Z0-9_]+)=", block.code, re.MULTILINE))
    rules = {rule.rule_id for pack in available_packs() for rule in pack.rules}
    others = NO_SETTINGS | rules | _rule_ids(page) | set(codes.of_answers()) | codes.of_jobs()
    assert sorted(word for word in named - others if word.removesuffix("_FILE") not in _settings()) == []


def _inline(page: Path) -> list[str]:
    """The `code` of a page; that of decisions speaks of more than settings."""
    if "adr" in page.parts:
        return []
    return [code for token in markup.parse(page.read_text()) if token.type == "inline" for code in code_of(token)]


def _rule_ids(page: Path) -> set[str]:
    return set(re.findall(r'"rule_id": "(\w+)"', page.read_text()))
