"""The score of a scan as it stands now, from what its row and its violations say."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from django.db.models import F
from django.db.models.functions import Now

from compliance.actions.standing import Standing
from compliance.engine import score
from compliance.enums import ReviewStatus, ScoreMethod
from compliance.models import ComplianceScan, Violation

OPEN = [status for status in ReviewStatus.values if status != ReviewStatus.FALSE_POSITIVE]


def weight_of(violation: Violation) -> int:
    """What an open violation adds to W."""
    return score.WEIGHTS[violation.severity] * violation.finding_count


def score_of(scan: ComplianceScan) -> Decimal:
    """0..100, two decimals. The caller holds the scan's lock; `scan.open_weight` is up to date."""
    if scan.score_method == ScoreMethod.SEVERITY_WEIGHTED:
        return score.severity_weighted(scan.open_weight, scan.record_count)
    violated = Violation.objects.of_scan(scan).filter(status__in=OPEN, waiver__isnull=True).order_by()
    return by_rules(scan, set(violated.values_list("rule_id", flat=True).distinct()))


def score_from(scan: ComplianceScan, standing: Standing) -> Decimal:
    """The score of a scan whose violations stand so; `scan.rule_results` say which rules could run."""
    if scan.score_method == ScoreMethod.SEVERITY_WEIGHTED:
        return score.severity_weighted(standing.open_weight, scan.record_count)
    return by_rules(scan, standing.violated)


def count_anew(scan: ComplianceScan) -> Decimal:
    """Write counts and score of a completed scan from its violations, and return the score.

    The caller holds the scan's lock.
    """
    standing = Standing.of(scan, scan.visible_attempt)
    scan.review_counts, scan.waived_count = standing.reviews, standing.waived
    scan.open_weight, scan.score = standing.open_weight, score_from(scan, standing)
    ComplianceScan.objects.filter(pk=scan.pk).update(
        review_counts=scan.review_counts, waived_count=scan.waived_count, open_weight=scan.open_weight,
        score=scan.score, version=F("version") + 1, updated_at=Now(),
    )  # fmt: skip
    return scan.score


def by_rules(scan: ComplianceScan, violated: Collection[str]) -> Decimal:
    """The `rules` method: weight of the rules without an open violation among those that could run."""
    severity = {rule["rule_id"]: rule["severity"] for rule in scan.policy_version.rules}
    ran = [result["rule_id"] for result in scan.rule_results if result["state"] == "completed"]
    return score.by_rules([(severity[rule_id], rule_id in violated) for rule_id in ran])
