"""The facts of a scan that every report opens with, in words and numbers."""

from __future__ import annotations

from typing import Any

from compliance.engine.score import WEIGHTS
from compliance.enums import ReviewStatus, ScoreMethod, Severity
from compliance.explain import words_of
from compliance.models import ComplianceScan
from compliance.written import plain


def summary_of(scan: ComplianceScan) -> list[tuple[str, Any]]:
    """(fact, value): numbers as numbers, all else as text."""
    facts: list[tuple[str, Any]] = [
        ("Scan", str(scan.pk)),
        ("Audit", scan.audit_name or None),
        ("Policy", f"{scan.policy.name}, version {scan.policy_version.number}"),
        ("Policy version, SHA-256 of its rules", scan.policy_version.content_hash),
        ("Created", scan.created_at),
        ("Completed", scan.completed_at),
        ("Score, 0 to 100", scan.score),
        ("How the score is computed", score_words(scan)),
        ("Coverage, share of rule x record pairs evaluated", scan.coverage),
        ("Records", scan.record_count),
        ("Violations", scan.violation_count),
        *((f"Violations, {word.lower()}", scan.severity_counts.get(word, 0)) for word in Severity.values),
        *((f"Violations, {ReviewStatus(word).label.lower()}", scan.review_counts.get(word, 0))
          for word in ReviewStatus.values),
        *delta_of(scan),
        ("File", scan.upload.name),
        ("File, SHA-256", scan.upload.sha256),
        ("File, bytes", scan.upload.size),
        ("Rows set aside when it was read", scan.upload.rejected_rows),
        ("Mapping", ", ".join(f"{name} = {column}" for name, column in scan.mapping_config.items())),
        ("Temporal scale", scan.temporal_scale),
        ("Time zone of times without one", scan.time_zone),
        ("Engine", scan.engine),
        ("Result digest", scan.result_digest),
    ]  # fmt: skip
    return [(fact, value) for fact, value in facts if value is not None]


def delta_of(scan: ComplianceScan) -> list[tuple[str, Any]]:
    """What changed since the previous scan; nothing without one."""
    if scan.previous_scan_id is None:
        return [("Compared with", "no previous scan of this policy")]
    return [
        ("Compared with scan", str(scan.previous_scan_id)),
        ("New violations", scan.new_count),
        ("Resolved violations", scan.resolved_count),
        ("Unchanged violations", scan.unchanged_count),
    ]


def score_words(scan: ComplianceScan) -> str:
    """The formula with the scan's own numbers in it."""
    if scan.score_method == ScoreMethod.RULES:
        weights = ", ".join(f"{word} {weight}" for word, weight in WEIGHTS.items())
        return (
            "100 x the weight of the active rules without an open violation / the weight of the active rules that "
            f"could run; weights: {weights}. Score {scan.score}."
        )
    weights = ", ".join(f"{word} {weight}/4" for word, weight in WEIGHTS.items())
    return (
        f"100 x (1 - W / N), from 0 to 100, rounded to 2 places. W = {plain(scan.open_weight / 4)}: over all open "
        f"violations, the weight of their severity x their findings ({weights}). "
        f"N = {scan.record_count}: the records. Score {scan.score}."
    )


def results_of(scan: ComplianceScan) -> list[dict[str, Any]]:
    """How every active rule fared, with what it says."""
    results = {result["rule_id"]: result for result in scan.rule_results}
    return [_result(rule, results.get(rule["rule_id"], {})) for rule in scan.policy_version.active_rules]


def _result(rule: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    names = ("state", "findings", "violations", "evaluated", "not_evaluated", "reason")
    return {
        **{name: rule.get(name) or None for name in ("rule_id", "name", "severity", "kind", "policy_section")},
        **{name: result.get(name) for name in names},
        "in_words": words_of(rule),
    }
