"""A person who is erased is nowhere any more, and does not come back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from accounts.models import AccountGroup, AuditEntry
from prospecting.actions.erasing import ERASED
from prospecting.actions.suppression import is_suppressed, suppressed
from prospecting.models import (
    Audience,
    KnownAs,
    MergeCandidate,
    PositionChange,
    Prospect,
    ProspectingJob,
    ProviderIdentity,
    RowError,
    Suppression,
)
from prospecting.traces import Traces
from tests.prospecting import people
from tests.prospecting.people import V1

pytestmark = pytest.mark.django_db
JANE = {
    "first_name": "Jane", "last_name": "Quirkwood", "name": "Jane Quirkwood", "name_key": "jane quirkwood",
    "email": "jane.quirkwood@example.com", "public_identifier": "jane-quirkwood-77", "phone": "+4930555777",
    "linkedin_url": "https://www.linkedin.com/in/jane-quirkwood-77", "headline": "Quirkwood speaking",
}  # fmt: skip


@pytest.fixture
def group(db: None) -> AccountGroup:
    return people.group()


def known_everywhere(group: AccountGroup) -> Prospect:
    """Jane, with a trace in every table that may hold one."""
    jane = people.prospect(group, **JANE, company=people.company(group))
    john = people.prospect(group, name="John Other", email="john@example.com")
    ProviderIdentity.objects.create(
        group=group, prospect=jane, provider="acme", external_id="quirkwood-ext", person_id="quirkwood-person"
    )
    KnownAs.objects.create(group=group, prospect=jane, kind="email", value="quirkwood@private.example")
    PositionChange.objects.create(group=group, prospect=jane, previous_title="Quirkwood's deputy", origin="import")
    first, second = sorted([jane, john], key=lambda one: one.pk)
    MergeCandidate.objects.create(group=group, prospect=first, other=second, reason="similar_name", score=90)
    audience = people.audience(group, jane, john)
    people.audience(group, jane, name="Others")
    job = people.job(audience, params={"records": [
        {"name": "John Other"}, {"firstName": "Jane", "lastName": "Quirkwood"}, {"email": "JANE.QUIRKWOOD@example.com"},
    ]})  # fmt: skip
    people.job(audience, source="url_upload", params={"urls": [JANE["linkedin_url"], "https://linkedin.com/in/john"]})
    RowError.objects.create(group=group, job=job, line=2, field="phone", reason="'+49' is too short", lost=False,
                            raw={"Name": "Jane Quirkwood", "Phone": "+49"})  # fmt: skip
    RowError.objects.create(group=group, job=job, line=3, field="email", reason="is no address", lost=True,
                            raw={"Name": "John Other"})  # fmt: skip
    return jane


def everything_stored() -> str:
    """All rows of all tables, as text."""
    stored = []
    with connection.cursor() as cursor:
        for model in apps.get_models():
            cursor.execute(f"SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM \"{model._meta.db_table}\" t")
            stored.append(f"{model._meta.db_table}: {cursor.fetchone()[0]}")
    return "\n".join(stored).casefold()


def test_nothing_in_the_whole_database_names_the_person_any_more(group: AccountGroup) -> None:
    jane = known_everywhere(group)
    before = everything_stored()
    assert before.count("quirkwood") >= 15
    assert V1(group).data("DELETE", f"/prospects/{jane.pk}") == {"deleted": True}
    left = [line for line in everything_stored().splitlines() if "quirkwood" in line]
    assert left == []
    assert "+4930555777" not in everything_stored()


def test_what_others_have_stays(group: AccountGroup) -> None:
    jane = known_everywhere(group)
    V1(group).data("DELETE", f"/prospects/{jane.pk}")
    assert [prospect.name for prospect in Prospect.objects.all()] == ["John Other"]
    assert {audience.name: audience.prospect_count for audience in Audience.objects.all()} == {"Leads": 1, "Others": 0}
    assert [audience.memberships.count() for audience in Audience.objects.order_by("name")] == [1, 0]
    records, urls = (job.params for job in ProspectingJob.objects.order_by("created_at", "id"))
    if "urls" in records:
        records, urls = urls, records
    assert (records, urls) == (
        {"records": [{"name": "John Other"}, {}, {}]}, {"urls": ["", "https://linkedin.com/in/john"]},
    )  # fmt: skip
    assert [(row.line, row.reason, row.raw) for row in RowError.objects.order_by("line")] == [
        (2, ERASED, {}), (3, "is no address", {"Name": "John Other"}),
    ]  # fmt: skip


def test_the_person_cannot_come_back_by_anything_they_were_known_by(group: AccountGroup) -> None:
    jane = known_everywhere(group)
    V1(group).data("DELETE", f"/prospects/{jane.pk}")
    found = suppressed(
        group, emails=[JANE["email"], "quirkwood@private.example", "john@example.com"],
        identifiers=[JANE["public_identifier"]], externals=[("acme", "quirkwood-ext")],
        people=[("acme", "quirkwood-person")], names=[("jane quirkwood", "example.com")],
    )  # fmt: skip
    assert found.emails == {JANE["email"], "quirkwood@private.example"}
    assert (len(found.identifiers), len(found.externals), len(found.people)) == (1, 1, 1)
    assert not found.names  # others may have that name


def test_of_whom_only_the_name_was_known_the_name_at_the_company_is_suppressed(group: AccountGroup) -> None:
    jane = people.prospect(group, name="Jane Quirkwood", name_key="jane quirkwood", company=people.company(group))
    V1(group).data("DELETE", f"/prospects/{jane.pk}")
    assert suppressed(group, names=[("jane quirkwood", "example.com"), ("jane quirkwood", "")]).names == {
        ("jane quirkwood", "example.com")
    }


def test_the_audit_log_tells_of_it_and_names_nobody(group: AccountGroup) -> None:
    jane = known_everywhere(group)
    V1(group).data("DELETE", f"/prospects/{jane.pk}")
    entry = AuditEntry.objects.get(action="prospect.erased")
    assert (entry.object_id, entry.object_name) == (jane.pk, jane.pk)
    assert entry.after == {"audiences": 2, "suppressed": 5, "rows": 4}


def test_erasing_in_one_group_leaves_the_same_person_in_another(group: AccountGroup) -> None:
    neighbour = people.group("Neighbour")
    theirs, jane = known_everywhere(neighbour), known_everywhere(group)
    V1(group).data("DELETE", f"/prospects/{jane.pk}")
    theirs.refresh_from_db()
    assert not is_suppressed(neighbour, email=JANE["email"])
    assert RowError.objects.for_group(neighbour).filter(raw={}).count() == 0
    assert not Suppression.objects.for_group(neighbour).exists()


def test_erasing_twice_is_not_found(group: AccountGroup) -> None:
    jane = people.prospect(group, name="Jane")
    v1 = V1(group)
    v1.data("DELETE", f"/prospects/{jane.pk}")
    assert v1.code("DELETE", f"/prospects/{jane.pk}") == (404, "NOT_FOUND")


def test_letters_that_only_python_folds_hide_nobody(group: AccountGroup) -> None:
    job = people.job(people.audience(group))
    row = RowError.objects.create(group=group, job=job, line=1, reason="x", lost=True, raw={"Nachname": "Jörg  GROSS"})
    kept = RowError.objects.create(group=group, job=job, line=2, reason="x", lost=True, raw={"Nachname": "Jörg Groß"})
    jorg = people.prospect(group, name="Jörg Groß")
    V1(group).data("DELETE", f"/prospects/{jorg.pk}")
    for each in (row, kept):
        each.refresh_from_db()
        assert each.raw == {}


TRACES = Traces.of(
    emails=["jane@example.com", ""], identifiers=["jane-doe"], ids=["ext-123456", "7"], names=["Jane Doe", " "]
)


@pytest.mark.parametrize(
    "value",
    [
        "jane@example.com", "Mail: <JANE@example.com>", "https://www.linkedin.com/in/jane-doe/", "jane-doe",
        "Jane  Doe",         "Dear Jane Doe, hello", {"a": "Jane", "b": "Doe"}, {"id": 7}, {"x": ["by ext-123456"]},
    ],
)  # fmt: skip
def test_what_names_the_person_is_recognised(value: Any) -> None:
    assert TRACES.name(value)
    sent = json.dumps(value, ensure_ascii=False).casefold()
    assert any(needle in sent for needle in TRACES.needles)


@pytest.mark.parametrize(
    "value",
    [
        "", {}, None, "mary.jane@example.com", "jane@example.community", "https://linkedin.com/in/jane-doe-2",
        {"a": "Jane", "b": "Roe"}, "Jane", "77", "costs 7 euros", "Jane Doebury",
    ],
)  # fmt: skip
def test_what_does_not_name_the_person_is_left_alone(value: Any) -> None:
    assert not TRACES.name(value)
