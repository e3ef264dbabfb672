"""Exports that a worker makes: asked for once, fetched by a link, removed when their time is over."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from accounts.requester import Requester
from compliance import exporting
from compliance.actions.exports import remove_expired, request_export
from compliance.actions.reviews import review_violation
from compliance.actions.scans import delete_scan
from compliance.enums import ExportFormat, ReviewStatus
from compliance.models import ComplianceScan, Export
from jobs import kinds, lifecycle
from jobs.errors import JobFault
from jobs.working import Work
from tests.compliance import factories
from tests.compliance.exports.conftest import Scanned, worked

pytestmark = pytest.mark.django_db


@pytest.fixture
def scan(group: Any) -> ComplianceScan:
    return factories.completed(group, ["A", "B", "C"])


def ask(client: Client, scan: ComplianceScan, format: str = "xlsx") -> Any:
    answer = client.get("/api/export", {"scan_id": str(scan.pk), "format": format})
    assert answer.status_code == 202, answer.content
    return answer


def test_a_large_export_is_a_job_and_its_file_is_what_would_have_streamed(
    client_of: Client, scanned: Scanned, settings: Any
) -> None:
    scan = scanned("A", "B")
    streamed = client_of.get("/api/export", {"scan_id": str(scan.pk), "format": "csv"}).getvalue()
    settings.EXPORT_STREAM_ROWS = 1
    answer = ask(client_of, scan, "csv")
    export_id = answer.json()["export_id"]
    assert answer.json() == {"export_id": export_id, "status": "pending"}
    assert answer["Location"] == f"/api/exports/{export_id}"
    assert int(answer["Retry-After"]) >= 1
    document = client_of.get(answer["Location"]).json()
    assert (document["status"], document["download_url"], document["expires_at"]) == ("pending", None, None)
    assert client_of.get(f"/api/exports/{export_id}/file").status_code == 409
    worked(Export.objects.get(pk=export_id), exporting.execute)
    document = client_of.get(answer["Location"]).json()
    assert (document["status"], document["progress"], document["format"]) == ("completed", 1, "csv")
    file = client_of.get(f"/api/exports/{export_id}/file")
    content = file.getvalue()
    assert content == streamed
    assert file["Content-Disposition"] == f'attachment; filename="scan-{scan.pk}.csv"'
    assert int(file["Content-Length"]) == document["size"] == len(content)
    assert hashlib.sha256(content).hexdigest() == document["sha256"]
    assert [item["export_id"] for item in client_of.get("/api/exports").json()["exports"]] == [export_id]


def test_the_link_works_without_a_key_until_it_expires(client_of: Client, scan: ComplianceScan, settings: Any) -> None:
    export = factories.export(scan, content=b"the file")
    url = client_of.get(f"/api/exports/{export.pk}").json()["download_url"]
    anybody = Client()
    assert anybody.get(url).getvalue() == b"the file"
    assert anybody.get(url.partition("?")[0]).status_code == 401
    assert anybody.get(url[:-1] + ("a" if url[-1] != "a" else "b")).status_code == 403
    other = factories.export(scan)
    assert anybody.get(url.replace(str(export.pk), str(other.pk))).status_code == 403
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.EXPORT_LINK_SECONDS + 5)):
        assert (answer := anybody.get(url)).status_code == 403
        assert "link" in answer.json()["message"]


def test_the_same_question_about_an_unchanged_scan_has_the_same_answer(
    client_of: Client, scanned: Scanned, by: Requester
) -> None:
    scan = scanned("A")
    first = ask(client_of, scan).json()["export_id"]
    assert ask(client_of, scan).json()["export_id"] == first  # under way
    worked(Export.objects.get(pk=first), exporting.execute)
    assert ask(client_of, scan).json() == {"export_id": first, "status": "completed"}
    review_violation(violation=scan.violations.get(), by=by, status=ReviewStatus.APPROVED)
    second = ask(client_of, scan).json()["export_id"]
    assert second != first
    Export.objects.filter(pk=second).delete()
    lifecycle_failed(first)
    assert ask(client_of, scan).json()["export_id"] not in (first, second)


def lifecycle_failed(export_id: str) -> None:
    """An export that is of no use any more: its file went."""
    Export.objects.filter(pk=export_id).update(file="", removed_at=Now())


def test_a_review_while_it_is_written_makes_it_begin_again(
    by: Requester, scanned: Scanned, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = scanned("A", "B")
    written: list[int] = []

    def write(material: Any, target: Any) -> None:
        written.append(material.scan.version)
        if len(written) == 1:
            review_violation(violation=scan.violations.all()[0], by=by, status=ReviewStatus.FALSE_POSITIVE)
        target.write_text(str(material.scan.version))

    monkeypatch.setattr(exporting, "_writers", lambda: {ExportFormat.XLSX: write})
    export = request_export(scan=scan, by=by, format=ExportFormat.XLSX)
    worked(export, exporting.execute)
    export.refresh_from_db()
    assert written == [scan.version, scan.version + 1]
    assert export.scan_version == scan.version + 1
    with default_storage.open(export.file) as file:
        assert file.read() == str(scan.version + 1).encode()


def test_files_are_removed_when_their_time_is_over_or_their_scan_deleted(
    client_of: Client, scan: ComplianceScan, by: Requester, group: Any
) -> None:
    kept, expired = factories.export(scan), factories.export(scan, "json")
    orphan = factories.export(factories.completed(group))
    delete_scan(scan=orphan.scan, by=by)
    Export.objects.filter(pk=expired.pk).update(expires_at=Now() - timedelta(seconds=1))
    assert client_of.get(f"/api/exports/{orphan.pk}").status_code == 404
    assert remove_expired() == 2
    assert [default_storage.exists(each.file) for each in (kept, expired, orphan)] == [True, False, False]
    document = client_of.get(f"/api/exports/{expired.pk}").json()
    assert (document["status"], document["download_url"]) == ("completed", None)
    answer = client_of.get(f"/api/exports/{expired.pk}/file")
    assert (answer.status_code, answer.json()["error"]) == (409, "CONFLICT")
    assert remove_expired() == 0


def test_an_export_of_a_scan_deleted_meanwhile_fails_in_words(scan: ComplianceScan, by: Requester) -> None:
    export = request_export(scan=scan, by=by, format=ExportFormat.CSV)
    delete_scan(scan=scan, by=by)
    lease = lifecycle.claim(kinds.of(export), str(export.pk), worker="w")
    assert lease is not None
    with pytest.raises(JobFault, match="deleted"):
        exporting.execute(Work(lease, time_limit=60))


def test_what_a_lost_attempt_left_is_swept(scan: ComplianceScan) -> None:
    export = factories.export(scan)
    folder = export.file.rpartition("/")[0]
    with default_storage.open(export.file) as file:
        stray = default_storage.save(f"{folder}/9", file)
    exporting.discard(str(export.pk), 1)
    assert not default_storage.exists(stray)
    assert default_storage.exists(export.file)


def test_progress_moves_with_the_rows(scanned: Scanned, by: Requester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compliance.exports.rows.CHUNK", 5)
    scan = scanned(*(f"A{number}" for number in range(20)))
    seen: list[Callable[..., None] | float] = []
    monkeypatch.setattr(Work, "report", lambda self, **public: seen.append(public["progress"]))
    worked(request_export(scan=scan, by=by, format=ExportFormat.CSV), exporting.execute)
    assert seen == sorted(seen)
    assert len(seen) >= 3
