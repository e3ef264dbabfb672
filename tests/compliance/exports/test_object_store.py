"""The whole path, upload to export, on an object store: no file of ours is ever a path there."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from accounts.requester import Requester
from compliance.actions import retention
from compliance.actions.uploads import delete_upload
from compliance.exports import verify
from compliance.models import Export, GroupSettings
from config.storage import LOCAL, StorageUrlFault, storage_of
from tests.compliance.exports.conftest import Scanned


@pytest.mark.django_db
def test_upload_scan_export_findings_and_deletion(
    bucket: Any, client_of: Client, scanned: Scanned, exported: Callable[..., Export], by: Requester, tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with pytest.raises(NotImplementedError):
        default_storage.path("any")
    scan = scanned("A", "A", "B")
    assert scan.violation_count == 3
    names = {entry.key for entry in bucket.objects.all()}
    assert all(name.startswith("scan ward/") for name in names)
    assert f"scan ward/{scan.findings}" in names
    violation = scan.violations.get(rule_id="BIG", account="A")
    found = client_of.get(f"/api/violations/{violation.pk}/findings").json()["findings"]
    assert [item["evidence"][0]["values"]["Account"] for item in found] == ["A", "A"]
    for format in ("xlsx", "bundle"):
        export = exported(scan, format)
        answer = client_of.get(f"/api/exports/{export.pk}/file")
        content = answer.getvalue()
        assert len(content) == export.size
        (tmp_path / format).write_bytes(content)
        assert zipfile.is_zipfile(tmp_path / format)
    bad = [check for check in verify.checks(tmp_path / "bundle") if not check.good]
    assert [check.name for check in bad] == ["policy"]  # the policy of a factory has no real hash
    GroupSettings.objects.create(group=scan.group, upload_days=0, finding_days=0)
    assert {name for each in retention.due(scan.group) for name in each.files} >= {scan.findings, scan.upload.records}
    assert all(each.size > 0 for each in retention.due(scan.group))
    with monkeypatch.context() as patched:
        patched.setattr("django.db.transaction.on_commit", lambda effect, **_: effect())
        delete_upload(upload=scan.upload, by=by)
    left = {entry.key for entry in bucket.objects.all()}
    assert not [name for name in left if "/uploads/" in name]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://bucket/x", "must look like"), ("s3:///x", "must look like"), ("bucket", "must look like"),
        ("s3://bucket?endpont=x", "endpont is not known"),
    ],
)  # fmt: skip
def test_a_bad_address_is_told_with_what_to_write(url: str, words: str) -> None:
    with pytest.raises(StorageUrlFault, match=words):
        storage_of(url)


def test_without_the_extra_the_fault_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.storage.find_spec", lambda name: None)
    with pytest.raises(StorageUrlFault, match="object-store"):
        storage_of("s3://bucket")


def test_an_empty_address_is_the_local_folder() -> None:
    assert storage_of("") == LOCAL


def test_an_address_becomes_options_of_the_storage() -> None:
    options = storage_of("s3://bucket/a/b%20c?endpoint=https://s3.example:9000&region=eu-1")["OPTIONS"]
    assert (options["bucket_name"], options["location"]) == ("bucket", "a/b c")
    assert (options["endpoint_url"], options["region_name"]) == ("https://s3.example:9000", "eu-1")
