"""docs/errors.md has a section for every error code of the program, with the statuses it is sent with, and no other."""

from __future__ import annotations

import re

import pytest

from config.processes import PROJECT
from tests.docs import codes
from tests.docs.pages import sections

SECTIONS = {title: text for title, text in sections(PROJECT / "docs" / "errors.md").items() if title.isupper()}
KNOWN = {*codes.of_answers(), *codes.of_jobs()}


def test_the_program_has_codes_of_both_sorts() -> None:
    assert {"VALIDATION_ERROR", "RATE_LIMITED", "INSUFFICIENT_CREDITS"} <= set(codes.of_answers())
    assert {"WORKER_LOST", "TIMED_OUT", "NO_RULE_APPLICABLE", "SOURCE_EMPTY", "INTERNAL_ERROR"} <= codes.of_jobs()


def test_every_code_has_a_section_and_every_section_a_code() -> None:
    assert sorted(SECTIONS) == sorted(KNOWN)


@pytest.mark.parametrize("code", sorted(KNOWN))
def test_a_section_names_the_statuses_says_whose_it_is_and_what_to_do(code: str) -> None:
    line, _, said = SECTIONS[code].strip().partition("\n\n")
    assert set(map(int, re.findall(r"\b\d{3}\b", line))) == codes.of_answers().get(code, set())
    assert ("of a job" in line.lower()) >= (code in codes.of_jobs())
    assert re.search(r"both APIs|compliance API|partner API", line)
    assert len(re.findall(r"[.:](?:\s|$)", said)) >= 2, "what it means, and what to do"
