"""POST /files: what is received, refused, replayed and forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.actions import issue_key
from accounts.models import AccountGroup, AuditEntry
from config import env
from jobs.enums import Status
from prospecting.actions.lead_files import forget_old
from prospecting.models import LeadFile, RowError
from tests.compliance.uploads.workbooks import workbook
from tests.prospecting import people
from tests.prospecting.importing.people import make_job

CSV = b"First Name,Work Email,Shoe size\nAnna,anna@acme.example,38\nBen,ben@acme.example,44\n"


@pytest.fixture
def group(transactional_db: None) -> AccountGroup:
    return people.group()


def send(group: AccountGroup, content: bytes = CSV, name: str = "leads.csv", permission: str = "prospecting:write",
         **headers: str) -> Any:  # fmt: skip
    key = issue_key(groups=[group], permissions=[permission], name="tests", actor=people.ACTOR)[1]
    client = Client(headers={"Authorization": f"Bearer {key}", **headers})
    return client.post(f"/v1/accounts/{group.pk}/files", {"file": SimpleUploadedFile(name, content)})


def test_a_file_is_received_with_what_its_headers_suggest(group: AccountGroup) -> None:
    answer = send(group)
    assert answer.status_code == 201
    data = answer.json()["data"]
    file = LeadFile.objects.get()
    assert data == {
        "fileId": file.pk, "rowCount": 2, "headers": ["First Name", "Work Email", "Shoe size"],
        "suggestedMapping": {"First Name": "firstName", "Work Email": "email"},
    }  # fmt: skip
    with default_storage.open(file.content) as kept:
        assert kept.read() == CSV
    assert AuditEntry.objects.filter(action="lead_file.received").exists()


def test_a_workbook_is_known_by_its_bytes_whatever_its_name(group: AccountGroup) -> None:
    answer = send(group, workbook({"Leads": [["Email"], ["a@b.de"]]}), "leads.csv")
    assert answer.json()["data"]["rowCount"] == 1
    assert LeadFile.objects.get().kind == "xlsx"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"First Name,Email\n", "no row below"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "PNG image, not records. Send leads as CSV or XLSX."),
        (b'{"a": 1}', "JSON"),
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_stays(group: AccountGroup, content: bytes, words: str) -> None:
    answer = send(group, content)
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]
    assert not LeadFile.objects.exists()


def test_a_file_that_is_too_large_is_refused(group: AccountGroup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "LEAD_FILE_MAX", 1024)
    assert send(group, b"Email\n" + b"a@b.de\n" * 1000).status_code == 413
    assert not LeadFile.objects.exists()


def test_a_key_without_permission_is_refused(group: AccountGroup) -> None:
    assert send(group, permission="prospecting:read").status_code == 403


def test_an_idempotency_key_makes_one_file_of_two_requests(group: AccountGroup) -> None:
    key = {"Idempotency-Key": "once"}
    first, again, other = send(group, **key), send(group, **key), send(group, CSV + b"Cher,c@d.de,40\n", **key)
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert again.json()["data"] == first.json()["data"]
    assert again["Idempotent-Replayed"] == "true"
    file = LeadFile.objects.get()
    assert len(default_storage.listdir(f"leads/{group.pk}")[1]) == 1
    assert default_storage.exists(file.content)


def test_old_content_is_forgotten_unless_a_job_still_reads_it(group: AccountGroup) -> None:
    for _ in range(3):
        send(group)
    used, old, new = LeadFile.objects.order_by("created_at")
    job = make_job(group, source="file_upload", params={"file_id": used.pk, "mapping": {}})
    past = timezone.now() - timedelta(days=env.LEAD_FILE_DAYS, minutes=1)
    LeadFile.objects.exclude(pk=new.pk).update(created_at=past)
    assert forget_old() == 1
    assert not default_storage.exists(old.content)
    old.refresh_from_db()
    assert (old.content, old.headers[0], old.deleted_at is None) == ("", "First Name", False)
    assert default_storage.exists(used.content)
    assert default_storage.exists(new.content)
    type(job).objects.update(status=Status.CANCELLED, completed_at=timezone.now())
    assert forget_old() == 1


def test_rows_that_failed_are_forgotten(group: AccountGroup) -> None:
    job = make_job(group)
    past = timezone.now() - timedelta(days=env.ROW_ERROR_DAYS, minutes=1)
    for line, at in ((1, past), (2, timezone.now())):
        RowError.objects.create(group=group, job=job, line=line, reason="x", lost=True, created_at=at)
    forget_old()
    assert RowError.objects.get().line == 2
