"""The plain-Python oracle that judges every engine: slow and obvious, written from the design pages alone,
importing nothing from compliance/, numbers as decimal.Decimal. Quotations are from those pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import Any
from zoneinfo import ZoneInfo

from tests.compliance.oracle_aggregates import aggregate_rule
from tests.compliance.oracle_kinds import (
    Judged,
    baseline_rule,
    dormancy_rule,
    duplicate_rule,
    hours,
    record_rule,
    sequence_rule,
    share_rule,
)
from tests.compliance.oracle_ledger import Ledger, Upload
from tests.compliance.oracle_results import Rule, coverage, digest, score, signatures
from tests.compliance.oracle_values import Row


def judge(
    rules: list[Rule],
    headers: list[str],
    rows: list[Row],
    mapping: dict[str, str],
    *,
    hours_per_step: str = "1",
    time_zone: str = "UTC",
    created_at_us: int,
    compat: bool = False,
    lists: dict[str, list[str]] | None = None,
    context: Sequence[tuple[list[str], list[Row]]] = (),
) -> dict[str, Any]:
    """Everything the page promises of a scan of `rows` by the active ones of `rules` (canonical JSON form).

    `lists` are the reference lists by name, `context` the (headers, rows) of earlier uploads.
    Returns `rules`: {rule_id: {findings, evaluated, not_evaluated, state, short_history}}, `digest` (SHA-256 hex),
    `signatures` (set of "rule_id:account"), `score` (0..100, severity_weighted), `coverage` (0..1)."""
    with localcontext() as precise:
        precise.prec = 200
        uploads = [Upload(headers, rows), *(Upload(*each) for each in context)]
        ledger = Ledger(uploads, mapping, Decimal(hours_per_step), ZoneInfo(time_zone), lists or {})
        active = [rule for rule in rules if rule.get("is_active", True)]
        results = {rule["rule_id"]: judge_rule(rule, ledger, created_at_us, compat) for rule in active}
        return {
            "rules": results,
            "digest": digest(results),
            "signatures": signatures(results),
            "score": score(active, results, len(rows)),
            "coverage": coverage(results, len(rows)),
        }


def judge_rule(rule: Rule, ledger: Ledger, now: int, compat: bool) -> dict[str, Any]:
    """The page: "A rule is `not_applicable` when evaluated = 0 and N > 0 ...; a rule needing time with neither
    timestamp nor step mapped likewise"; evaluated and not_evaluated "add up to the upload's record count N"; "a
    finding needs at least one record of the scanned upload"."""
    found, evaluated = judge_kind(rule, ledger, now, compat)
    count = len(ledger.scanned)
    seen = len(evaluated.intersection(ledger.scanned))
    idle = count > 0 and (seen == 0 or (looks_back(rule) is not None and not ledger.has_time()))
    return {
        "findings": [each for each in found if each["rows"]],
        "evaluated": seen,
        "not_evaluated": count - seen,
        "state": "not_applicable" if idle else "completed",
        "short_history": short_history(rule, ledger),
    }


def judge_kind(rule: Rule, ledger: Ledger, now: int, compat: bool) -> Judged:
    match rule["kind"]:
        case "record":
            return record_rule(rule, ledger, now)
        case "aggregate":
            return aggregate_rule(rule, ledger, now, compat)
        case "dormancy":
            return dormancy_rule(rule, ledger, now)
        case "duplicate":
            return duplicate_rule(rule, ledger, now)
        case "sequence":
            return sequence_rule(rule, ledger, now)
        case "baseline":
            return baseline_rule(rule, ledger, now)
        case "share":
            return share_rule(rule, ledger, now)
        case other:
            raise ValueError(f"the oracle knows no kind {other!r}")


def looks_back(rule: Rule) -> int | None:
    """How far a rule looks back, in microseconds; None for a rule that needs no time."""
    match rule["kind"]:
        case "dormancy":
            return 24 * hours(rule["quiet_days"])
        case "baseline":
            return 24 * hours(rule["history_days"])
        case "sequence":
            return hours(rule["within_hours"])
        case _:
            window = rule.get("window")
            return hours(window["hours"]) if window is not None else None


def short_history(rule: Rule, ledger: Ledger) -> bool:
    """The page: "`rule_results` says `short_history`, when a rule looks back further than the data": than from the
    first to the last readable time of all its uploads."""
    back = looks_back(rule)
    times = [time for index in ledger.everything if (time := ledger.instant(index)) is not None]
    return back is not None and bool(times) and back > max(times) - min(times)
