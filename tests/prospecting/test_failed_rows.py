"""Rows that failed, as a file: corrected and sent again, it imports just those, none twice."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from prospecting.actions import lead_files
from prospecting.failed_rows import csv_chunks
from prospecting.importing import headers
from prospecting.importing.batches import store
from prospecting.importing.reading import open_leads
from prospecting.models import Prospect, ProspectingJob, ProspectingSettings
from tests.prospecting import people
from tests.prospecting.importing.people import bring, make_group, make_job

SENT = (
    "Name,Mail,Phone,Company,Note\n"
    "Anna Müller,anna@acme.example,+49 30 1234567,Acme,=1+1\n"
    "Ben Meyer,ben(at)acme.example,,,=cmd()\n"
    "Cleo Klein,cleo@acme.example,12345,Acme,x\n"
    "Dora,dora@,030 1,,y,surplus\n"
)


def imported(group: object, path: Path) -> ProspectingJob:
    file = lead_files.receive_file(group=group, by=people.by(group), path=path, name="leads.csv")[0]  # type: ignore[arg-type]
    params = {"file_id": file.pk, "mapping": headers.check(file.headers, {})}
    job = make_job(group, source="file_upload", params=params)  # type: ignore[arg-type]
    store(job.group, job, list(open_leads(job)))
    return job


def rows_of(job: ProspectingJob) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(csv_chunks(job)).decode())))


@pytest.mark.django_db(transaction=True)
def test_the_corrected_file_imports_just_the_rows_that_failed(tmp_path: Path) -> None:
    group = make_group()
    path = tmp_path / "leads.csv"
    path.write_text(SENT)
    job = imported(group, path)
    assert sorted(Prospect.objects.values_list("first_name", flat=True)) == ["Anna", "Cleo"]
    found = rows_of(job)
    assert [(row["scanward_line"], row["Name"]) for row in found] == [
        ("3", "Ben Meyer"), ("4", "Cleo Klein"), ("5", "Dora"),
    ]  # fmt: skip
    assert "email: is no e-mail address" in found[0]["scanward_reason"]
    assert "5 names" in found[2]["scanward_reason"]
    assert list(found[0]) == ["Name", "Mail", "Phone", "Company", "Note", "scanward_line", "scanward_reason"]
    text = b"".join(csv_chunks(job)).decode()
    assert "'=cmd()" in text
    text = (
        text.replace("ben(at)acme.example", "ben@acme.example")
        .replace("12345", "+49 30 999999")
        .replace("dora@,030 1", "d@e.example,")
    )
    path.write_text(text)
    again = imported(group, path)
    assert sorted(Prospect.objects.values_list("first_name", flat=True)) == ["Anna", "Ben", "Cleo", "Dora"]
    assert Prospect.objects.get(first_name="Cleo").phone == "+4930999999"
    assert not again.row_errors.exists()
    assert rows_of(again) == []


@pytest.mark.django_db
def test_of_people_who_have_not_agreed_nothing_is_kept_but_the_line() -> None:
    group = make_group()
    ProspectingSettings.objects.create(group=group, consent_countries=["DE"])
    job = make_job(group)
    row = {"email": "a@b.example", "country": "Germany"}
    outcome = bring(group, [row, row | {"consent": "yes"}, row | {"country": "FR", "email": "c@d.example"}], job=job)
    assert (outcome.imported, outcome.suppressed) == (2, 1)
    error = job.row_errors.get()
    assert (error.line, error.field, error.raw) == (1, "consent", {})
    assert error.reason.startswith("no_consent")
