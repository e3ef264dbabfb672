"""Rows for tests, as plain functions: each makes what it needs and nothing more."""

from __future__ import annotations

import hashlib
import io
import tempfile
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.actions import create_group, issue_key
from accounts.audit import Actor
from accounts.enums import Role
from accounts.models import AccountGroup, User
from accounts.requester import Requester
from compliance import execution, files
from compliance.actions.lists import create_list
from compliance.actions.scans import start_scan
from compliance.enums import ScoreMethod
from compliance.listvalues import values_of
from compliance.models import (
    Audit,
    Case,
    ComplianceScan,
    DryRun,
    Export,
    Mapping,
    Policy,
    PolicyVersion,
    ReferenceList,
    Source,
    SourceImport,
    Upload,
    Violation,
    Waiver,
)
from compliance.uploads.ingest import ingest
from jobs import kinds, lifecycle
from jobs.lifecycle import Lease
from jobs.working import Work
from tabular.limits import Limits

ACTOR = Actor("tests")
ALL = ("compliance:read", "compliance:write", "compliance:review", "compliance:delete")
RULE = {
    "rule_id": "BIG", "name": "Big", "kind": "record", "severity": "HIGH", "is_active": True,
    "where": {"field": "amount", "operator": ">", "value": 100},
}  # fmt: skip
FINDINGS = pa.schema(
    [
        ("rule_id", pa.string()), ("key", pa.string()), ("account", pa.string()), ("value", pa.decimal128(38, 6)),
        ("first_us", pa.int64()), ("last_us", pa.int64()), ("amount", pa.decimal128(38, 4)),
        ("rows", pa.list_(pa.int64())),
    ]
)  # fmt: skip
PROFILE: dict[str, Any] = {
    "columns": [], "encoding": "utf-8", "delimiter": ",", "sha256": "0" * 64, "size": 100, "detected_dataset": None,
    "suggested_mapping": {}, "mapping_confidence": {}, "overall_confidence": 0.0, "temporal_scale": "hourly",
    "warnings": [], "original_name": "file.csv",
}  # fmt: skip


def group(name: str = "Acme", **fields: Any) -> AccountGroup:
    made = create_group(name=name, actor=ACTOR)
    for field, value in fields.items():
        setattr(made, field, value)
    made.save()
    return made


def key_text(*groups: AccountGroup, permissions: Sequence[str] = ALL) -> str:
    return issue_key(groups=groups, permissions=permissions, name="tests", actor=ACTOR)[1]


def staff(
    username: str, *groups: AccountGroup, superuser: bool = False, permissions: Sequence[str] = (),
    role: Role = Role.COMPLIANCE_ANALYST,
) -> User:  # fmt: skip
    from django.contrib.auth.models import Permission

    user = User.objects.create_user(username, is_staff=True, is_superuser=superuser)
    for joined in groups:
        user.memberships.create(group=joined, role=role)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def policy(of: AccountGroup, rules: Sequence[dict[str, Any]] = (RULE,), **fields: Any) -> Policy:
    made = Policy.objects.create(group=of, **{"name": "Policy", **fields})
    PolicyVersion.objects.create(policy=made, number=1, rules=list(rules), content_hash="0" * 64, created_by=ACTOR.name)
    return made


def reference_list(of: AccountGroup, name: str = "watchlist", values: Sequence[str] = ("A1",)) -> ReferenceList:
    by = Requester.command("tests", of)
    return create_list(group=of, by=by, name=name, values=values_of(values))


def upload(of: AccountGroup, **fields: Any) -> Upload:
    """An upload as a row only: its files do not exist."""
    about = {"name": "file.csv", "sha256": "0" * 64, "size": 100, "row_count": 1000, "profile": PROFILE}
    return Upload.objects.create(group=of, **{**about, "original": "none", "records": "none", **fields})


def mapping(of: Upload, config: dict[str, str] | None = None) -> Mapping:
    return Mapping.objects.create(upload=of, config=config or {"amount": "Amount"})


def scan(
    of: AccountGroup, *, on: Policy | None = None, upload_of: Upload | None = None, **fields: Any
) -> ComplianceScan:
    """A queued scan, started by the lifecycle itself."""
    on = on or policy(of)
    file = upload_of or upload(of)
    mapped = mapping(file)
    version = on.current()
    made = ComplianceScan(
        group=of, policy=on, policy_version=version, upload=file, mapping=mapped, mapping_config=mapped.config,
        temporal_scale="hourly", score_method=ScoreMethod.SEVERITY_WEIGHTED, record_count=file.row_count,
        rules_total=len(version.active_rules), **fields,
    )  # fmt: skip
    with transaction.atomic():
        lifecycle.start(made, actor=ACTOR.name)
    made.refresh_from_db()
    return made


def running(of: AccountGroup, **parts: Any) -> tuple[ComplianceScan, Lease]:
    made = scan(of, **parts)
    lease = lifecycle.claim(kinds.of(made), str(made.pk), worker="worker of a test")
    assert lease is not None
    made.refresh_from_db()
    return made, lease


def violation(of: ComplianceScan, attempt: int, account: str = "A1", **fields: Any) -> Violation:
    about = {
        "rule_id": "BIG", "severity": "HIGH", "finding_count": 1, "amount": Decimal(500), "sample": [],
        "first_seen_scan_id": of.pk, "created_at": of.created_at,
    }  # fmt: skip
    return Violation.objects.create(scan=of, attempt=attempt, account=account, **{**about, **fields})


def received(of: AccountGroup, content: bytes) -> Upload:
    """An upload with its files, read from the bytes of a CSV file; also in a test that commits nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path, records = Path(folder) / "file.csv", Path(folder) / "records.parquet"
        path.write_bytes(content)
        found = ingest(path, target=records, rejects=Path(folder) / "rejects", limits=Limits(), original_name=path.name)
        made = uuid.uuid4()
        names = [
            files.store(f"{files.folder_of_upload(of.pk, str(made))}/{file.name}", file) for file in (path, records)
        ]
    return upload(
        of, id=made, sha256=found.profile.sha256, size=found.profile.size, row_count=found.row_count,
        profile=found.profile.to_dict(), sample_rows=found.sample_rows, original=names[0], records=names[1],
    )  # fmt: skip


def executed(of: AccountGroup, content: bytes, config: dict[str, str], *, on: Policy | None = None) -> ComplianceScan:
    """A scan of a real file, run to its end here and now."""
    file, by = received(of, content), Requester.command("tests", of)
    mapped = Mapping.objects.create(upload=file, config=config)
    with transaction.atomic():
        made = start_scan(group=of, by=by, policy_id=(on or policy(of)).pk, upload_id=file.pk, mapping_id=mapped.pk)
    finished(made, execution.execute)
    return made


def finished(job: Any, execute: Callable[[Work], None]) -> None:
    """Do here what a worker would do with the job."""
    lease = lifecycle.claim(kinds.of(job), str(job.pk), worker="worker of a test")
    assert lease is not None
    execute(Work(lease, time_limit=60))
    job.refresh_from_db()


def dry_run(of: AccountGroup, **fields: Any) -> DryRun:
    """A queued dry run, started by the lifecycle itself."""
    tried, file = policy(of), upload(of)
    made = DryRun(
        group=of, policy=tried, policy_version=tried.current(), upload=file, mapping=mapping(file), rules=[RULE],
        **fields,
    )  # fmt: skip
    with transaction.atomic():
        lifecycle.start(made, actor=ACTOR.name)
    made.refresh_from_db()
    return made


def case(of: AccountGroup, **fields: Any) -> Case:
    """An open case on A1, which has one pending violation."""
    about = {"policy": completed(of).policy, "account": "A1", "opened_by": ACTOR.name}
    return Case.objects.create(group=of, **{**about, **fields})


def audit(of: AccountGroup, **fields: Any) -> Audit:
    return Audit.objects.create(group=of, **{"name": "Q1", "created_by": ACTOR.name, **fields})


def waiver(of: AccountGroup, **fields: Any) -> Waiver:
    about = {"rule_id": "BIG", "account": "A1", "reason": "Known", "owner": "Ann", "created_by": ACTOR.name}
    return Waiver.objects.create(group=of, **{**about, "expires_at": timezone.now() + timedelta(days=30), **fields})


def completed(of: AccountGroup, accounts: Sequence[str] = ("A1",), **parts: Any) -> ComplianceScan:
    """A completed scan with one violation of rule BIG on each of `accounts`."""
    made, lease = running(of, **parts)
    for account in accounts:
        violation(made, lease.attempt, account)
    complete(made, lease, accounts)
    made.refresh_from_db()
    return made


def complete(made: ComplianceScan, lease: Lease, accounts: Sequence[str] = ()) -> None:
    with lifecycle.finish(lease) as (_, results):
        results.update(
            score=Decimal("99.00"), result_digest=uuid.uuid4().hex * 2, violation_count=len(accounts),
            open_weight=3 * len(accounts), review_counts={"pending": len(accounts)},
            severity_counts={"HIGH": len(accounts)}, rules_processed=made.rules_total,
        )  # fmt: skip


def with_evidence(of: ComplianceScan) -> ComplianceScan:
    """The scan with a findings file and records: each of its violations proven by record 1."""
    found = [
        {"rule_id": each.rule_id, "key": uuid.uuid4().hex * 2, "account": each.account, "value": None,
         "first_us": None, "last_us": None, "amount": each.amount, "rows": [1]}
        for each in of.violations.all()
    ]  # fmt: skip
    findings = _stored(f"findings/{of.group_id}/{of.pk}/1.parquet", pa.Table.from_pylist(found, FINDINGS))
    records = _stored(f"uploads/{of.group_id}/{of.upload_id}/records.parquet", pa.table({"row": [1]}))
    ComplianceScan.objects.filter(pk=of.pk).update(findings=findings)
    Upload.objects.filter(pk=of.upload_id).update(records=records)
    of.refresh_from_db()
    return of


def _stored(name: str, table: pa.Table) -> str:
    content = io.BytesIO()
    pq.write_table(table, content)
    content.seek(0)
    return default_storage.save(name, File(content))


def export(of: ComplianceScan, format: str = "csv", content: bytes = b"a,b\n") -> Export:
    """A completed export with its file."""
    made = Export(group=of.group, scan=of, format=format, scan_version=of.version)
    with transaction.atomic():
        lifecycle.start(made, actor=ACTOR.name)
    lease = lifecycle.claim(kinds.of(made), str(made.pk), worker="worker of a test")
    assert lease is not None
    name = default_storage.save(f"exports/{of.group_id}/{made.pk}/1", File(io.BytesIO(content)))
    with lifecycle.finish(lease) as (_, results):
        sha256 = hashlib.sha256(content).hexdigest()
        results.update(file=name, size=len(content), sha256=sha256, expires_at=Now() + timedelta(days=1))
    made.refresh_from_db()
    return made


def remove(export: Export) -> None:
    """As when its time is over."""
    Export.objects.filter(pk=export.pk).update(file="", removed_at=Now())


def failed(of: AccountGroup, **parts: Any) -> ComplianceScan:
    made, lease = running(of, **parts)
    lifecycle.fail(lease, code="NO_RULE_APPLICABLE", message="Nothing could run.", traceback="Traceback ...")
    made.refresh_from_db()
    return made


def make_due(job: ComplianceScan) -> None:
    """As if its message had been lost a minute ago."""
    type(job).objects.filter(pk=job.pk).update(publish_after=Now())


def source(of: AccountGroup, **fields: Any) -> Source:
    about = {
        "name": f"Nightly {uuid.uuid4()}",
        "kind": "https_file",
        "config": {"url": "https://files.example.com/a.csv"},
    }
    return Source.objects.create(group=of, **{**about, **fields})


def source_import(of: AccountGroup, **fields: Any) -> SourceImport:
    """A queued import, started by the lifecycle itself."""
    made = SourceImport(group=of, source=fields.pop("source", None) or source(of), **fields)
    with transaction.atomic():
        lifecycle.start(made, actor=ACTOR.name)
    made.refresh_from_db()
    return made
