"""What a worker does with one compliance scan: judge the records, stage the violations, switch in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings

from compliance import files, staging
from compliance.actions.carrying import Carrying
from compliance.actions.history import append_event
from compliance.actions.scoring import score_from
from compliance.actions.standing import Standing
from compliance.actions.waivers import record_waivers
from compliance.actions.waiving import cover, hold, in_force, waived_in
from compliance.engine import run as engine
from compliance.engine.delta import Delta
from compliance.engine.models import Rule
from compliance.engine.outcome import Outcome, RuleState, StageDone
from compliance.engine.rules import parse_rules
from compliance.enums import ScoreAction
from compliance.judging import bounds, judge
from compliance.models import ComplianceScan
from jobs import lifecycle
from jobs.errors import JobFault, LeaseLost
from jobs.working import Work

log = structlog.get_logger(__name__)
WAIVERS = "waivers in force"  # who waives when a scan completes
JUDGING = 0.8  # of the progress bar; the rest is writing


def execute(work: Work) -> None:
    """Run the scan of `work` to its end. JobFault for what partners should read."""
    scan = ComplianceScan.objects.select_related("policy_version", "upload", "group").get(pk=work.lease.job_id)
    structlog.contextvars.bind_contextvars(trace_id=scan.trace_id)
    with lifecycle.fence(work.lease):
        staging.discard(str(scan.pk), keep_attempt=None)
    rules = parse_rules(scan.policy_version.active_rules)
    with files.scratch() as scratch:
        outcome = _judge(work, scan, scratch)
        staged = Staged.write(work, scan, rules, outcome, scratch)
        kept = _store(work, scan, outcome)
        try:
            _switch(work, scan, outcome, staged, kept)
        except LeaseLost:
            files.remove(*kept.values())  # any other fault may have come after the commit: what is left is swept later
            raise


def _judge(work: Work, scan: ComplianceScan, scratch: Path) -> Outcome:
    sessions: list[engine.Session] = []

    def stage_done(done: StageDone) -> None:
        share = JUDGING * done.rules_processed / done.rules_total
        work.report(rules_processed=done.rules_processed, progress=share)

    def interrupt() -> None:
        for session in sessions:
            session.interrupt()

    try:
        with work.interruptible(interrupt):
            outcome = judge(scan, scratch, on_stage=stage_done, session_hook=sessions.append)
    except engine.EngineAway as away:
        log.warning("engine_away", reason=str(away))
        message = (
            "The cluster that judges large uploads cannot be used now. Nothing was kept; start the scan again later."
        )
        raise JobFault("ENGINE_AWAY", message) from away
    if outcome.record_count and not any(result.state == RuleState.COMPLETED for result in outcome.rule_results):
        reasons = "; ".join(f"{result.rule_id}: {result.reason}" for result in outcome.rule_results[:10])
        raise JobFault("NO_RULE_APPLICABLE", f"No rule could evaluate any record. {reasons}")
    return outcome


@dataclass
class Staged:
    """The written violations, kept true to what is decided elsewhere until the switch.

    `mark` is the step of the previous scan's history up to which its decisions are in them, `waivers` those in
    force when they were put under them.
    """

    carrying: Carrying
    previous: ComplianceScan | None
    mark: int
    waivers: frozenset[uuid.UUID]
    standing: Standing

    @classmethod
    def write(cls, work: Work, scan: ComplianceScan, rules: Sequence[Rule], outcome: Outcome, scratch: Path) -> Staged:
        """Everything that can be done before the switch; the decisions come after the rows."""
        previous = ComplianceScan.objects.previous_of(scan).first()

        def written(rows: int) -> None:
            work.check()
            if rows < outcome.violation_count:
                work.report(progress=JUDGING + (1 - JUDGING) * rows / outcome.violation_count)

        staging.stage(
            work.lease, scan, outcome, {rule.rule_id: rule.severity for rule in rules}, previous, scratch=scratch,
            settings=bounds(), batch_rows=settings.SCAN_BATCH_ROWS, written=written,
        )  # fmt: skip
        carrying = Carrying(scan, work.lease.attempt, outcome.evidence, scratch, bounds())
        with lifecycle.fence(work.lease):
            mark = carrying.take_over(previous) if previous else 0
            waivers = in_force(scan)
            cover(scan, work.lease.attempt)
        staged = cls(carrying, previous, mark, waivers, Standing.of(scan, work.lease.attempt))
        with lifecycle.fence(work.lease):  # once more without a lock of the previous scan: what is left is little
            staged.renew(ComplianceScan.objects.previous_of(scan).first())
        return staged

    def renew(self, previous: ComplianceScan | None) -> None:
        """Follow what has happened meanwhile: another previous scan, reviews of it, waivers. Mostly nothing has."""
        scan, attempt = self.carrying.scan, self.carrying.attempt
        before = (self.previous, self.mark, self.waivers)
        if previous != self.previous:
            staging.relate(scan, attempt, previous)
            self.previous, self.mark = previous, self.carrying.take_over(previous) if previous else 0
        elif previous is not None:
            self.mark = self.carrying.catch_up(previous, self.mark)
        if (waivers := in_force(scan)) != self.waivers:
            self.waivers = waivers
            cover(scan, attempt)
        if before != (self.previous, self.mark, self.waivers):
            self.standing = Standing.of(scan, attempt)


def _store(work: Work, scan: ComplianceScan, outcome: Outcome) -> dict[str, str]:
    """The files of the run in the storage: {field of the scan: name}."""
    of_run = (scan.group_id, str(scan.pk), work.lease.attempt)
    return {
        "findings": files.store(files.findings_name(*of_run), outcome.findings),
        "evidence": files.store(files.evidence_name(*of_run), outcome.evidence),
    }


def _switch(work: Work, scan: ComplianceScan, outcome: Outcome, staged: Staged, kept: dict[str, str]) -> None:
    """The one transaction after which everybody sees the results, and before which nobody does."""
    with lifecycle.finish(work.lease) as (locked, results):
        hold(scan.group_id, alone=False)
        # The previous scan is chosen here; reviews of it wait until we are done, as they take the same lock.
        staged.renew(_locked_previous(scan))
        standing = staged.standing
        scan.result_digest = outcome.result_digest
        scan.rule_results = [asdict(result) for result in outcome.rule_results]
        score = score_from(scan, standing)
        results.update(
            engine=f"{outcome.engine} {outcome.engine_version}", result_digest=outcome.result_digest,
            rule_results=scan.rule_results, coverage=outcome.coverage, score=score, waived_count=standing.waived,
            open_weight=standing.open_weight, violation_count=standing.violations, rules_processed=scan.rules_total,
            review_counts=standing.reviews, severity_counts=standing.severities, **kept,
            **_delta(standing, staged.previous),
        )  # fmt: skip
        at = staging.now()
        append_event(scan=scan, action=ScoreAction.SCAN_COMPLETED, score=score, actor=locked.worker, at=at)
        if standing.waived:
            record_waivers(scan=scan, moved=waived_in(scan, work.lease.attempt), score=score, actor=WAIVERS, at=at)


def _locked_previous(scan: ComplianceScan) -> ComplianceScan | None:
    """The previous scan, locked. While we waited for the lock a newer one may have completed: then that one."""
    while True:
        locked = ComplianceScan.objects.previous_of(scan).select_for_update(no_key=True).first()
        if locked == ComplianceScan.objects.previous_of(scan).first():
            return locked


def _delta(standing: Standing, previous: ComplianceScan | None) -> dict[str, Any]:
    if previous is None:
        return {}
    delta = Delta(standing.violations, previous.violation_count, standing.unchanged)
    return {
        "previous_scan": previous,
        "new_count": delta.new_count,
        "unchanged_count": delta.unchanged_count,
        "resolved_count": delta.resolved_count,
        "previous_violation_count": delta.previous_violation_count,
    }
