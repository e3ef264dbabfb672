"""What v1 shows of signal scans, as plain JSON."""

from __future__ import annotations

from typing import Any

from prospecting.models import Prospect
from scans.models import Finding, Monitor, SignalScan, SignalSpecification


def scan_item(scan: SignalScan) -> dict[str, Any]:
    return {
        "scanId": scan.pk, "type": scan.type, "status": scan.status, "createdAt": scan.created_at,
        "updatedAt": scan.updated_at,
    }  # fmt: skip


def scan_document(scan: SignalScan) -> dict[str, Any]:
    return {
        **scan_item(scan), "error": scan.error, "progress": scan.progress, "counts": _counts(scan),
        "signalSpecificationId": scan.specification_id, "audienceId": scan.audience_id,
        "startedAt": scan.started_at, "completedAt": scan.completed_at,
        "findingsDeletedAt": scan.findings_deleted_at,
    }  # fmt: skip


def _counts(scan: SignalScan) -> dict[str, int]:
    return {
        "prospects": scan.prospects_total, "evaluated": scan.prospects_evaluated, "failed": scan.prospects_failed,
        "remaining": scan.prospects_remaining, "found": scan.found, "kept": scan.kept, "duplicate": scan.duplicate,
        "belowScore": scan.below_score, "stale": scan.stale, "excluded": scan.excluded,
    }  # fmt: skip


def signal(finding: Finding) -> dict[str, Any]:
    """A kept finding."""
    seen = finding.signal
    assert seen is not None  # noqa: S101  it is kept
    return {"signalId": seen.pk, "firstSeenAt": seen.first_seen, "lastSeenAt": seen.last_seen, **_found(finding)}


def _found(finding: Finding) -> dict[str, Any]:
    """`extra` holds the keys of its type, as far as they are known."""
    return {
        "score": finding.score, "reasoning": finding.reasoning, "summary": finding.summary,
        "title": finding.title or None, "postedAt": finding.posted_at, "companyName": finding.company_name or None,
        "sources": finding.sources, **finding.extra,
    }  # fmt: skip


def result(finding: Finding, prospect: Prospect) -> dict[str, Any]:
    """A kept finding as it shows for one prospect of its scan."""
    return {"type": finding.type, **signal(finding), "prospect": _person(prospect)}


def dropped(finding: Finding) -> dict[str, Any]:
    return {
        "reason": finding.verdict, "type": finding.type, "signalId": finding.signal_id, **_found(finding),
        "prospect": _person(finding.prospect) if finding.prospect else None,
    }  # fmt: skip


def _person(prospect: Prospect) -> dict[str, Any]:
    return {
        "prospectId": prospect.pk, "name": prospect.name or None, "title": prospect.title or None,
        "publicIdentifier": prospect.public_identifier or None, "linkedinUrl": prospect.linkedin_url or None,
    }  # fmt: skip


def specification_document(specification: SignalSpecification) -> dict[str, Any]:
    return {
        "id": specification.pk, "name": specification.name, "description": specification.description,
        "specifications": specification.items,
        "sources": list(dict.fromkeys(item["source"] for item in specification.items)),
        "createdAt": specification.created_at,
    }  # fmt: skip


def monitor_document(monitor: Monitor) -> dict[str, Any]:
    return {
        "id": monitor.pk, "signalSpecificationId": monitor.specification_id, "audienceId": monitor.audience_id,
        "cadence": {"cron": monitor.cron, "timeZone": monitor.time_zone}, "isActive": monitor.is_active,
        "nextRunAt": monitor.next_run_at, "note": monitor.note or None, "createdAt": monitor.created_at,
        "updatedAt": monitor.updated_at,
    }  # fmt: skip
