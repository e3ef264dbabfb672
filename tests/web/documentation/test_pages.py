"""Which pages there are, and that links written for the disk lead to them."""

from __future__ import annotations

import pytest

from web.documentation import pages


def test_every_page_stands_in_the_index_exactly_once() -> None:
    listed = [entry.name for section in pages.sections() for entry in section.entries]
    decisions = {name for name in pages.files() if name.startswith("adr/")}
    assert sorted(listed) == sorted(set(pages.files()) - decisions)


def test_an_entry_has_a_title_and_says_what_the_page_is_about() -> None:
    entries = [entry for section in pages.sections() for entry in section.entries]
    assert [entry for entry in entries if not (entry.title and entry.about.endswith("."))] == []


def test_the_page_for_ourselves_is_not_served() -> None:
    assert pages.OURS not in pages.files().values()


@pytest.mark.parametrize("name", ["", "STATUS", "../README", "adr/../rules", "rules.md", "nothing", "adr/"])
def test_a_name_that_is_none_leads_nowhere(name: str) -> None:
    assert pages.page(name) is None


@pytest.mark.parametrize(
    ("file", "link", "address"),
    [
        ("docs/rules.md", "uploads.md", "/docs/uploads"),
        ("docs/rules.md", "uploads.md#columns", "/docs/uploads#columns"),
        ("docs/rules.md", "#kinds", "#kinds"),
        ("docs/rules.md", "README.md", "/docs"),
        ("docs/rules.md", "adr/README.md", "/docs/adr"),
        ("docs/rules.md", "../CHANGELOG.md", "/docs/changes"),
        ("docs/adr/README.md", "../rules.md", "/docs/rules"),
        ("docs/adr/README.md", "0003-rules-are-trees.md", "/docs/adr/0003-rules-are-trees"),
        ("docs/rules.md", "/openapi/v1.json", "/openapi/v1.json"),
        ("docs/rules.md", "https://www.rfc-editor.org/rfc/rfc9110", "https://www.rfc-editor.org/rfc/rfc9110"),
    ],
)
def test_links_between_files_lead_to_pages(file: str, link: str, address: str) -> None:
    assert pages.served(file, link) == address
