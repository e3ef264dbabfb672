"""Runs the engine and the oracle on a scan and says where they differ, on the smallest such scan.

A backend is a function that runs a compiled plan; one that registers itself in BACKENDS is judged by every test here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from compliance.engine import score
from compliance.engine.outcome import Outcome
from compliance.engine.plan import Plan, compile_plan
from compliance.engine.rules import parse_rules
from compliance.engine.run import EngineSettings, RuleResult, RuleState, run
from compliance.engine.sources import ContextUpload, locate
from tests.compliance import oracle
from tests.compliance.records import write_records
from tests.compliance.strategies import Case

FINDING = ("key", "account", "value", "first_us", "last_us", "amount")
SETTINGS = EngineSettings(threads=1, memory_limit="500MB", temp_limit="1GB")
Result = dict[str, Any]
Lists = dict[str, list[str]]
Backend = Callable[[Plan, list[Path], Path, Lists], Outcome]
"""Runs a plan over the records in files, the scanned ones first, with a folder for its results and the lists."""


def on_duckdb(plan: Plan, records: list[Path], scratch: Path, lists: Lists) -> Outcome:
    return run(plan, records=records[0], context=records[1:], scratch=scratch, lists=lists, settings=SETTINGS)


BACKENDS: dict[str, Backend] = {"duckdb": on_duckdb}
"""The backends present."""


def engine_result(case: Case, backend: str = "duckdb") -> Result:
    """What the engine says of `case`, in the words of `oracle_result`."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder, "scratch")
        scratch.mkdir()
        uploads = [(case.headers, case.rows), *case.context]
        records = [Path(folder, f"{place}.parquet") for place in range(len(uploads))]
        columns = [write_records(path, *upload) for path, upload in zip(records, uploads, strict=True)]
        plan = compile_plan(
            parse_rules(case.rules),
            columns=columns[0],
            mapping=case.mapping,
            hours_per_step=Decimal(case.hours_per_step),
            time_zone=case.time_zone,
            created_at_us=case.created_at_us,
            compat=case.compat,
            context=[ContextUpload(str(place), each) for place, each in enumerate(columns[1:], start=1)],
            lists=case.lists,
            re2=backend == "duckdb",
        )
        outcome = BACKENDS[backend](plan, records, scratch, case.lists)
        found = pq.read_table(outcome.findings).to_pylist()
        violations = [each for batch in outcome.violations() for each in batch.to_pylist()]
    return {
        "rules": {
            each.rule_id: {
                "findings": [_found(one) for one in found if one["rule_id"] == each.rule_id],
                "state": str(each.state),
                "short_history": each.short_history,
                "counts": (each.evaluated, each.not_evaluated, each.findings, each.violations),
                "violations": {
                    one["account"]: tuple(one[name] for name in ("finding_count", "first_us", "last_us", "amount"))
                    for one in violations
                    if one["rule_id"] == each.rule_id
                },
            }
            for each in outcome.rule_results
        },
        "digest": outcome.result_digest,
        "coverage": outcome.coverage,
        "totals": (outcome.record_count, outcome.finding_count, outcome.violation_count),
        "scores": _engine_scores(case, outcome.rule_results, violations),
    }


def _found(one: Result) -> tuple[Any, ...]:
    """A finding, its rows as (upload, row): 0 is the scanned upload, 1, 2, ... are the context."""
    return *(one[name] for name in FINDING), tuple(locate(row) for row in one["rows"])


def _engine_scores(case: Case, results: tuple[RuleResult, ...], violations: list[Result]) -> list[Decimal | None]:
    """Both methods, with every violation open and with every second one a false positive."""
    severity = {rule["rule_id"]: rule["severity"] for rule in case.rules}
    ran = [each.rule_id for each in results if each.state is RuleState.COMPLETED]
    scores: list[Decimal | None] = []
    for closed in (frozenset(), _every_second({f"{one['rule_id']}:{one['account']}" for one in violations})):
        still = [one for one in violations if f"{one['rule_id']}:{one['account']}" not in closed]
        weight = score.open_weight((severity[one["rule_id"]], one["finding_count"]) for one in still)
        violated = {one["rule_id"] for one in still}
        scores += [
            score.severity_weighted(weight, len(case.rows)) if ran else None,
            score.by_rules([(severity[name], name in violated) for name in ran]) if ran else None,
        ]
    return scores


def _every_second(signatures: set[str]) -> frozenset[str]:
    return frozenset(sorted(signatures)[::2])


def oracle_result(case: Case) -> Result:
    """What the oracle says of `case`."""
    judged = case.judged()
    active = [rule for rule in case.rules if rule["is_active"]]
    findings = [each for result in judged["rules"].values() for each in result["findings"]]
    return {
        "rules": {name: _rule(result) for name, result in judged["rules"].items()},
        "digest": judged["digest"],
        "coverage": judged["coverage"],
        "totals": (len(case.rows), len(findings), len(judged["signatures"])),
        "scores": [
            oracle.score(active, judged["rules"], len(case.rows), closed=closed, method=method)
            for closed in (frozenset[str](), _every_second(judged["signatures"]))
            for method in ("severity_weighted", "rules")
        ],
    }


def _rule(result: dict[str, Any]) -> Result:
    accounts: dict[str, list[dict[str, Any]]] = {}
    for each in result["findings"]:
        accounts.setdefault(each["account"], []).append(each)
    counts = (result["evaluated"], result["not_evaluated"], len(result["findings"]), len(accounts))
    names = ("key", "account", "value", "first", "last", "amount")
    return {
        "findings": sorted((*(each[name] for name in names), _rows(each)) for each in result["findings"]),
        "state": result["state"],
        "short_history": result["short_history"],
        "counts": counts,
        "violations": {account: _violation(found) for account, found in accounts.items()},
    }


def _rows(found: dict[str, Any]) -> tuple[tuple[int, int], ...]:
    return *((0, row) for row in found["rows"]), *found["context"]


def _violation(found: list[dict[str, Any]]) -> tuple[int, int | None, int | None, Decimal | None]:
    """A violation "carries `finding_count`, first and last time, total amount"."""
    amounts = [each["amount"] for each in found if each["amount"] is not None]
    first = min((each["first"] for each in found if each["first"] is not None), default=None)
    last = max((each["last"] for each in found if each["last"] is not None), default=None)
    return len(found), first, last, sum(amounts, Decimal(0)) if amounts else None


def disagree(case: Case, backend: str = "duckdb") -> bool:
    return engine_result(case, backend) != oracle_result(case)


def assert_agreement(case: Case, backend: str = "duckdb") -> None:
    """Fails with the smallest scan that still shows a difference."""
    if disagree(case, backend):
        small = smallest(case, lambda each: disagree(each, backend))
        shown = "\n".join(differences(small, backend))
        raise AssertionError(f"{backend} and oracle differ on\n{small}\n{shown}")


def differences(case: Case, backend: str = "duckdb") -> Iterator[str]:
    """Lines that show what each of the two says where they differ."""
    engine, judged = engine_result(case, backend), oracle_result(case)
    for name in ("digest", "coverage", "totals", "scores"):
        if engine[name] != judged[name]:
            yield f"{name}: engine {engine[name]}, oracle {judged[name]}"
    for rule in case.rules:
        ours, theirs = engine["rules"].get(rule["rule_id"]), judged["rules"].get(rule["rule_id"])
        if ours != theirs:
            yield f"{rule}\n  engine {ours}\n  oracle {theirs}"


def smallest(case: Case, fails: Callable[[Case], bool]) -> Case:
    """`case` with every rule and row left out that `fails` does not need: halves first, then one by one."""
    for part in ("rules", "context", "rows"):
        size = max(1, len(getattr(case, part)) // 2)
        while size:
            start = 0
            while start < len(items := getattr(case, part)):
                fewer = replace(case, **{part: items[:start] + items[start + size :]})
                case, start = (fewer, start) if fails(fewer) else (case, start + size)
            size //= 2
    return case
