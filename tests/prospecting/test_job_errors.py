"""The rows an import could not take: as a list, and as a file that can be corrected and sent again."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from prospecting.models import ProspectingJob, RowError
from tests.prospecting import jobs
from tests.prospecting.test_jobs_api import Caller, data, error

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Caller:
    return Caller(jobs.group(100))


def failed(job: ProspectingJob, line: int, field: str = "", reason: str = "names nobody", **more: Any) -> None:
    about = {"lost": True, "raw": {"Mail": f"m{line}", "Name": "N"}, **more}
    RowError.objects.create(group=job.group, job=job, line=line, field=field, reason=reason, **about)


def rows(answer: Any) -> list[list[str]]:
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.getvalue().decode(), newline="")))


def test_failed_rows_come_in_the_order_of_their_lines(acme: Caller) -> None:
    job = jobs.job(acme.group)
    for line, field in [(7, "phone"), (3, ""), (7, "email"), (5, "email")]:
        failed(job, line, field, lost=line != 7)
    page = data(acme.get(f"/{job.pk}/errors"))
    assert [(item["line"], item["field"]) for item in page["items"]] == [
        (3, ""), (5, "email"), (7, "email"), (7, "phone")
    ]  # fmt: skip
    assert page["items"][0] == {
        "line": 3, "field": "", "reason": "names nobody", "imported": False, "row": {"Mail": "m3", "Name": "N"}
    }  # fmt: skip
    assert page["items"][3]["imported"]
    walked, cursor = [], ""
    while cursor is not None:
        part = data(acme.get(f"/{job.pk}/errors?limit=1{cursor and f'&cursor={cursor}'}"))
        walked += part["items"]
        cursor = part["nextCursor"]
    assert walked == page["items"]


def test_the_file_has_the_columns_that_were_sent_and_one_row_for_each_line(acme: Caller) -> None:
    job = jobs.job(acme.group)
    failed(job, 2, "email", "is no e-mail address")
    failed(job, 2, "phone", "is no phone number")
    failed(job, 4, raw={"Mail": "", "Name": "=1+1", "Note": 'a "b", c'})
    answer = acme.get(f"/{job.pk}/errors", Accept="text/csv")
    assert f"failed-rows-{job.pk}.csv" in answer["Content-Disposition"]
    assert rows(answer) == [
        ["Mail", "Name", "Note", "scanward_line", "scanward_reason"],
        ["m2", "N", "", "2", "email: is no e-mail address; phone: is no phone number"],
        ["", "'=1+1", 'a "b", c', "4", "names nobody"],
    ]


def test_what_was_corrected_and_sent_again_is_imported_once(acme: Caller) -> None:
    sent = [jobs.person(1), {"email": "nonsense", "name": "=Person Two"}, {"phone": "1"}]
    first = jobs.finished(jobs.job(acme.group, sent))
    assert first.import_failed == 2
    names, *kept = rows(acme.get(f"/{first.pk}/errors", Accept="text/csv"))
    corrected = [dict(zip(names, row, strict=True)) for row in kept]
    assert len(corrected) == 2
    corrected[0]["email"], corrected[1]["email"] = "two@acme2.com", "three@acme3.com"
    for imported in (2, 0):
        again = jobs.finished(jobs.job(acme.group, corrected))
        assert (again.import_done, again.import_failed) == (imported, 0)


def test_a_job_without_failed_rows_has_an_empty_list_and_a_file_of_headers(acme: Caller) -> None:
    job = jobs.job(acme.group)
    assert data(acme.get(f"/{job.pk}/errors")) == {"items": [], "nextCursor": None, "hasMore": False}
    assert rows(acme.get(f"/{job.pk}/errors", Accept="text/csv")) == [["scanward_line", "scanward_reason"]]


def test_faults_of_the_request_are_json_whatever_was_asked_for(acme: Caller) -> None:
    job, theirs = jobs.job(acme.group), jobs.job(jobs.group())
    for accept in ("text/csv", "application/json", "*/*", "nonsense"):
        assert error(acme.get(f"/{theirs.pk}/errors", Accept=accept)) == (404, "NOT_FOUND")
        assert error(acme.get(f"/{job.pk}/errors?page=2", Accept=accept)) == (400, "VALIDATION_ERROR")
    assert error(acme.get(f"/{job.pk}/errors?cursor=x")) == (400, "VALIDATION_ERROR")
    other = jobs.job(acme.group)
    failed(job, 1)
    failed(job, 2)
    cursor = data(acme.get(f"/{job.pk}/errors?limit=1"))["nextCursor"]
    assert error(acme.get(f"/{other.pk}/errors?cursor={cursor}")) == (400, "VALIDATION_ERROR")
