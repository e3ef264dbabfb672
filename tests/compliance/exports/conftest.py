"""Scans that were really run, in this process, so that their findings files are there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from accounts.models import AccountGroup
from accounts.requester import Requester
from compliance import exporting
from compliance.actions.exports import request_export
from compliance.actions.scans import start_scan
from compliance.actions.uploads import confirm_mapping, receive_upload
from compliance.enums import ExportFormat
from compliance.execution import execute
from compliance.models import ComplianceScan, Export, Policy
from jobs import kinds, lifecycle
from jobs.models import Job
from jobs.working import Work
from tests.compliance import factories
from tests.contract.ledgers import BIG, CONFIG, OFTEN, ledger

Scanned = Callable[..., ComplianceScan]


def worked(job: Job, body: Callable[[Work], None]) -> None:
    """Claim the job and do it, as a worker does."""
    lease = lifecycle.claim(kinds.of(job), str(job.pk), worker="worker of a test")
    assert lease is not None
    body(Work(lease, time_limit=60))


@pytest.fixture
def group(db: None) -> AccountGroup:
    return factories.group()


@pytest.fixture
def by(group: AccountGroup) -> Requester:
    return Requester.command("tests", group)


@pytest.fixture
def client_of(group: AccountGroup) -> Client:
    return Client(headers={"Authorization": f"Bearer {factories.key_text(group)}"})


@pytest.fixture
def scanned(group: AccountGroup, by: Requester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scanned:
    """`scanned("A", "A", "B")`: a completed scan in which BIG (and OFTEN from two on) is violated by these accounts."""

    def run(
        *violating: str, content: str | None = None, rules: Any = (BIG, OFTEN), policy: Policy | None = None,
        config: dict[str, str] = CONFIG, audit_name: str = "Audit",
    ) -> ComplianceScan:  # fmt: skip
        path = tmp_path / "file.csv"
        path.write_text(content or ledger(*violating))
        with monkeypatch.context() as patched:  # a test never commits, and files stay only once that is done
            patched.setattr(transaction, "on_commit", lambda effect, **_: effect())
            upload, _ = receive_upload(group=group, by=by, path=path, name="file.csv")
        mapping = confirm_mapping(upload=upload, by=by, config=config)
        policy = policy or factories.policy(group, rules)
        with transaction.atomic():
            scan = start_scan(
                group=group, by=by, policy_id=policy.pk, upload_id=upload.pk, mapping_id=mapping.pk,
                audit_name=audit_name,
            )  # fmt: skip
        worked(scan, execute)
        scan.refresh_from_db()
        assert scan.status == "completed", scan.error_message + scan.traceback
        return scan

    return run


@pytest.fixture
def exported(by: Requester) -> Callable[..., Export]:
    """`exported(scan, "xlsx")`: the export, made in this process."""

    def run(scan: ComplianceScan, format: str, **more: Any) -> Export:
        export = request_export(scan=scan, by=by, format=ExportFormat(format), **more)
        worked(export, exporting.execute)
        export.refresh_from_db()
        assert export.status == "completed", export.error_message + export.traceback
        return export

    return run
