"""A million records: uploaded, mapped and scanned with the AML pack by the real processes, and what that takes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import datasets
from benchmarks.memory import peak
from benchmarks.system import System

RECORDS = 1_000_000
POLL = 0.2  # seconds
GIB = 2**30
TITLE = "A million records"


@dataclass(frozen=True)
class Measured:
    """Seconds until the upload can be scanned and of the scan, bytes of memory that processes held at most, and bytes
    that were stored: of the upload, of the scan's findings, and of the violations in PostgreSQL with their indexes."""

    upload: float
    scan: float
    web: int
    worker: int
    violations: int
    uploaded: int
    found: int
    rows: int


def section(system: System, folder: Path) -> str:
    """The section of docs/benchmarks.md, measured now."""
    path = folder / "million.csv"
    datasets.typical(path, RECORDS, 1)
    found = _measure(system, path)
    each = found.rows / found.violations
    return "\n".join([
        f"`typical`, {RECORDS:,} records ({path.stat().st_size / 1e6:.0f} MB of CSV), {found.violations:,} violations:",
        "one file sent, mapped as suggested and scanned with the AML pack by a web server and a worker. Memory is",
        "the most that a process held at any time since it started (VmHWM), its children's added, pages shared between",
        "them counted for each: more than they ever held at once.", "",
        "| step | seconds | peak memory |", "|---|---|---|",
        f"| 1 M upload until it can be scanned | {found.upload:.1f} | web server {found.web / GIB:.2f} GiB |",
        f"| 1 M AML scan | {found.scan:.1f} | worker {found.worker / GIB:.2f} GiB |", "",
        f"Stored: {found.uploaded / 1e6:.0f} MB of the upload (as it came, and as Parquet), {found.found / 1e6:.1f} MB",
        f"of findings and evidence, and {each:,.0f} bytes of PostgreSQL a violation, its indexes included.",
    ])  # fmt: skip


def _measure(system: System, path: Path) -> Measured:
    partner = system.partner
    policy = partner.policy_from_pack("aml")
    begun = time.perf_counter()
    upload = partner.received(partner.upload(path))
    uploaded = time.perf_counter()
    mapping = partner.confirm(upload)
    scan = partner.scan(policy, upload["upload_id"], mapping, "A million", lambda *_: None, poll=POLL)
    seconds = time.perf_counter() - uploaded
    assert scan["status"] == "completed", scan["error"]
    assert scan["record_count"] == RECORDS
    web, worker = peak(system.web.pid), peak(system.worker.pid)
    return Measured(uploaded - begun, seconds, web, worker, scan["violation_count"], *_stored())


def _stored() -> tuple[int, int, int]:
    """Bytes of the one upload, of the one scan's files, and of its violations in the database."""
    from django.core.files.storage import default_storage
    from django.db import connection

    from compliance.models import ComplianceScan, Upload

    upload, scan = Upload.objects.get(), ComplianceScan.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size('compliance_violation')")
        (rows,) = cursor.fetchone()
    sizes = [sum(map(default_storage.size, names)) for names in (
        (upload.original, upload.records), (scan.findings, scan.evidence),
    )]  # fmt: skip
    return sizes[0], sizes[1], rows
