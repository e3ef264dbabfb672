"""What the oracle says of what was found: findings and their keys, digest, signatures, score, coverage."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.compliance.oracle_ledger import Account, Ledger
from tests.compliance.oracle_values import Row, half_even

Rule = dict[str, Any]
Finding = dict[str, Any]

WEIGHTS = {"CRITICAL": 4, "HIGH": 3, "MEDIUM": 2, "LOW": 1}


def finding(rule: Rule, ledger: Ledger, account: Account, value: Decimal | None, evidence: list[int]) -> Finding:
    """The page: "first/last time of a finding: min/max readable time over its rows (null if none). Amount:
    exact sum of `amount` over its rows (null if none readable)." Evidence rows "Always sorted ascending,
    without repeats". `rows` are those of the scanned upload, `context` pairs of a context upload (1, 2, ...) and its
    row."""
    indexes = sorted(set(evidence))
    records = [ledger.records[index] for index in indexes]
    times = [time for index in indexes if (time := ledger.instant(index)) is not None]
    amounts = [amount for index in indexes if (amount := ledger.number("amount", index)) is not None]
    return {
        "account": account.text,
        "value": value,
        "rows": [each.row for each in records if each.upload == 0],
        "context": [(each.upload, each.row) for each in records if each.upload],
        "first": min(times, default=None),
        "last": max(times, default=None),
        "amount": sum(amounts, Decimal(0)) if amounts else None,
        "key": finding_key(rule["rule_id"], account, value, [each.cells for each in records]),
    }


def content_hash(row: Row) -> str:
    """The page: "SHA-256 hex of ... "<code points>:<text>" for a value, "~" for a missing one (no
    separator)"."""
    parts = ["~" if text is None or not text.strip() else f"{len(text)}:{text}" for text in row]
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def finding_key(rule_id: str, account: Account, value: Decimal | None, rows: list[Row]) -> str:
    """The page: "<len>:<rule_id><len>:<account><value text or ~>|<h1>,<h2>...", hashes "sorted ascending
    as text (repeats kept)"; a made-up account is "`row:` without the number (keys never hold row
    numbers)"."""
    name = "row:" if account.made_up else account.text
    shown = "~" if value is None else f"{value:.6f}"
    hashes = ",".join(sorted(content_hash(row) for row in rows))
    text = f"{len(rule_id)}:{rule_id}{len(name)}:{name}{shown}|{hashes}"
    return hashlib.sha256(text.encode()).hexdigest()


def digest(results: dict[str, Any]) -> str:
    """The page: "SHA-256 hex over all finding keys sorted ascending, each followed by a newline"."""
    keys = sorted(each["key"] for result in results.values() for each in result["findings"])
    return hashlib.sha256("".join(f"{key}\n" for key in keys).encode()).hexdigest()


def signatures(results: dict[str, Any]) -> set[str]:
    """The page: "Signature: the pair (rule_id, account), written `rule_id:account`"."""
    return {f"{name}:{each['account']}" for name, result in results.items() for each in result["findings"]}


def score(
    rules: list[Rule],
    results: dict[str, Any],
    record_count: int,
    *,
    closed: frozenset[str] = frozenset(),
    method: str = "severity_weighted",
) -> Decimal | None:
    """The page: "W = sum over open violations of weight x finding_count"; "round(100 x (1 - W/4N), 2),
    clamped to 0..100; 100 if N = 0". `rules`: "100 x weight of active rules without an open violation /
    weight of active rules that could run". `closed` holds the signatures that are false positive or
    waived. None: "If no rule evaluated any record the scan fails with NO_RULE_APPLICABLE, never 100".
    """
    running = [rule for rule in rules if results[rule["rule_id"]]["state"] == "completed"]
    if not running:
        return None
    if record_count == 0:
        return Decimal("100.00")
    open_findings = {
        rule["rule_id"]: sum(
            f"{rule['rule_id']}:{each['account']}" not in closed for each in results[rule["rule_id"]]["findings"]
        )
        for rule in running
    }
    weights = {rule["rule_id"]: WEIGHTS[rule["severity"]] for rule in running}
    if method == "rules":
        clean = sum(weight for name, weight in weights.items() if open_findings[name] == 0)
        return half_even(Fraction(100 * clean, sum(weights.values())), 2)
    quarters = sum(weight * open_findings[name] for name, weight in weights.items())
    return half_even(max(Fraction(0), 100 * (1 - Fraction(quarters, 4 * record_count))), 2)


def coverage(results: dict[str, Any], record_count: int) -> Decimal:
    """The page: "sum of evaluated over active rules / (N x number of active rules), rounded to 4 places; 1
    when N = 0"."""
    if record_count == 0 or not results:
        return Decimal(1)
    evaluated = sum(result["evaluated"] for result in results.values())
    return half_even(Fraction(evaluated, record_count * len(results)), 4)
