"""The violations of a scan, one flat row each, as they stand at one moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, Value, When

from compliance.engine.score import WEIGHTS
from compliance.enums import ReviewStatus
from compliance.explain import found_words, threshold_of, words_of
from compliance.models import ComplianceScan, Violation
from compliance.written import time

Row = dict[str, Any]
"""Field -> value: text, Decimal, int, datetime, an object or None; `evidence`, a list of records, is in no table."""

CHUNK = 2_000  # rows fetched at once from the server's cursor
COLUMNS = (
    "id", "scan_id", "rule_id", "rule_name", "severity", "account", "amount", "transaction_type", "finding_count",
    "first_at", "last_at", "threshold", "actual_value", "explanation", "status", "delta", "first_seen_scan_id",
    "reviewed_at", "reviewed_by", "review_note", "carried_over_from", "reopened_because", "last_decision",
    "pending_decision", "waiver_id", "policy_section", "policy_excerpt",
)  # fmt: skip
"""What a table of violations shows, in this order."""


@contextmanager
def snapshot() -> Iterator[None]:
    """All reading inside sees one moment; a transaction that is open already is taken as it is."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def rows_of(scan: ComplianceScan, *, evidence: bool = False) -> Iterator[Row]:
    """Every violation of a completed scan in the order of their ids, through a cursor of the server: flat memory."""
    rules = {rule["rule_id"]: rule for rule in scan.policy_version.rules}
    words: dict[str, str] = {}
    # All of them carry the scan's created_at; naming it lets an index give the order.
    violations = Violation.objects.of_scan(scan).order_by("created_at", "id")
    if not evidence:
        violations = violations.defer("sample")
    for violation in violations.iterator(chunk_size=CHUNK):
        violation.scan = scan
        rule = rules[violation.rule_id]
        if rule["rule_id"] not in words:
            words[rule["rule_id"]] = words_of(rule)
        row = row_of(violation, rule, words[rule["rule_id"]])
        yield {**row, "evidence": violation.sample} if evidence else row


def top_of(scan: ComplianceScan, most: int) -> Iterator[Row]:
    """The heaviest violations that still count: by severity, then findings; ties by rule and account."""
    ranks = [When(severity=word, then=Value(weight)) for word, weight in WEIGHTS.items()]
    violations = Violation.objects.of_scan(scan).defer("sample").exclude(status=ReviewStatus.FALSE_POSITIVE)
    heaviest = violations.filter(waiver=None).order_by(Case(*ranks).desc(), "-finding_count", "rule_id", "account")
    rules = {rule["rule_id"]: rule for rule in scan.policy_version.rules}
    for violation in heaviest[:most]:
        violation.scan = scan
        rule = rules[violation.rule_id]
        yield row_of(violation, rule, words_of(rule))


def row_of(violation: Violation, rule: Mapping[str, Any], words: str) -> Row:
    """One violation; `words` is its rule in words."""
    return {
        "id": str(violation.pk),
        "scan_id": str(violation.scan_id),
        "rule_id": violation.rule_id,
        "rule_name": rule["name"],
        "severity": violation.severity,
        "account": violation.account,
        "amount": violation.amount,
        "transaction_type": violation.transaction_type or None,
        "finding_count": violation.finding_count,
        "first_at": violation.first_at,
        "last_at": violation.last_at,
        "threshold": threshold_of(rule),
        "actual_value": violation.actual_value,
        "explanation": f"{words} {found_words(violation)}",
        "status": violation.status,
        "delta": "new" if violation.is_new else "unchanged",
        "first_seen_scan_id": str(violation.first_seen_scan_id),
        "reviewed_at": violation.reviewed_at,
        "reviewed_by": violation.reviewed_by or None,
        "review_note": violation.review_note or None,
        "carried_over_from": str(violation.carried_over_from) if violation.carried_over_from else None,
        "reopened_because": violation.reopened_because or None,
        "last_decision": violation.last_decision,
        "pending_decision": pending_decision(violation),
        "waiver_id": str(violation.waiver_id) if violation.waiver_id else None,
        "policy_section": rule.get("policy_section") or None,
        "policy_excerpt": rule.get("policy_excerpt") or None,
    }


def counted(rows: Iterator[Row], on_rows: Callable[[int], None]) -> Iterator[Row]:
    """The same rows; `on_rows` hears how many there were, every so often."""
    for number, row in enumerate(rows, 1):
        yield row
        if number % CHUNK == 0:
            on_rows(number)


def pending_decision(violation: Violation) -> Row | None:
    """A first reviewer's decision that waits for a second person; None without one."""
    if not violation.proposed_status:
        return None
    return {"status": violation.proposed_status, "by": violation.proposed_by, "at": time(violation.proposed_at)}
