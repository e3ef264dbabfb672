"""The same rows sent again, in any order and in any batches, add nothing and change nothing."""

from __future__ import annotations

import random
import threading
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from accounts.models import AccountGroup
from prospecting.importing.batches import store
from prospecting.models import Company, KnownAs, MergeCandidate, PositionChange, Prospect, ProviderIdentity
from tests.prospecting.importing.people import bring, leads, make_group, make_job

NAMES = ["Anna Müller", "Anna Mueller", "Anna Maria Müller", "Jon Smith", "John Smith", "Dr. John Smith"]
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(NAMES),
        "email": st.sampled_from(["a@acme.example", "b@acme.example", "c@acme.example", "broken"]),
        "linkedinUrl": st.sampled_from([f"linkedin.com/in/{name}" for name in "abc"]),
        "providerId": st.sampled_from(["1", "2"]),
        "companyName": st.sampled_from(["Acme", "Acme GmbH", "Other"]),
        "companyDomain": st.sampled_from(["acme.example", "acme.com", "other.example"]),
        "title": st.sampled_from(["CTO", "CEO"]),
    },
)


def everything(group: AccountGroup) -> dict[str, Any]:
    """All that an import writes of people, apart from when it was last said."""
    values = ("id", "name", "email", "public_identifier", "title", "company_id", "phone")
    return {
        "people": set(Prospect.objects.for_group(group).values_list(*values)),
        "companies": set(Company.objects.for_group(group).values_list("id", "key", "name", "domain")),
        "identities": set(ProviderIdentity.objects.for_group(group).values_list("external_id", "prospect_id")),
        "known as": set(KnownAs.objects.for_group(group).values_list("kind", "value", "prospect_id")),
        "changes": PositionChange.objects.for_group(group).count(),
        "pairs": set(MergeCandidate.objects.for_group(group).values_list("prospect", "other")),
    }


class Twice(HypothesisTestCase):
    # Few, as each writes to the database: test_positions.py tries hundreds in memory.
    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(rows=st.lists(ROWS, min_size=1, max_size=8), seed=st.randoms(use_true_random=False), size=st.integers(1, 8))
    def test_the_same_rows_again_in_another_order_bring_nobody_new(
        self, rows: list[dict[str, str]], seed: random.Random, size: int
    ) -> None:
        group = make_group()
        first = bring(group, rows, size=size)
        before = everything(group)
        again = list(rows)
        seed.shuffle(again)
        outcome = bring(group, again, size=9 - size)
        after = everything(group)
        assert outcome.imported == 0 or first.failed  # an ambiguous row may be told apart by what a later one said
        known, now = ({row[0] for row in of["people"]} for of in (before, after))
        assert known <= now
        assert len(now) == len(known) + outcome.imported
        assert after["changes"] == before["changes"]


@pytest.mark.django_db
def test_the_same_file_again_in_the_same_order_changes_nothing_at_all() -> None:
    group = make_group()
    dice = random.Random(7)
    rows = [
        {key: dice.choice(values) for key, values in POOLS.items() if dice.random() < 0.6}
        for _ in range(200)
    ]  # fmt: skip
    bring(group, rows, size=50)
    bring(group, rows, size=50)
    before = everything(group)
    outcome = bring(group, rows, size=70)
    assert outcome.imported == 0
    assert everything(group) == before


POOLS = {
    "name": [f"{first} {last}" for first in ("Anna", "Ann", "Jon", "John") for last in ("Smith", "Smyth", "Meyer")],
    "email": [f"p{n}@acme.example" for n in range(40)],
    "linkedinUrl": [f"linkedin.com/in/p{n}" for n in range(40)],
    "companyName": ["Acme", "Other Ltd"],
    "companyDomain": ["acme.example", "other.example"],
    "title": ["CTO", "CEO", "CFO"],
}


@pytest.mark.django_db(transaction=True)
def test_two_jobs_that_import_the_same_people_at_once_double_nobody_and_fail_on_nothing() -> None:
    group = make_group()
    rows = [
        {"email": f"p{n}@acme.example", "name": f"Person Number{n}", "companyDomain": "acme.example"} for n in range(60)
    ]
    faults: list[BaseException] = []
    start = threading.Barrier(3)

    def run(job: Any, given_rows: list[dict[str, str]]) -> None:
        try:
            start.wait(60)
            for at in range(0, len(given_rows), 10):
                with transaction.atomic():
                    store(group, job, leads(given_rows)[at : at + 10])
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    jobs = [make_job(group) for _ in range(3)]
    orders = [rows, rows[::-1], rows[30:] + rows[:30]]
    threads = [threading.Thread(target=run, args=pair) for pair in zip(jobs, orders, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert faults == []
    assert Prospect.objects.for_group(group).count() == 60
    for job in jobs:
        job.audience.refresh_from_db()
        assert job.audience.prospect_count == job.audience.memberships.count() == 60
