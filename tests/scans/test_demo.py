"""The world of the demo is what its truth says."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

from scans.demo import story
from scans.demo.invented import Invented
from scans.matching.specification import parse_items

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def world() -> dict[str, Invented]:
    return {company.slug: company for company in story.companies(NOW)}


def test_the_list_has_two_hundred_leads_at_the_forty_companies(tmp_path: Path) -> None:
    story.write_leads(tmp_path / "leads.csv", "http://127.0.0.1:5")
    rows = list(csv.DictReader((tmp_path / "leads.csv").read_text(encoding="utf-8").splitlines()))
    named = {(row["Firma"], row["Website"]) for row in rows if row["Firma"]}
    assert len(rows) == story.FACTS["leads"]
    assert named == {
        (company.name, f"http://127.0.0.1:5/{slug}/") for slug, company in world().items() if slug not in story.PRESS
    }
    people = {(row["Vorname"], row["Nachname"]) for row in rows if row["Firma"]}
    assert len(people) == story.FACTS["leads"] - story.FACTS["duplicates"] - story.FACTS["faulty"]


def test_the_same_seed_plants_the_same_and_another_plants_something_else() -> None:
    once, again, other = world(), world(), world()
    assert story.go_on(once, 1, NOW) == story.go_on(again, 1, NOW) != story.go_on(other, 2, NOW)
    assert once == again != other


def test_what_is_planted_is_what_the_specification_looks_for() -> None:
    planted = story.go_on(world(), 3, NOW)
    assert len(planted.new) == 4
    assert planted.told_thrice in planted.new
    assert not parse_items(story.SPECIFICATION).faults
