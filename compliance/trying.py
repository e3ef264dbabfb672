"""What a worker does with one dry run: judge the records by both sets of rules, compare, measure, keep a summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog

from compliance import files
from compliance.actions.dryruns import label_of
from compliance.actions.validation import labels_document, ratios
from compliance.engine import run as engine
from compliance.engine import trial
from compliance.engine.accuracy import Accuracy, measure
from compliance.engine.outcome import Outcome
from compliance.engine.plan import compile_plan
from compliance.engine.rules import parse_rules
from compliance.judging import bounds, frozen_lists
from compliance.models import DryRun
from compliance.scales import hours_of, microseconds
from compliance.written import number
from jobs import lifecycle
from jobs.working import Work

SAMPLE = 5
"""Violations shown of each rule."""
MOST_SAMPLES = 200


class _Trial:
    """One dry run in its scratch folder."""

    def __init__(self, work: Work, run: DryRun, scratch: Path) -> None:
        self.work, self.run, self.scratch = work, run, scratch
        self.records = files.fetch(run.upload.records, scratch)
        self.settings = bounds()
        self.lists = frozen_lists(run.group, run.list_versions)
        self.sessions: list[engine.Session] = []

    def interrupt(self) -> None:
        for session in self.sessions:
            session.interrupt()

    def results(self) -> dict[str, Any]:
        tried = self.judge(self.run.rules, "tried")
        self.work.report(progress=0.5)
        same = self.run.rules == self.run.policy_version.rules
        known = tried if same else self.judge(self.run.policy_version.rules, "known")
        self.work.report(progress=0.9)
        difference = trial.compare(
            tried=tried.violations_file, known=known.violations_file, records=self.records, scratch=self.scratch,
            settings=self.settings, session_hook=self.sessions.append,
        )  # fmt: skip
        return {**self.summary(tried, difference, self.accuracy(tried)), "sample": sample(tried)}

    def judge(self, rules: Sequence[Any], name: str) -> Outcome:
        folder = self.scratch / name
        folder.mkdir()
        run, parsed = self.run, [rule for rule in parse_rules(rules) if rule.is_active]
        plan = compile_plan(
            parsed, columns=run.upload.columns(run.mapping.overrides), mapping=run.mapping.config,
            hours_per_step=hours_of(run.mapping.temporal_scale), time_zone=run.time_zone,
            created_at_us=microseconds(run.created_at), compat=run.compat, lists=self.lists,
        )  # fmt: skip
        return engine.run(
            plan, records=self.records, scratch=folder, settings=self.settings, session_hook=self.sessions.append,
            lists=self.lists,
        )  # fmt: skip

    def accuracy(self, tried: Outcome) -> Accuracy | None:
        if not self.run.label_column:
            return None
        return measure(
            records=self.records, findings=tried.findings, label=label_of(self.run.upload, self.run.label_column),
            scratch=self.scratch, settings=self.settings, session_hook=self.sessions.append,
        )  # fmt: skip

    def summary(self, tried: Outcome, moved: trial.Difference, accuracy: Accuracy | None) -> dict[str, Any]:
        names = {rule["rule_id"]: rule["name"] for rule in self.run.rules}
        return {
            "record_count": tried.record_count,
            "finding_count": tried.finding_count,
            "violation_count": tried.violation_count,
            "coverage": number(tried.coverage),
            "rules": [
                {
                    "rule_id": result.rule_id, "name": names[result.rule_id], "state": result.state.value,
                    "reason": result.reason, "findings": result.findings, "violations": result.violations,
                    "evaluated": result.evaluated, "not_evaluated": result.not_evaluated,
                    "accuracy": ratios(accuracy.by_rule.get(result.rule_id, accuracy.nothing)) if accuracy else None,
                }
                for result in tried.rule_results
            ],
            "difference": difference_document(moved, self.run.policy_version.number),
            "labels": labels_document(accuracy) if accuracy else None,
        }  # fmt: skip


def execute(work: Work) -> None:
    """Run the dry run of `work` to its end."""
    run = DryRun.objects.select_related("policy_version", "upload", "mapping").get(pk=work.lease.job_id)
    structlog.contextvars.bind_contextvars(trace_id=run.trace_id)
    with files.scratch() as scratch:
        trying = _Trial(work, run, scratch)
        with work.interruptible(trying.interrupt):
            summary = trying.results()
    with lifecycle.finish(work.lease) as (_, results):
        results.update(results=summary)


def discard(run_id: str, keep_attempt: int | None) -> None:
    """Nothing is staged: results are written with the end."""


def sample(tried: Outcome) -> list[dict[str, Any]]:
    """The first violations of each rule, as GET /api/violations shows them."""
    shown: list[dict[str, Any]] = []
    taken: Counter[str] = Counter()
    for batch in tried.violations():
        for row in batch.select(["rule_id", "account", "finding_count", "amount", "actual_value"]).to_pylist():
            taken[row["rule_id"]] += 1
            if taken[row["rule_id"]] <= SAMPLE and len(shown) < MOST_SAMPLES:
                shown.append(_sampled(row))
    return shown


def _sampled(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "rule_id": row["rule_id"], "account": row["account"], "finding_count": row["finding_count"],
        "amount": number(row["amount"]), "actual_value": number(row["actual_value"]),
    }  # fmt: skip


def difference_document(moved: trial.Difference, version: int) -> dict[str, Any]:
    rules = [
        {"rule_id": rule_id, "added": added, "removed": removed, "unchanged": same}
        for rule_id, (added, removed, same) in moved.by_rule.items()
    ]
    added, removed, same = (sum(counts[index] for counts in moved.by_rule.values()) for index in range(3))
    return {
        "policy_version": version, "added_count": added, "removed_count": removed, "unchanged_count": same,
        "by_rule": rules, "added": _signatures(moved.added), "removed": _signatures(moved.removed),
    }  # fmt: skip


def _signatures(found: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"rule_id": rule_id, "account": account} for rule_id, account in found]
