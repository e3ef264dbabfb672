"""GET /api/data/{id}/pii."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accounts.models import AuditEntry
from accounts.requester import Requester
from compliance.actions.pii import pii_of
from compliance.actions.uploads import delete_upload
from compliance.enums import UploadStatus
from compliance.errors import UploadDeleted
from compliance.models import PiiCheck, Upload
from tests.compliance import factories
from tests.compliance.desk import LEDGER, Desk

pytestmark = pytest.mark.django_db(transaction=True)  # files are kept when the transaction commits

CUSTOMERS = b"Account,Contact\nA1,ann.smith@example.com\nA2,bob@example.org\nA3,\nA4,none\n"


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def test_every_column_says_what_was_found_and_how_much_was_looked_at() -> None:
    desk = Desk()
    upload = desk.upload(CUSTOMERS)
    answer = desk.get(f"/api/data/{upload.pk}/pii")
    assert answer.pop("checked_at")
    email = {"kind": "email", "share": 0.6667, "samples": ["a***@e***.com", "b***@e***.org"], "detail": None}
    assert answer == {
        "upload_id": str(upload.pk), "personal_data": True, "kinds": ["email"],
        "columns": [
            {"name": "Account", "distinct": 4, "looked_at": 4, "found": []},
            {"name": "Contact", "distinct": 3, "looked_at": 3, "found": [email]},
        ],
    }  # fmt: skip


def test_a_file_without_personal_data_says_so() -> None:
    desk = Desk()
    answer = desk.get(f"/api/data/{desk.upload(LEDGER).pk}/pii")
    assert (answer["personal_data"], answer["kinds"]) == (False, [])
    assert [column["found"] for column in answer["columns"]] == [[], [], []]


def test_an_upload_is_looked_through_once() -> None:
    desk = Desk()
    upload = desk.upload(CUSTOMERS)
    first, second = (desk.get(f"/api/data/{upload.pk}/pii") for _ in range(2))
    assert first == second
    assert AuditEntry.objects.filter(action="upload.pii_checked", chain=desk.group.pk).count() == 1


def test_what_was_found_goes_with_the_content() -> None:
    desk = Desk()
    upload = desk.upload(CUSTOMERS)
    desk.get(f"/api/data/{upload.pk}/pii")
    delete_upload(upload=upload, by=Requester.command("tests", desk.group))
    assert not PiiCheck.objects.filter(upload=upload).exists()
    assert desk.get(f"/api/data/{upload.pk}/pii", 409)["error"] == "CONFLICT"


def test_a_deleted_upload_keeps_no_value_in_its_profile() -> None:
    desk = Desk()
    upload = desk.upload(CUSTOMERS)
    assert "ann.smith" in str(Upload.objects.filter(pk=upload.pk).values())
    delete_upload(upload=upload, by=Requester.command("tests", desk.group))
    assert "ann.smith" not in str(Upload.objects.filter(pk=upload.pk).values())


def test_content_deleted_while_it_is_looked_through_leaves_nothing() -> None:
    desk = Desk()
    upload = desk.upload(CUSTOMERS)
    read_before = Upload.objects.get(pk=upload.pk)
    delete_upload(upload=upload, by=Requester.command("tests", desk.group))
    with pytest.raises(UploadDeleted):
        pii_of(upload=read_before, by=Requester.command("tests", desk.group))
    assert not PiiCheck.objects.exists()


def test_an_upload_that_is_still_being_read_cannot_be_looked_through() -> None:
    desk = Desk()
    upload = factories.upload(
        desk.group, status=UploadStatus.PROCESSING, original="some", records="", row_count=0, profile={}
    )
    assert "still being read" in desk.get(f"/api/data/{upload.pk}/pii", 409)["message"]
