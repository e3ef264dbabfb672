"""What a worker does with one export: write the file of its format, store it, and say when it goes again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db.models.functions import Now

from compliance import files
from compliance.enums import ExportFormat, UploadStatus
from compliance.exports import streams
from compliance.exports.material import Material
from compliance.models import ComplianceScan, Export
from jobs import lifecycle
from jobs.errors import JobFault, LeaseLost
from jobs.working import Work

WRITING = 0.95  # of the progress bar; the rest is storing
TRIES = 5
"""How often an export is begun again because somebody reviewed the scan while it was being written."""

Writer = Callable[[Material, Path], None]


def discard(export_id: str, keep_attempt: int | None) -> None:
    """Remove the files of every attempt but the one whose file is the export's."""
    export = Export.objects.only("group_id", "file").get(pk=export_id)
    files.remove_all_but(files.export_folder(export.group_id, export_id), export.file)


def execute(work: Work) -> None:
    """Make the export of `work`. JobFault for what partners should read."""
    export = Export.objects.get(pk=work.lease.job_id)
    structlog.contextvars.bind_contextvars(trace_id=export.trace_id)
    with files.scratch() as scratch:
        target = scratch / "export"
        version = _write(work, export, scratch, target)
        with target.open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        size = target.stat().st_size
        work.check()
        stored = files.store(files.export_name(export.group_id, str(export.pk), work.lease.attempt), target)
    try:
        with lifecycle.finish(work.lease) as (_, results):
            expires = Now() + timedelta(seconds=settings.EXPORT_KEEP_SECONDS)
            results.update(file=stored, size=size, sha256=sha256, scan_version=version, expires_at=expires)
    except LeaseLost:
        files.remove(stored)
        raise


def _write(work: Work, export: Export, scratch: Path, target: Path) -> int:
    """Write the file from one state of the scan; returns the scan's version. A review meanwhile: begin again."""
    writer = _writers()[ExportFormat(export.format)]
    for _ in range(TRIES):
        scan = _scan(export)
        total = max(scan.violation_count, 1)

        def wrote(rows: int, total: int = total) -> None:
            work.report(progress=WRITING * min(1, rows / total))

        writer(Material(scan, scratch, wrote, export.include_input), target)
        if _scan(export).version == scan.version:
            return scan.version
    raise JobFault("SCAN_CHANGING", "The scan is being reviewed all the time; ask for the export again in a while.")


def _scan(export: Export) -> ComplianceScan:
    scans = ComplianceScan.objects.shown().select_related("policy", "policy_version", "upload", "mapping")
    scan: ComplianceScan | None = scans.filter(pk=export.scan_id).first()
    if scan is None:
        raise JobFault("SCAN_DELETED", "The scan was deleted before its export was made.")
    if export.include_input and scan.upload.status == UploadStatus.DELETED:
        raise JobFault("UPLOAD_DELETED", "The upload was deleted meanwhile; ask again without include_input.")
    return scan


def _writers() -> dict[ExportFormat, Writer]:
    """Imported when the first export is made: a worker that makes none does not pay for the libraries."""
    from compliance.exports import bundle, oscal, pdf, xlsx

    return {
        ExportFormat.JSON: _json,
        ExportFormat.CSV: _csv,
        ExportFormat.XLSX: xlsx.write,
        ExportFormat.PDF: pdf.write,
        ExportFormat.OSCAL: oscal.write,
        ExportFormat.BUNDLE: bundle.write,
    }


def _json(material: Material, target: Path) -> None:
    with target.open("wb") as file:
        file.writelines(streams.json_chunks(streams.head_of(material.scan), material.rows(evidence=True)))


def _csv(material: Material, target: Path) -> None:
    with target.open("wb") as file:
        file.writelines(streams.csv_chunks(streams.COLUMNS, streams.table(material.rows())))
