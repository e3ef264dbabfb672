"""The leads of a job, from wherever it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accounts.models import AccountGroup
from jobs.errors import JobFault
from prospecting.actions import lead_files
from prospecting.enums import JobSource
from prospecting.importing import headers
from prospecting.importing.leads import Lead
from prospecting.importing.reading import count_inputs, open_leads
from prospecting.models import LeadFile
from tests.prospecting import people
from tests.prospecting.importing.people import make_group, make_job
from web import storing

pytestmark = pytest.mark.django_db


@pytest.fixture
def group() -> AccountGroup:
    return make_group()


def read(group: AccountGroup, source: JobSource, params: dict[str, Any], after: int = 0) -> list[Lead]:
    return list(open_leads(make_job(group, source=source, params=params), after=after))


def received(group: AccountGroup, tmp_path: Path, content: str) -> LeadFile:
    path = tmp_path / "leads.csv"
    path.write_text(content)
    return lead_files.receive_file(group=group, by=people.by(group), path=path, name="leads.csv")[0]


def test_addresses_are_read_once_each_whatever_their_spelling(group: AccountGroup) -> None:
    urls = [
        "https://linkedin.com/in/anna",
        "http://de.linkedin.com/in/Anna/",
        "https://linkedin.com/in/ben",
        "nonsense",
    ]
    found = read(group, JobSource.URL_UPLOAD, {"urls": urls})
    assert [(lead.line, lead.fields["linkedinUrl"]) for lead in found] == [(1, urls[0]), (3, urls[2]), (4, urls[3])]
    assert count_inputs(group, JobSource.URL_UPLOAD, {"urls": urls}) == 3


def test_records_are_mapped_by_their_keys_like_columns(group: AccountGroup) -> None:
    records = [{"firstName": "Anna", "Work Email": "a@b.de", "id": 7, "provider id": 7, "x": None}, {"email": True}]
    found = read(group, JobSource.RECORDS, {"records": records})
    assert found[0].fields == {"firstName": "Anna", "email": "a@b.de"}
    assert (found[0].provider, found[0].external_id) == ("import", "7")
    assert found[1].fields == {"email": "true"}


def test_reading_goes_on_after_a_line(group: AccountGroup) -> None:
    records = [{"name": str(n)} for n in range(5)]
    assert [lead.line for lead in read(group, JobSource.RECORDS, {"records": records}, after=3)] == [4, 5]


@pytest.mark.django_db(transaction=True)
def test_a_file_is_read_by_its_mapping_with_its_faulty_rows(group: AccountGroup, tmp_path: Path) -> None:
    file = received(group, tmp_path, "Vorname,Mail,Notiz\nAnna,a@b.de,x\nBen,b@b.de,x,too many\n")
    assert (file.row_count, file.headers) == (2, ["Vorname", "Mail", "Notiz"])
    params = {"file_id": file.pk, "mapping": headers.check(file.headers, {})}
    anna, ben = read(group, JobSource.FILE_UPLOAD, params)
    assert (anna.line, anna.fields) == (2, {"firstName": "Anna", "email": "a@b.de"})
    assert anna.raw == {"Vorname": "Anna", "Mail": "a@b.de", "Notiz": "x"}
    assert (ben.line, ben.fields, ben.fault) == (3, {}, "has 4 values, the header has 3 names")
    assert [lead.line for lead in read(group, JobSource.FILE_UPLOAD, params, after=2)] == [3]


@pytest.mark.django_db(transaction=True)
def test_a_file_whose_content_is_gone_ends_the_job_saying_so(group: AccountGroup, tmp_path: Path) -> None:
    file = received(group, tmp_path, "Email\na@b.de\n")
    storing.remove(file.content)
    with pytest.raises(JobFault, match="POST /files"):
        read(group, JobSource.FILE_UPLOAD, {"file_id": file.pk, "mapping": {"Email": "email"}})
