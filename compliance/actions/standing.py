"""How the violations of a scan stand: everything that its score and its counts are made of, in one query."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, F, Q, Sum

from compliance.engine.score import WEIGHTS
from compliance.enums import ReviewStatus
from compliance.models import ComplianceScan, Violation


@dataclass(frozen=True)
class Standing:
    """Counts of violations. `open_weight` is the W of the score; `violated` the rules with an open violation."""

    violations: int
    unchanged: int
    waived: int
    open: int
    open_weight: int
    reviews: dict[str, int]
    severities: dict[str, int]
    violated: frozenset[str]

    @classmethod
    def of(cls, scan: ComplianceScan, attempt: int | None) -> Standing:
        """As the rows of this attempt say now, seen by anybody or not."""
        rows = Violation.objects.filter(Q(attempt=attempt), scan=scan).order_by()
        rows = rows.annotate(is_waived=Q(waiver__isnull=False))
        groups = rows.values_list("rule_id", "severity", "status", "is_waived").annotate(
            Count("id"), Sum("finding_count"), since_before=Count("id", filter=~Q(first_seen_scan_id=F("scan_id")))
        )
        reviews: Counter[str] = Counter()
        severities: Counter[str] = Counter()
        unchanged = waived = opened = weight = 0
        violated = set()
        for rule_id, severity, status, is_waived, count, findings, since_before in groups:
            reviews[status] += count
            severities[severity] += count
            unchanged += since_before
            waived += count * is_waived
            if status != ReviewStatus.FALSE_POSITIVE and not is_waived:
                opened += count
                weight += WEIGHTS[severity] * findings
                violated.add(rule_id)
        total = reviews.total()
        return cls(total, unchanged, waived, opened, weight, dict(reviews), dict(severities), frozenset(violated))
