"""A completed or broken scan as a command prints it: one document, and the same as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.table import Table

from compliance.engine.score import WEIGHTS
from compliance.enums import Severity
from compliance.models import ComplianceScan
from compliance.written import number
from jobs.enums import Status
from terminal.console import table


@dataclass(frozen=True)
class Report:
    """`fail_under`: the least score that is good enough, when somebody asked; `reading`: seconds the upload took."""

    scan: ComplianceScan
    warnings: Sequence[str]
    fail_under: Decimal | None
    reading: float

    @property
    def good(self) -> bool:
        return self.fail_under is None or (self.scan.score is not None and self.scan.score >= self.fail_under)

    def document(self) -> dict[str, Any]:
        """Names and values as in GET /api/scan/{id}, where it has them."""
        scan, done = self.scan, self.scan.status == Status.COMPLETED
        severities = _severities(scan)
        return {
            "scan_id": str(scan.pk),
            "status": scan.status,
            "compliance_score": number(scan.score),
            "fail_under": number(self.fail_under),
            "passed": self.good if done else None,
            "violation_count": scan.violation_count if done else None,
            "by_severity": _counts(scan) if done else None,
            "rule_results": [{**result, "severity": severities[result["rule_id"]]} for result in scan.rule_results],
            "delta": scan.delta,
            "coverage": number(scan.coverage),
            "record_count": scan.record_count,
            "rejected_rows": scan.upload.rejected_rows,
            "policy_id": str(scan.policy_id),
            "policy_version": scan.policy_version.number,
            "upload_id": str(scan.upload_id),
            "mapping_id": str(scan.mapping_id),
            "mapping_config": scan.mapping_config,
            "warnings": list(self.warnings),
            "result_digest": scan.result_digest or None,
            "seconds": {name: round(seconds, 3) for name, seconds in self._seconds().items()},
            "error": scan.error,
        }

    def parts(self) -> list[str | Table]:
        """For people; of a completed scan."""
        scan = self.scan
        words = ", ".join(f"{seconds:.2f} s {name}" for name, seconds in self._seconds().items())
        return [
            self.verdict(),
            f"{scan.violation_count:,} violations in {scan.record_count:,} records of {scan.upload.name}, by "
            f"{scan.policy.name}, version {scan.policy_version.number}.",
            "",
            table(["Severity", "Violations"], list(_counts(scan).items()), numbers=["Violations"]),
            "",
            _rules(scan),
            *_left_out(scan),
            "",
            _delta(scan),
            "",
            f"Scan {scan.pk}: {words}.",
        ]

    def verdict(self) -> str:
        score = f"Score {self.scan.score} of 100"
        if self.fail_under is None:
            return f"{score}."
        return f"{score}, {'at least' if self.good else 'below'} the {self.fail_under:f} asked for."

    def _seconds(self) -> dict[str, float]:
        scan = self.scan
        return {
            "reading": self.reading,
            "waiting": _seconds(scan.created_at, scan.started_at or scan.completed_at),
            "scanning": _seconds(scan.started_at, scan.completed_at),
        }


def _seconds(begun: datetime | None, ended: datetime | None) -> float:
    return (ended - begun).total_seconds() if begun and ended else 0.0


def _severities(scan: ComplianceScan) -> dict[str, str]:
    return {rule["rule_id"]: rule["severity"] for rule in scan.policy_version.active_rules}


def _counts(scan: ComplianceScan) -> dict[str, int]:
    return {word: scan.severity_counts.get(word, 0) for word in Severity.values}


def _rules(scan: ComplianceScan) -> Table:
    """The gravest and most broken first."""
    severities = _severities(scan)
    results = sorted(
        scan.rule_results,
        key=lambda result: (-result["violations"], -WEIGHTS[severities[result["rule_id"]]], result["rule_id"]),
    )
    heads = ("Rule", "Severity", "Violations", "Findings", "Judged", "Seconds")
    rows = [
        (
            result["rule_id"], severities[result["rule_id"]], f"{result['violations']:,}", f"{result['findings']:,}",
            f"{result['evaluated']:,}", f"{result['seconds']:.3f}",
        )
        for result in results
    ]  # fmt: skip
    return table(heads, rows, numbers=heads[2:])


def _left_out(scan: ComplianceScan) -> list[str]:
    left_out = (result for result in scan.rule_results if result["reason"])
    return [f"{result['rule_id']} could not run: {result['reason']}." for result in left_out]


def _delta(scan: ComplianceScan) -> str | Table:
    if scan.delta is None:
        return "No earlier scan of this policy to compare with."
    facts = ("new_count", "resolved_count", "unchanged_count", "previous_violation_count")
    heads = ("New", "Resolved", "Unchanged", "Before", "Compared with")
    row = [*(f"{scan.delta[fact]:,}" for fact in facts), f"scan {scan.delta['previous_scan_id']}"]
    return table(heads, [row], numbers=heads[:4])
