"""Trying a file: it says what the import will do, and stores nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from prospecting.actions.suppression import suppress_email
from prospecting.enums import JobSource
from prospecting.importing.trying import MOST_ROWS, first_leads, try_out
from prospecting.models import LeadFile, MergeCandidate, ProspectingSettings, RowError
from tests.prospecting import jobs, people
from tests.prospecting.admin.lead_files import lead_file

pytestmark = pytest.mark.django_db

ROWS = b"""Name,Email,LinkedIn URL,Company,Country
Anna Muster,anna@acme.example,,Acme,AT
Anna Muster,ANNA@acme.example,,Acme,AT
Known Already,known@acme.example,https://www.linkedin.com/in/known,Acme,AT
Both Ofthem,other@acme.example,https://www.linkedin.com/in/known,Acme,AT
Sue Pressed,sue@acme.example,,Acme,AT
Nobody,,,,AT
Ben Wrong,ben at acme,https://www.linkedin.com/in/ben,Acme,AT
Cora German,cora@acme.example,,Acme,DE
"""


@pytest.fixture
def file(db: None) -> LeadFile:
    group = jobs.group()
    people.prospect(group, name="Known Already", email="known@acme.example", public_identifier="known")
    people.prospect(group, name="Other", email="other@acme.example")
    suppress_email(group, "sue@acme.example", by=people.by(group))
    ProspectingSettings.objects.create(group=group, consent_countries=["DE"])
    return lead_file(group, ROWS)


def everything() -> dict[str, int]:
    models = apps.get_app_config("prospecting").get_models()
    return {model._meta.label: model._default_manager.count() for model in models}


def test_it_says_what_the_import_then_does_whatever_its_batches(file: LeadFile, settings: Any) -> None:
    trial = try_out(file, first_leads(file, file.suggested_mapping))
    settings.IMPORT_BATCH_ROWS = 2
    job = jobs.finished(jobs.job(file.group, source=JobSource.FILE_UPLOAD, params={"file_id": file.pk}))
    found = trial.outcome
    assert (found.imported, found.failed) == (job.import_done, job.import_failed) == (2, 1)
    assert found.duplicates + found.suppressed == job.import_skipped == 5
    assert found.suppressed == 2  # one on the list, one who has not agreed
    told = [(each.line, each.fault.field, each.lost) for each in trial.faults]
    rows = RowError.objects.order_by("line", "field").values_list("line", "field", "lost")
    assert told == list(rows) == [(7, "", True), (8, "email", False), (9, "consent", True)]
    assert trial.questions == MergeCandidate.objects.filter(reason="two_identities").count() == 1


def test_nothing_is_stored(file: LeadFile) -> None:
    before = everything()
    try_out(file, first_leads(file, file.suggested_mapping))
    assert everything() == before


def test_it_takes_as_many_queries_for_many_rows_as_for_few_and_tries_the_first_only() -> None:
    many = b"Email,Company\n" + b"".join(b"a%d@c%d.example,C%d\n" % (n, n, n) for n in range(MOST_ROWS + 1))
    asked = []
    for content in (b"Email,Company\na@b.example,C\n", many):
        file = lead_file(jobs.group(), content)
        with CaptureQueriesContext(connection) as queries:
            trial = try_out(file, first_leads(file, file.suggested_mapping))
        assert trial.rows == trial.outcome.imported == min(file.row_count, MOST_ROWS)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 16
