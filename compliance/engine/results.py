"""Turns the evidence of all stages into the three files of a run."""

from __future__ import annotations

from pathlib import Path

from compliance.engine import findings
from compliance.engine.content import rule_head
from compliance.engine.duck import Session
from compliance.engine.models import AggregateRule, Rule, SequenceRule, ShareRule
from compliance.engine.plan import Plan
from compliance.engine.sql import COUNT, FLAG, SUM, TEXT, VALUE

FINDING = {
    "rule": "INT",
    "key": TEXT,
    "account": TEXT,
    "value": VALUE,
    "first_us": COUNT,
    "last_us": COUNT,
    "amount": SUM,
    "rows": "BIGINT[]",
}


def write_results(plan: Plan, session: Session, scratch: Path) -> tuple[Path, Path, Path]:
    """Writes findings.parquet, violations.parquet and evidence.parquet into `scratch` from the session's `evidence`."""
    _name_rules(plan, session)
    session.create("hashes", findings.hashes_query(plan))
    session.create("proofs", findings.proofs_query())
    session.create_empty("findings", FINDING)
    session.insert("findings", findings.single_findings_query())
    session.insert("findings", findings.grouped_findings_query())
    session.create("sampled", findings.sampled_query(shared=any(isinstance(rule, SequenceRule) for rule in plan.rules)))
    session.create("texts", findings.texts_query(plan))
    paths = scratch / "findings.parquet", scratch / "violations.parquet", scratch / "evidence.parquet"
    session.write(findings.finding_file_query(), paths[0])
    session.write(findings.violations_query(), paths[1])
    session.write(findings.evidence_query(), paths[2])
    return paths


def _name_rules(plan: Plan, session: Session) -> None:
    session.create_empty("rules", {"rule": "INT", "rule_id": TEXT, "head": TEXT, "downward": FLAG})
    rows = [(index, rule.rule_id, rule_head(rule.rule_id), _is_downward(rule)) for index, rule in enumerate(plan.rules)]
    if rows:
        session.insert_rows("rules", rows)


def _is_downward(rule: Rule) -> bool:
    """Whether smaller values are worse: a violation shows the smallest of its findings."""
    return isinstance(rule, SequenceRule) or (
        isinstance(rule, AggregateRule | ShareRule) and rule.operator in ("<", "<=")
    )
