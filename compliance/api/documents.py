"""The JSON of compliance: one plain function a document, fields in the order of the contract."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Names
from typing import Any

from compliance.enums import ReviewStatus, Severity, UploadStatus
from compliance.explain import explanation, threshold_of
from compliance.exports.rows import pending_decision as pending_decision  # noqa: PLC0414
from compliance.models import ComplianceScan, Policy, PolicyVersion, ScoreEvent, Violation
from compliance.written import number as number  # noqa: PLC0414  every document writes them alike
from compliance.written import time as time  # noqa: PLC0414
from jobs.enums import Status
from jobs.models import Job

_STATUS = {Status.QUEUED: "pending"}  # the one status this API names differently


def status(job: Job) -> str:
    return str(_STATUS.get(Status(job.status), job.status))


def scan_document(
    scan: ComplianceScan, history: Iterable[ScoreEvent], waivers: Iterable[dict[str, Any]] = ()
) -> dict[str, Any]:
    """GET /api/scan/{id}: the documented fields, then ours."""
    done = scan.status == Status.COMPLETED
    return {
        "id": str(scan.pk),
        "status": status(scan),
        "violation_count": scan.violation_count if done else 0,
        "compliance_score": number(scan.score) if done else 0,
        "rules_processed": scan.rules_processed,
        "rules_total": scan.rules_total,
        "created_at": time(scan.created_at),
        "completed_at": time(scan.completed_at),
        "audit_name": scan.audit_name or None,
        "record_count": scan.record_count,
        "policy_id": str(scan.policy_id),
        "upload_id": str(scan.upload_id),
        "mapping_id": str(scan.mapping_id),
        "audit_id": str(scan.audit_id) if scan.audit_id else None,
        "mapping_config": scan.mapping_config,
        "temporal_scale": scan.temporal_scale,
        "score_history": [score_event(event) for event in history],
        "delta": scan.delta,
        "error": scan.error,
        "started_at": time(scan.started_at),
        "progress": round(scan.progress, 4),
        "engine": scan.engine or None,
        "policy_version": scan.policy_version.number,
        "result_digest": scan.result_digest or None,
        "score_method": scan.score_method,
        "coverage": number(scan.coverage),
        "rule_results": scan.rule_results,
        "reopen_growth": number(scan.reopen_growth),
        "review_summary": review_summary(scan) if done else None,
        "input_deleted": scan.upload.status == UploadStatus.DELETED,
        "findings_deleted_at": time(scan.findings_deleted_at),
        "waivers": list(waivers),
        "context_upload_ids": scan.context_uploads,
        "list_versions": scan.list_versions,
    }


def score_event(event: ScoreEvent) -> dict[str, Any]:
    return {
        "score": number(event.score),
        "timestamp": time(event.at),
        "action": event.action,
        "violation_id": str(event.violation_id) if event.violation_id else None,
    }


def review_summary(scan: ComplianceScan) -> dict[str, Any]:
    counts = {word: scan.review_counts.get(word, 0) for word in ReviewStatus.values}
    severities = {word: scan.severity_counts.get(word, 0) for word in Severity.values}
    return {"total": scan.violation_count, **counts, "waived": scan.waived_count, "by_severity": severities}


def scan_item(scan: ComplianceScan) -> dict[str, Any]:
    """An item of GET /api/scan."""
    done = scan.status == Status.COMPLETED
    return {
        "id": str(scan.pk),
        "status": status(scan),
        "policy_id": str(scan.policy_id),
        "upload_id": str(scan.upload_id),
        "mapping_id": str(scan.mapping_id),
        "audit_name": scan.audit_name or None,
        "record_count": scan.record_count,
        "violation_count": scan.violation_count if done else 0,
        "compliance_score": number(scan.score) if done else 0,
        "rules_processed": scan.rules_processed,
        "rules_total": scan.rules_total,
        "progress": round(scan.progress, 4),
        "created_at": time(scan.created_at),
        "completed_at": time(scan.completed_at),
    }


def history_item(scan: ComplianceScan) -> dict[str, Any]:
    """An item of GET /api/scan/history. Without a previous scan every violation is new."""
    return {
        "id": str(scan.pk),
        "policy_id": str(scan.policy_id),
        "score": number(scan.score),
        "violation_count": scan.violation_count,
        "new_violations": scan.violation_count if scan.new_count is None else scan.new_count,
        "resolved_violations": scan.resolved_count or 0,
        "unchanged_count": scan.unchanged_count or 0,
        "status": status(scan),
        "created_at": time(scan.created_at),
        "completed_at": time(scan.completed_at),
        "audit_name": scan.audit_name or None,
    }


def policy_item(policy: Policy) -> dict[str, Any]:
    return {
        "id": str(policy.pk),
        "name": policy.name,
        "description": policy.description,
        "score_method": policy.score_method,
        "time_zone": policy.time_zone,
        "compat": policy.compat,
        "reopen_growth": number(policy.reopen_growth),
        "created_at": time(policy.created_at),
        "updated_at": time(policy.updated_at),
        "archived_at": time(policy.archived_at),
    }


def policy_document(policy: Policy, version: PolicyVersion) -> dict[str, Any]:
    about = {"version": version.number, "content_hash": version.content_hash, "rules": version.rules}
    return {**policy_item(policy), **about}


def violation_item(violation: Violation, rule: Names[str, Any], scan: ComplianceScan) -> dict[str, Any]:
    """An item of GET /api/violations; `rule` as it stood in the scan's policy version."""
    return {
        "id": str(violation.pk),
        "scan_id": str(violation.scan_id),
        "rule_id": violation.rule_id,
        "rule_name": rule["name"],
        "severity": violation.severity,
        "account": violation.account,
        "amount": number(violation.amount),
        "transaction_type": violation.transaction_type or None,
        "finding_count": violation.finding_count,
        "first_at": time(violation.first_at),
        "last_at": time(violation.last_at),
        "threshold": number(threshold_of(rule)),
        "actual_value": number(violation.actual_value),
        "explanation": explanation(rule, violation),
        "status": violation.status,
        "delta": "new" if violation.first_seen_scan_id == violation.scan_id else "unchanged",
        "first_seen_scan_id": str(violation.first_seen_scan_id),
        "reviewed_at": time(violation.reviewed_at),
        "carried_over_from": str(violation.carried_over_from) if violation.carried_over_from else None,
        "reopened_because": violation.reopened_because or None,
        "last_decision": violation.last_decision,
        "pending_decision": pending_decision(violation),
        "waiver_id": str(violation.waiver_id) if violation.waiver_id else None,
    }


def violation_document(violation: Violation, rule: Names[str, Any], scan: ComplianceScan) -> dict[str, Any]:
    """GET /api/violations/{id}: with evidence, the rule's words and every decision."""
    return {
        **violation_item(violation, rule, scan),
        "evidence": violation.sample,
        "policy_excerpt": rule.get("policy_excerpt", ""),
        "policy_section": rule.get("policy_section", ""),
        "description": rule.get("description", ""),
        "rule": rule,
        "review_note": violation.review_note or None,
        "reviewed_by": violation.reviewed_by or None,
        "reviews": [
            {
                "from": review.from_status, "to": review.to_status, "note": review.note or None,
                "reviewer": review.reviewer, "at": time(review.at), "is_proposal": review.is_proposal,
            }
            for review in violation.reviews.all()
        ],
    }  # fmt: skip
