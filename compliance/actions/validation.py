"""How right a scan was, where its upload says what is right."""

from __future__ import annotations

from typing import Any

from django.core.files.storage import default_storage

from compliance import files
from compliance.actions.dryruns import label_of
from compliance.engine.accuracy import Accuracy, Counts, measure
from compliance.enums import UploadStatus
from compliance.errors import EvidenceDeleted, ScanNotCompleted, UploadDeleted
from compliance.judging import bounds
from compliance.models import ComplianceScan
from jobs.enums import Status


def validate_scan(*, scan: ComplianceScan, label_column: str) -> Accuracy:
    """Hold the findings of a completed scan against a column of its upload; reads only.

    ScanNotCompleted, UploadDeleted, EvidenceDeleted; ValidationFailed for the column.
    """
    if scan.status != Status.COMPLETED:
        raise ScanNotCompleted(f"The scan is {scan.status}; only a completed one can be validated.")
    if scan.upload.status == UploadStatus.DELETED:
        raise UploadDeleted
    if not scan.findings or not default_storage.exists(scan.findings):
        raise EvidenceDeleted
    label = label_of(scan.upload, label_column)
    with files.scratch() as scratch:
        findings = scratch / "findings.parquet"
        with default_storage.open(scan.findings) as source:
            findings.write_bytes(source.read())
        return measure(
            records=files.fetch(scan.upload.records, scratch), findings=findings, label=label, scratch=scratch,
            settings=bounds(),
        )  # fmt: skip


def labels_document(accuracy: Accuracy) -> dict[str, Any]:
    return {
        "labelled": accuracy.labelled, "unlabelled": accuracy.records - accuracy.labelled,
        "positives": accuracy.positives, "overall": ratios(accuracy.overall),
    }  # fmt: skip


def ratios(counts: Counts) -> dict[str, Any]:
    """The matrix and its ratios; null where there is nothing to divide by."""
    matrix = {"tp": counts.tp, "fp": counts.fp, "fn": counts.fn, "tn": counts.tn}
    return {
        **matrix, "precision": counts.precision, "recall": counts.recall, "f1": counts.f1,
        "false_positive_rate": counts.false_positive_rate,
    }  # fmt: skip
