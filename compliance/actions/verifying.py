"""Checking what a scan says of itself: its history's chain of hashes, and the scores of its steps.

A score can be derived for the newest step from the violations as they stand, and from there backwards through the
decisions of each step, as far as no waiver has begun or ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, F, IntegerField, Q, QuerySet, Sum, Value, When

from compliance.actions.history import chained
from compliance.actions.scoring import score_from
from compliance.actions.standing import Standing
from compliance.engine.score import WEIGHTS, severity_weighted
from compliance.enums import ReviewStatus, ScoreAction, ScoreMethod
from compliance.models import ComplianceScan, Review, ScoreEvent


@dataclass(frozen=True)
class Verdict:
    """What came of one scan: `steps` of its history, of which the scores of `derived` could be computed again.

    `fault` names the first step that is broken, or what the scan says otherwise than its violations.
    """

    steps: int
    derived: int
    fault: str = ""


def verify_scan(scan: ComplianceScan) -> Verdict:
    """Check one completed scan."""
    steps = list(scan.score_events.order_by("sequence"))
    fault = next(_broken_links(scan, steps), "") or next(_wrong_counts(scan, steps), "")
    if fault:
        return Verdict(len(steps), 0, fault)
    derived = _derived(scan, steps)
    wrong = [step for step in steps if derived.get(step.sequence, step.score) != step.score]
    if wrong:
        first = wrong[0]
        fault = f"{_named(first)} says {first.score}; its decisions make {derived[first.sequence]}"
    return Verdict(len(steps), len(derived), fault)


def _broken_links(scan: ComplianceScan, steps: list[ScoreEvent]) -> Iterator[str]:
    if not steps or steps[0].action != ScoreAction.SCAN_COMPLETED:
        yield "step 1 is missing: a history begins with scan_completed"
    before = scan.result_digest
    for place, step in enumerate(steps, 1):
        if step.sequence != place:
            yield f"step {place} is missing"
        if step.hash != chained(before, step):
            yield f"{_named(step)} was altered, or what it follows was"
        before = step.hash


def _wrong_counts(scan: ComplianceScan, steps: list[ScoreEvent]) -> Iterator[str]:
    standing = Standing.of(scan, scan.visible_attempt)
    if steps[-1].score != scan.score:
        yield f"{_named(steps[-1])} says {steps[-1].score}; the scan says {scan.score}, as if a step were cut off"
    if scan.score != score_from(scan, standing):
        yield f"the scan says {scan.score}; its violations make {score_from(scan, standing)}"
    said = {word: count for word, count in scan.review_counts.items() if count}
    if (said, scan.open_weight, scan.waived_count) != (standing.reviews, standing.open_weight, standing.waived):
        yield "the scan counts its violations otherwise than they stand"
    if standing.violations != scan.violation_count:
        yield f"the scan says it found {scan.violation_count:,} violations; there are {standing.violations:,}"


def _derived(scan: ComplianceScan, steps: list[ScoreEvent]) -> dict[int, Decimal]:
    """{sequence: score}, from the newest step backwards, as far as it can be told."""
    found = {steps[-1].sequence: Decimal(scan.score or 0)}
    if scan.score_method != ScoreMethod.SEVERITY_WEIGHTED:
        return found
    moves, weight = _moves(scan), scan.open_weight
    for step in reversed(steps):
        found[step.sequence] = severity_weighted(weight, scan.record_count)
        if step.action in (ScoreAction.WAIVED, ScoreAction.WAIVER_EXPIRED):
            break  # which violations it covered then, nobody has written down
        weight -= moves[step.pk]
    return found


def _moves(scan: ComplianceScan) -> Counter[int]:
    """{step: by how much its decisions moved W}; a waived violation weighs nothing before and after."""
    reviews: QuerySet[Review] = Review.objects.filter(event__scan=scan, violation__waiver__isnull=True).order_by()
    closes = Q(to_status=ReviewStatus.FALSE_POSITIVE) & ~Q(from_status=ReviewStatus.FALSE_POSITIVE)
    opens = Q(from_status=ReviewStatus.FALSE_POSITIVE) & ~Q(to_status=ReviewStatus.FALSE_POSITIVE)
    weight = Case(
        *(When(violation__severity=severity, then=Value(weight)) for severity, weight in WEIGHTS.items()),
        output_field=IntegerField(),
    )
    sign = Case(When(closes, then=Value(-1)), When(opens, then=Value(1)), default=Value(0))
    moved = reviews.values_list("event_id").annotate(moved=Sum(sign * weight * F("violation__finding_count")))
    return Counter(dict(moved))


def _named(step: ScoreEvent) -> str:
    return f"step {step.sequence} ({step.action}, {step.at:%Y-%m-%d %H:%M:%S} UTC)"
