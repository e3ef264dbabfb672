"""The violations of a scan by account: worked out in the database, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection

from compliance.enums import Severity
from compliance.models import ComplianceScan, Violation

MOST_SHOWN = 100
"""Violations shown of one account."""
_SEVERITIES = {4: Severity.CRITICAL, 3: Severity.HIGH, 2: Severity.MEDIUM, 1: Severity.LOW}

# Gravest first: by the worst severity, then by how many there are, then by account.
_ACCOUNTS = f"""
WITH of_scan AS (
  SELECT account, rule_id, finding_count, amount,
         CASE severity WHEN 'CRITICAL' THEN 4 WHEN 'HIGH' THEN 3 WHEN 'MEDIUM' THEN 2 ELSE 1 END AS weight
    FROM {Violation._meta.db_table} WHERE scan_id = %s AND attempt = %s
), accounts AS (
  SELECT account, count(*) AS violations, max(weight) AS worst, sum(amount) AS amount,
         (array_agg(rule_id ORDER BY weight DESC, finding_count DESC, rule_id))[1] AS top_rule
    FROM of_scan GROUP BY account
)
SELECT account, violations, worst, amount, top_rule FROM accounts
 WHERE %s::int IS NULL OR (-worst, -violations, account) > (-%s::int, -%s::bigint, %s::text)
 ORDER BY -worst, -violations, account LIMIT %s
"""  # noqa: S608  our own table's name


@dataclass
class AccountOfScan:
    """One account; `top_rule` is its gravest, then most frequent one; `violations` the first MOST_SHOWN."""

    account: str
    violation_count: int
    max_severity: Severity
    total_amount: Decimal | None
    top_rule: str
    violations: list[Violation] = field(default_factory=list)
    position: list[Any] = field(default_factory=list)


def accounts_of(scan: ComplianceScan, *, after: Sequence[Any] | None, limit: int) -> list[AccountOfScan]:
    """Up to `limit` accounts behind the position `after` (None: from the start), each with its violations."""
    last = list(after) if after else [None, None, None]
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS, [scan.pk, scan.visible_attempt, last[0], *last, limit])
        rows = cursor.fetchall()
    found = {
        account: AccountOfScan(account, count, _SEVERITIES[worst], amount, rule, position=[worst, count, account])
        for account, count, worst, amount, rule in rows
    }
    for violation in _violations(scan, list(found)):
        found[violation.account].violations.append(violation)
    return list(found.values())


def _violations(scan: ComplianceScan, accounts: list[str]) -> list[Violation]:
    """At most MOST_SHOWN of each account."""
    ranked = f"""
        SELECT id FROM (
          SELECT id, row_number() OVER (PARTITION BY account ORDER BY rule_id) AS place
            FROM {Violation._meta.db_table} WHERE scan_id = %s AND attempt = %s AND account = ANY(%s)
        ) numbered WHERE place <= %s"""  # noqa: S608  our own table's name
    with connection.cursor() as cursor:
        cursor.execute(ranked, [scan.pk, scan.visible_attempt, accounts, MOST_SHOWN])
        ids = [row[0] for row in cursor.fetchall()]
    return list(Violation.objects.filter(pk__in=ids).defer("sample").order_by("account", "rule_id"))
