"""A position changes when a later import says so, not when the same rows come again in another order.

Without a database: the people of one group are kept in memory over both imports, so thousands of files are tried.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prospecting.importing.batch import Batch
from prospecting.importing.batches import _take
from prospecting.importing.entries import entry_of
from prospecting.importing.filling import Import
from prospecting.importing.known import Known
from tests.prospecting.importing.people import bring, leads, make_group
from tests.prospecting.importing.test_twice import ROWS, everything

PROFILE = {"linkedinUrl": "linkedin.com/in/b"}
# Rows first, then the order in which they come again. Each has noted a change of position under an earlier rule.
FILES: dict[str, tuple[list[dict[str, str]], list[int]]] = {
    "another row names the second employer": (
        [{**PROFILE, "companyDomain": "acme.example"}, {**PROFILE, "companyDomain": "other.example"},
         {"linkedinUrl": "linkedin.com/in/c", "companyName": "Other", "companyDomain": "other.example"}],
        [1, 0, 2],
    ),
    "another row brings a second company of that name": (
        [{**PROFILE, "companyDomain": "acme.example"},
         {**PROFILE, "companyName": "Other", "companyDomain": "acme.com"}, {**PROFILE, "companyName": "Other"},
         {"providerId": "2", "companyName": "Other", "companyDomain": "other.example"}],
        [1, 3, 2, 0],
    ),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("why", FILES)
def test_the_same_rows_in_another_order_move_nobody(why: str) -> None:
    rows, order = FILES[why]
    group = make_group()
    bring(group, rows)
    before = everything(group)
    bring(group, [rows[place] for place in order])
    assert everything(group)["changes"] == before["changes"]


@pytest.mark.django_db
def test_a_later_import_that_names_another_employer_still_moves_them() -> None:
    group = make_group()
    rows, _ = FILES["another row names the second employer"]
    bring(group, rows)
    bring(group, [{**PROFILE, "companyDomain": "third.example"}])
    assert everything(group)["changes"] == 1


def taken(known: Known, rows: Sequence[dict[str, str]], at: str) -> Batch:
    batch = Batch(None, None, Import(at))  # type: ignore[arg-type]
    batch.known = known
    for entry in map(entry_of, leads(rows)):
        if entry.is_named:
            _take(batch, entry)
    return batch


@settings(max_examples=500)
@given(rows=st.lists(ROWS, min_size=1, max_size=8), seed=st.randoms(use_true_random=False))
def test_no_file_sent_again_in_another_order_moves_or_brings_anybody(
    rows: list[dict[str, str]], seed: random.Random
) -> None:
    known = Known()
    first = taken(known, rows, "2026-01-01T00:00:00+00:00")
    again = list(rows)
    seed.shuffle(again)
    second = taken(known, again, "2026-01-01T00:01:00+00:00")
    assert [(moved.previous_company, moved.company) for moved in second.moved] == []
    assert not second.made or first.failed  # a row that was ambiguous may be told apart by what a later one said
