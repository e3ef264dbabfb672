"""How the rules of a policy fare over its last scans: which never fire, always fire, repeat another, or mislead."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

from django.db import connection

from compliance.models import ComplianceScan, Policy, Violation

ENOUGH_REVIEWS = 20
"""Decisions below which a precision says little."""
ALWAYS = 0.5
"""Share of the accounts of every scan from which on a rule always fires."""
Z = 1.959963984540054  # of 95 %

_REVIEWS = f"""
SELECT rule_id, count(*) FILTER (WHERE status = 'approved'), count(*) FILTER (WHERE status = 'false_positive')
  FROM {Violation._meta.db_table} v JOIN unnest(%s::uuid[], %s::int[]) AS seen (scan, attempt)
    ON v.scan_id = seen.scan AND v.attempt = seen.attempt
 GROUP BY rule_id
"""  # noqa: S608  our own table's name
# A pair of rules is contained when as many accounts have both as have the first.
_CONTAINED = f"""
WITH found AS (SELECT rule_id, account FROM {Violation._meta.db_table} WHERE scan_id = %s AND attempt = %s),
     totals AS (SELECT rule_id, count(*) AS accounts FROM found GROUP BY rule_id)
SELECT one.rule_id, other.rule_id
  FROM found one JOIN found other ON one.account = other.account AND one.rule_id <> other.rule_id
  JOIN totals ON totals.rule_id = one.rule_id
 GROUP BY one.rule_id, other.rule_id, totals.accounts HAVING count(*) = totals.accounts
 ORDER BY 1, 2
"""  # noqa: S608  our own table's name


@dataclass(frozen=True)
class Precision:
    """approved / (approved + false_positive) with its 95 % interval after Wilson; None without a decision."""

    approved: int
    false_positive: int
    value: float | None
    low: float | None
    high: float | None

    @property
    def decisions(self) -> int:
        return self.approved + self.false_positive

    @property
    def enough(self) -> bool:
        return self.decisions >= ENOUGH_REVIEWS


@dataclass(frozen=True)
class RuleHealth:
    """One active rule. `scans`: those in which it could run; shares are violations by the accounts it could judge."""

    rule_id: str
    name: str
    scans: int
    findings: int
    violations: int
    never_fires: bool
    always_fires: bool
    least_share: float | None
    contained_in: tuple[str, ...]
    precision: Precision


def policy_health(*, policy: Policy, scans: int) -> tuple[list[ComplianceScan], list[RuleHealth]]:
    """(the last `scans` completed scans of the policy, the health of each rule that is active now)."""
    looked_at = ComplianceScan.objects.shown().completed().filter(policy=policy).select_related("upload")
    seen = list(looked_at.order_by("-created_at", "-pk")[:scans])
    reviews, contained = _reviews(seen), _contained(seen[0]) if seen else {}
    rules = policy.current().active_rules
    return seen, [_health(rule, seen, reviews, contained) for rule in rules]


def wilson(approved: int, false_positive: int) -> Precision:
    """The score interval of Wilson (1927) for a share, 95 %."""
    total = approved + false_positive
    if not total:
        return Precision(0, 0, None, None, None)
    share, spread = approved / total, Z * Z / total
    centre, width = share + spread / 2, Z * sqrt((share * (1 - share) + spread / 4) / total)
    low, high = ((centre + side * width) / (1 + spread) for side in (-1, 1))
    return Precision(approved, false_positive, round(share, 4), round(max(low, 0.0), 4), round(min(high, 1.0), 4))


def _health(
    rule: dict[str, Any], seen: list[ComplianceScan], reviews: dict[str, tuple[int, int]],
    contained: dict[str, list[str]],
) -> RuleHealth:  # fmt: skip
    rule_id = rule["rule_id"]
    ran = [
        (scan, result) for scan in seen for result in scan.rule_results
        if result["rule_id"] == rule_id and result["state"] == "completed"
    ]  # fmt: skip
    shares = [share for share in (_share(scan, result) for scan, result in ran) if share is not None]
    violations = sum(result["violations"] for _, result in ran)
    return RuleHealth(
        rule_id=rule_id, name=rule["name"], scans=len(ran), findings=sum(result["findings"] for _, result in ran),
        violations=violations, never_fires=bool(ran) and not violations,
        always_fires=bool(shares) and min(shares) >= ALWAYS, least_share=round(min(shares), 4) if shares else None,
        contained_in=tuple(contained.get(rule_id, ())), precision=wilson(*reviews.get(rule_id, (0, 0))),
    )  # fmt: skip


def _share(scan: ComplianceScan, result: dict[str, Any]) -> float | None:
    """Violations by accounts, which are at most the records judged; each record is one when none is mapped."""
    named = scan.mapping_config.get("account")
    accounts = [column["distinct"] for column in scan.upload.profile["columns"] if column["name"] == named]
    judged = min([result["evaluated"], *accounts])
    return result["violations"] / judged if judged else None


def _reviews(seen: list[ComplianceScan]) -> dict[str, tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_REVIEWS, [[scan.pk for scan in seen], [scan.visible_attempt for scan in seen]])
        return {rule_id: (approved, false) for rule_id, approved, false in cursor.fetchall()}


def _contained(newest: ComplianceScan) -> dict[str, list[str]]:
    """{rule_id: the rules whose accounts include all of its accounts}, in one scan."""
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_CONTAINED, [newest.pk, newest.visible_attempt])
        for rule_id, other in cursor.fetchall():
            found.setdefault(rule_id, []).append(other)
    return found
