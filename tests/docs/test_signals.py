"""docs/signals.md computes an example; so does the code."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from scans.matching import keywords, score, specification
from scans.matching.judging import judge
from scans.matching.languages import STEMMERS
from scans.matching.specification import parse_items
from scans.matching.summary import LONGEST
from scans.matching.text import MOST_CHARACTERS
from tests.scans.matching.invented import Written

PAGE = (Path(__file__).parents[2] / "docs" / "signals.md").read_text()


def test_the_example_is_what_the_code_computes():
    item = json.loads(re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)[1])
    title, text = re.search(r"> \*\*(.*?)\*\*\n> (.*)\n", PAGE).groups()
    document = Written(title=title, text=text, posted_at=datetime(2026, 11, 15, 12, tzinfo=UTC))
    (found,) = judge(parse_items([item]).items, [document], clock=datetime(2026, 11, 22, 12, tzinfo=UTC))
    assert f"rounded **{found.score}**" in PAGE
    assert f"- reasoning: `{found.reasoning}`" in PAGE
    assert f"- summary: `{found.summary}`" in PAGE


def test_the_fault_it_shows_is_said():
    keyword, path, said = re.search(r"`([^`]*)` as the third keyword with `(specifications\S+): (.*?)`", PAGE).groups()
    assert parse_items([{"source": "post", "keywords": ["x", "y", keyword]}]).faults == ((path, said),)


def test_the_bounds_it_names_hold():
    for bound in (
        f"up to {specification.MOST_KEYWORDS}; text",
        f"at most {specification.HEAVIEST:g} (1 unless told)",
        f"1 to {specification.MOST_DAYS};",
        f"up to {specification.MOST_ITEMS} items with {specification.MOST_PHRASES:,} phrases in all",
        f"At most {keywords.LONGEST} characters, {keywords.MOST_PHRASES} phrases, {keywords.MOST_WORDS} words",
        f"{keywords.DEEPEST} parentheses",
        f"first {MOST_CHARACTERS:,} characters",
        f"up to {LONGEST} characters",
        f"(age in days / {score.HALF_LIFE_DAYS:g})",
    ):
        assert bound in PAGE
    assert all(name.capitalize() in PAGE for name in STEMMERS.values())
