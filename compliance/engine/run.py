"""Runs a plan in an engine and gives back findings, violations and how every rule fared."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from types import MappingProxyType

from sqlglot import exp

from compliance.engine import duck, findings, sql
from compliance.engine.duck import EngineSettings
from compliance.engine.evidence import EVIDENCE
from compliance.engine.inputs import HOUR
from compliance.engine.listtables import load_lists, load_patterns
from compliance.engine.models import Rule, hours_looked_back
from compliance.engine.outcome import Outcome, RuleResult, RuleState, StageDone
from compliance.engine.plan import Plan, Stage
from compliance.engine.readiness import dependencies_of, why_idle
from compliance.engine.results import write_results
from compliance.engine.session import EngineAway, Interrupted, Session, StatementFault

__all__ = [
    "EngineAway",
    "EngineSettings",
    "Interrupted",
    "Outcome",
    "RuleResult",
    "RuleState",
    "Session",
    "StageDone",
    "StatementFault",
    "run",
    "run_on",
]


def run(
    plan: Plan,
    *,
    records: Path,
    scratch: Path,
    settings: EngineSettings | None = None,
    on_stage: Callable[[StageDone], None] | None = None,
    session_hook: Callable[[Session], None] | None = None,
    context: Sequence[Path] = (),
    lists: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Outcome:
    """Runs `plan` over records.parquet in DuckDB; writes findings, violations and evidence.parquet into `scratch`.

    `context` are the records of the plan's context uploads, in its order; `session_hook` gets the open session, whose
    `interrupt()` another thread may call. The rest, and what is raised: see `run_on`.
    """
    if len(context) + 1 != len(plan.sources):
        raise ValueError(f"the plan reads {len(plan.sources) - 1} context uploads, not {len(context)}")
    earlier = [path.resolve() for path in context]
    with duck.Session(records.resolve(), scratch.resolve(), settings or EngineSettings(), earlier) as session:
        if session_hook:
            session_hook(session)
        return run_on(session, plan, scratch=scratch, on_stage=on_stage, lists=lists)


def run_on(
    session: Session,
    plan: Plan,
    *,
    scratch: Path,
    on_stage: Callable[[StageDone], None] | None = None,
    lists: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Outcome:
    """Runs `plan` in a session that has the records of all its sources.

    `lists` are the values of its reference lists. `on_stage` hears of every stage that ended, from this thread. Raises
    Interrupted, and StatementFault or EngineAway when nothing can be read. A rule that fails gets state `error` with a
    reason, and the others go on.
    """
    session.open()
    load_lists(plan, session, scratch, lists)
    load_patterns(plan, session, scratch)
    return _Run(plan, session, scratch, on_stage or (lambda done: None)).outcome()


class _Run:
    def __init__(self, plan: Plan, session: Session, scratch: Path, on_stage: Callable[[StageDone], None]) -> None:
        self.plan, self.session, self.scratch, self.on_stage = plan, session, scratch, on_stage
        self.records = 0
        self.reach: int | None = None
        self.not_evaluated: dict[int, int] = {}
        self.errors: dict[int, str] = {}
        self.stages: dict[int, tuple[str, float]] = {}
        self.queries = _queries(plan)

    def outcome(self) -> Outcome:
        self.records = self.session.rows(sql.query([exp.Count(this=exp.Star())], "records"))[0][0]
        self.session.create_empty("evidence", EVIDENCE)
        self._fill_facts()
        self.reach = self._span()
        processed = 0
        for stage in self.plan.stages:
            seconds = self._run_stage(stage)
            processed += len(stage.rules)
            names = tuple(self.plan.rules[index].rule_id for index in stage.rules)
            self.on_stage(StageDone(stage.name, names, processed, len(self.plan.rules), seconds))
        return self._finish()

    def _fill_facts(self) -> None:
        """All rules in one pass; if that fails, each alone, and then those together that did not."""
        chosen = tuple(range(len(self.plan.rules)))
        plan = self.plan
        if chosen and (error := self._try_facts(plan)):
            for index in chosen:
                if reason := self._try_facts(plan.only([index])):
                    self.errors[index] = reason
            chosen = tuple(index for index in chosen if index not in self.errors)
            plan = plan.only(chosen)
            if chosen and (error := self._try_facts(plan)):
                self.errors |= dict.fromkeys(chosen, error)
                return
            self.queries = _queries(plan)  # fewer rules, other bits
        if chosen:
            counts = self.session.rows(plan.tallies)[0]
            self.not_evaluated = dict(zip(chosen, counts, strict=True))

    def _try_facts(self, plan: Plan) -> str | None:
        try:
            self.session.create("facts", plan.facts)
        except StatementFault as fault:
            return str(fault)
        return None

    def _span(self) -> int | None:
        """Microseconds from the first record to the last; None where no rule needs time, or no record has one."""
        if all(hours_looked_back(rule) is None for rule in self.plan.rules):
            return None
        first, last = self.session.rows(self.plan.span)[0]
        return None if first is None else last - first

    def _run_stage(self, stage: Stage) -> float:
        """Each rule is a statement of its own, so that one that fails takes no other with it."""
        started = time.perf_counter()
        for index in stage.rules:
            try:
                if index not in self.errors:
                    self._run_rule(index)
            except StatementFault as fault:
                self.errors[index] = str(fault)
        seconds = time.perf_counter() - started
        self.stages |= dict.fromkeys(stage.rules, (stage.name, seconds))
        return seconds

    def _run_rule(self, index: int) -> None:
        stage, query = self.queries[index]
        for name, table in stage.tables:
            self.session.create(name, table)
        self.session.insert("evidence", query)
        if stage.unjudged is not None:
            self.not_evaluated[index] += self.session.rows(stage.unjudged)[0][0]

    def _finish(self) -> Outcome:
        with self.session.gathered(self.plan) as local:
            findings_file, violations_file, evidence_file = write_results(self.plan, local, self.scratch)
            counts = {rule: found for rule, *found in local.rows(findings.counts_query())}
            digest = _digest(local)
        results = tuple(self._result(index, *counts.get(index, (0, 0))) for index in range(len(self.plan.rules)))
        return Outcome(
            findings=findings_file,
            violations_file=violations_file,
            evidence=evidence_file,
            rule_results=results,
            record_count=self.records,
            finding_count=sum(result.findings for result in results),
            violation_count=sum(result.violations for result in results),
            coverage=_coverage(results, self.records),
            result_digest=digest,
            engine=self.session.name,
            engine_version=self.session.version,
        )

    def _result(self, index: int, found: int, violations: int) -> RuleResult:
        rule, failed = self.plan.rules[index], self.errors.get(index)
        not_evaluated = self.records if failed else self.not_evaluated[index]
        needs = dependencies_of(rule, self.plan.binding, self.plan.lists)
        no_time = needs.needs_time and needs.time_field is None
        idle = self.records > 0 and (not_evaluated == self.records or no_time)
        state = RuleState.ERROR if failed else RuleState.NOT_APPLICABLE if idle else RuleState.COMPLETED
        stage, seconds = self.stages[index]
        return RuleResult(
            rule_id=rule.rule_id,
            state=state,
            reason=failed or (why_idle(rule, needs) if idle else None),
            findings=found,
            violations=violations,
            evaluated=self.records - not_evaluated,
            not_evaluated=not_evaluated,
            seconds=seconds,
            stage=stage,
            short_history=_is_short(rule, self.reach),
        )


def _queries(plan: Plan) -> dict[int, tuple[Stage, exp.Select]]:
    """{rule: its stage and its query}"""
    return {
        index: (stage, query) for stage in plan.stages for index, query in zip(stage.rules, stage.queries, strict=True)
    }


def _is_short(rule: Rule, reach: int | None) -> bool:
    """Whether the rule looks back further than from the first to the last record."""
    back = hours_looked_back(rule)
    return back is not None and reach is not None and int(back * HOUR) > reach


def _coverage(results: tuple[RuleResult, ...], records: int) -> Decimal:
    """Share of rule x record pairs that could be evaluated, 0..1 in four places; 1 without any pair."""
    pairs = records * len(results)
    share = Decimal(sum(result.evaluated for result in results)) / pairs if pairs else Decimal(1)
    return share.quantize(Decimal("0.0001"), rounding=ROUND_HALF_EVEN)


def _digest(session: duck.Session) -> str:
    digest = hashlib.sha256()
    for line in session.column(findings.digest_query()):
        digest.update(line.encode())
    return digest.hexdigest()
