"""Runs rules over literal rows through the real engine."""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from compliance.engine.outcome import Outcome, RuleResult
from compliance.engine.plan import Plan, compile_plan
from compliance.engine.rules import Rule, parse_rules
from compliance.engine.run import run
from tests.compliance.records import write_records

BASE = {"name": "a rule", "severity": "HIGH"}


@dataclass(frozen=True)
class Scanned:
    outcome: Outcome
    findings: list[dict[str, Any]]
    violations: list[dict[str, Any]]

    def rows(self, rule_id: str = "R") -> list[list[int]]:
        """The rows of each finding of a rule, in order."""
        return sorted(found["rows"] for found in self.findings if found["rule_id"] == rule_id)

    def values(self, rule_id: str = "R") -> list[Decimal | None]:
        return [found["value"] for found in self.findings if found["rule_id"] == rule_id]

    @cached_property
    def results(self) -> dict[str, RuleResult]:
        return {result.rule_id: result for result in self.outcome.rule_results}


def rule(kind: str = "record", rule_id: str = "R", **parts: Any) -> dict[str, Any]:
    return {**BASE, "rule_id": rule_id, "kind": kind, **parts}


def leaf(field: str, operator: str, *value: Any, **more: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, **({"value": value[0]} if value else {}), **more}


def scan(
    rules: list[dict[str, Any]] | tuple[Rule, ...],
    headers: str,
    *rows: list[str | None],
    mapping: dict[str, str] | None = None,
    zone: str = "UTC",
    hours: Decimal = Decimal(1),
    created_at_us: int = 0,
    compat: bool = False,
    row_numbers: list[int] | None = None,
    **options: Any,
) -> Scanned:
    """`headers` are words; `rows` lists of text or None."""
    parsed = rules if isinstance(rules, tuple) else parse_rules(rules)
    with tempfile.TemporaryDirectory() as folder:
        records = Path(folder) / "records.parquet"
        columns = write_records(records, headers.split(), list(rows), row_numbers=row_numbers)
        plan = compile_plan(
            parsed,
            columns=columns,
            mapping=mapping or {},
            hours_per_step=hours,
            time_zone=zone,
            created_at_us=created_at_us,
            compat=compat,
            lists=options.get("lists", ()),
        )
        return read(plan, records, Path(folder) / "scratch", **options)


def read(plan: Plan, records: Path, scratch: Path, **options: Any) -> Scanned:
    scratch.mkdir(exist_ok=True)
    outcome = run(plan, records=records, scratch=scratch, **options)
    found = pq.read_table(outcome.findings).to_pylist()
    return Scanned(outcome, found, [row for batch in outcome.violations() for row in batch.to_pylist()])


def matching(condition: dict[str, Any], headers: str, *rows: list[str | None], **options: Any) -> str:
    """One character a record: T matched, F did not, ? could not be evaluated."""
    parsed = [rule(where=condition), rule(rule_id="N", where={"NOT": condition})]
    scanned = scan(parsed, headers, *rows, **options)
    matched = {row for rows_ in scanned.rows("R") for row in rows_}
    unmatched = {row for rows_ in scanned.rows("N") for row in rows_}
    numbers = range(1, len(rows) + 1)
    letters = "".join("T" if n in matched else "F" if n in unmatched else "?" for n in numbers)
    assert scanned.results["R"].not_evaluated == letters.count("?")
    return letters


def shuffled(rows: list[list[str | None]], seed: int) -> list[list[str | None]]:
    return random.Random(seed).sample(rows, len(rows))


def compiled(rules: list[dict[str, Any]], records: Path, headers: str, rows: list[list[str | None]]) -> Plan:
    return compile_plan(
        parse_rules(rules),
        columns=write_records(records, headers.split(), rows),
        mapping={},
        hours_per_step=Decimal(1),
        time_zone="UTC",
        created_at_us=0,
    )
