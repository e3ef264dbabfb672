"""What a title says of seniority and department."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prospecting.enrichment.titles import read_title
from prospecting.enums import Department, Seniority
from tests.prospecting.enrichment.job_titles import TITLES


@pytest.mark.parametrize(("title", "seniority", "department"), TITLES, ids=[title for title, _, _ in TITLES])
def test_a_title_says_what_a_reader_reads(title: str, seniority: str, department: str) -> None:
    reading = read_title(title)
    assert (reading.seniority, reading.department) == (seniority, department)


def test_the_table_is_as_long_as_promised_and_names_only_known_values() -> None:
    assert len({title for title, _, _ in TITLES}) >= 150
    assert {seniority for _, seniority, _ in TITLES} - {""} == set(Seniority.values)
    assert {department for _, _, department in TITLES} - {""} == set(Department.values)


def test_a_reading_says_why() -> None:
    reading = read_title("Head of Data Engineering at Acme")
    assert reading.seniority_reason == "title says 'head'"
    assert reading.department_reason == "title says 'data engineering'"
    assert 0 < reading.seniority_confidence < 1


@given(st.text(max_size=400))
@example("a" * 100_000)
@example("director " * 10_000)
@example("(" * 5000 + "/" * 5000)
@example("\x00\ud800")
def test_no_title_makes_it_fail(title: str) -> None:
    reading = read_title(title)
    assert reading.seniority in {"", *Seniority.values}
    assert reading.department in {"", *Department.values}
    assert read_title(title) == reading
