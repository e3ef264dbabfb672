"""What the page of a completed compliance scan shows: a summary, the course of the score, and the tables behind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib.admin.utils import quote
from django.db.models import Count
from django.http import HttpRequest
from django.template.defaultfilters import date, floatformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import charts
from accounts.shown import Table, actor_names
from accounts.staff import badge, link, list_url, visible
from compliance import staging
from compliance.actions.waiving import waived_in
from compliance.admin.shown import moved_words, percent, review_parts, severity_badge, severity_parts
from compliance.engine.outcome import RuleState
from compliance.enums import ReviewStatus, Severity
from compliance.models import ComplianceScan, ScoreEvent, Violation, Waiver
from jobs.enums import Status

MOST_STEPS = 100  # of the score history
MOST_SCANS = 30  # of the same policy
MOST_WAIVERS = 100
_LEAST_SPAN = 0.1  # points that an axis shows at least


def sections_of(request: HttpRequest, scan: ComplianceScan) -> dict[str, Any]:
    """For the template; of a scan that is not completed there is nothing but its steps."""
    steps = list(scan.score_events.order_by("-sequence")[:MOST_STEPS])[::-1]
    if scan.status != Status.COMPLETED:
        return {"tables": [_rules(scan), _steps(steps)]}
    scans = _of_policy(request, scan)
    return {
        "summary": _summary(request, scan),
        "idle": [(rule, result["reason"]) for rule, result in _results(scan) if result["state"] != RuleState.COMPLETED],
        "courses": [_course_of_scans(scans), _course_of_steps(steps)],
        "by_rule": [_rules(scan)],
        "tables": [_waivers(scan), _steps(steps), _scans(scan, scans)],
    }


def compare_url(scan: ComplianceScan, other: ComplianceScan) -> str:
    page = reverse("admin:compliance_compliancescan_compare", args=[quote(scan.pk)])
    return f"{page}?with={other.pk}"


def _summary(request: HttpRequest, scan: ComplianceScan) -> dict[str, Any]:
    pending = scan.review_counts.get(ReviewStatus.PENDING, 0)
    decided = scan.violation_count - pending
    queue = {"scan__id__exact": scan.pk}
    return {
        "word": _word(scan),
        "moved": _moved(request, scan),
        "by_severity": charts.parts(severity_parts(scan.severity_counts), title="Violations by severity"),
        "by_review": charts.parts(review_parts(scan.review_counts), title="Violations by decision"),
        "decided": decided,
        "decided_share": percent(Decimal(decided) / scan.violation_count) if scan.violation_count else "100 %",
        "coverage": percent(scan.coverage) if scan.coverage is not None else "-",
        "all_url": list_url(Violation, **queue),
        "pending": pending,
        "pending_url": list_url(Violation, **queue, status__exact=ReviewStatus.PENDING.value),
    }


def _moved(request: HttpRequest, scan: ComplianceScan) -> SafeString | str:
    """The score beside that of the scan before, as both stand now."""
    same = visible(ComplianceScan, request).select_related("policy", "upload")
    before = same.filter(pk=scan.previous_scan_id).first()
    if before is None or scan.score is None:
        return ""
    moved = scan.score - before.score
    words = f"{moved_words(moved).capitalize()} than" if moved else "As high as"
    return format_html("{} {}, which stands at {}.", words, link(before), before.score)


def _word(scan: ComplianceScan) -> SafeString:
    """The worst that is open: a score near 100 may hide it among very many records."""
    counted = Violation.objects.of_scan(scan).open().order_by().values_list("severity").annotate(Count("id"))
    still_open = dict(counted)
    worst = next((severity for severity in Severity if severity in still_open), None)
    if worst is None:
        return badge("nothing counts", "●", "good")
    marks = {Severity.CRITICAL: ("▲▲", "bad"), Severity.HIGH: ("▲", "bad")}
    return badge(f"{still_open[worst]:,} {worst.lower()} count", *marks.get(worst, ("◆", "warn")))


def _course_of_steps(steps: Sequence[ScoreEvent]) -> tuple[str, str, object, str]:
    """(title, id of the table, chart, what is said instead of one)."""
    scores = [(f"step {step.sequence:,}", step.score, f"{step.get_action_display()}, {_when(step.at)}")
              for step in steps]  # fmt: skip
    title, instead = "Score of this scan after each decision", "Nobody has decided on anything yet."
    return title, "score-history", _line(title, scores), instead


def _course_of_scans(scans: Sequence[ComplianceScan]) -> tuple[str, str, object, str]:
    oldest_first = scans[::-1]
    scores = [(date(scan.created_at, "Y-m-d"), scan.score, f"{scan}, {_when(scan.created_at)}")
              for scan in oldest_first]  # fmt: skip
    title = "Score of each scan of this policy"
    return title, "scans-of-this-policy", _line(title, scores), "This is the only scan of its policy so far."


def _line(title: str, scores: Sequence[tuple[str, Decimal | None, str]]) -> object:
    known = [(label, float(score), told) for label, score, told in scores if score is not None]
    low, high = _axis([score for _, score, _ in known])
    marks = [charts.Point(label, score, f"{score:.2f}: {told}") for label, score, told in known]
    return charts.line(marks, title=title, low=low, high=high)


def _axis(scores: Sequence[float]) -> tuple[float, float]:
    """The part of 0..100 in which the scores lie, with a margin, in tenths: small moves are to be seen."""
    if not scores:
        return 0, 100
    margin = max(max(scores) - min(scores), _LEAST_SPAN) / 5
    low, high = math.floor((min(scores) - margin) * 10) / 10, math.ceil((max(scores) + margin) * 10) / 10
    return max(low, 0), min(high, 100)


def _of_policy(request: HttpRequest, scan: ComplianceScan) -> list[ComplianceScan]:
    """The newest completed scans of the policy, newest first; `scan` may be older than all of them."""
    seen: Any = visible(ComplianceScan, request)
    same = seen.shown().completed().filter(policy_id=scan.policy_id)
    wanted = same.select_related("policy", "upload").only(
        "audit_name", "score", "violation_count", "new_count", "resolved_count", "previous_scan", "record_count",
        "created_at", "policy__name", "upload__name", "upload__row_count",
    )  # fmt: skip
    return list(wanted.order_by("-created_at", "-pk")[:MOST_SCANS])


def _rules(scan: ComplianceScan) -> Table:
    heads = ("Rule", "Severity", "Violations", "Findings", "Judged", "Seconds", "State")
    results = sorted(_results(scan), key=lambda pair: -pair[1]["violations"])
    return Table(
        "Violations by rule", heads, [_rule(scan, rule, result) for rule, result in results],
        "No rule has been judged yet.", frozenset({2, 3, 4, 5}),
        note="Judged: the share of the records that have what the rule reads.",
    )  # fmt: skip


def _rule(scan: ComplianceScan, rule: dict[str, Any], result: dict[str, Any]) -> list[object]:
    found = list_url(Violation, scan__id__exact=scan.pk, rule=result["rule_id"])
    judged = result["evaluated"] + result["not_evaluated"]
    state = "ran" if result["state"] == RuleState.COMPLETED else state_badge(result["state"])
    return [
        format_html('<a href="{}">{}</a> {}', found, result["rule_id"], rule.get("name", "")),
        severity_badge(rule["severity"]) if rule else "-", result["violations"], result["findings"],
        percent(Decimal(result["evaluated"]) / judged) if judged else "-", floatformat(result["seconds"], 3),
        format_html("{} {}", state, result.get("reason") or "") if result.get("reason") else state,
    ]  # fmt: skip


def state_badge(state: str) -> SafeString:
    if state == RuleState.ERROR:
        return badge("failed", "✕", "bad")
    return badge("could not run", "⊘", "warn")


def _results(scan: ComplianceScan) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(the rule as it was, how it fared) of each."""
    rules = {rule["rule_id"]: rule for rule in scan.policy_version.rules}
    return [(rules.get(result["rule_id"], {}), result) for result in scan.rule_results]


def _waivers(scan: ComplianceScan) -> Table:
    counts = waived_in(scan, scan.visible_attempt).gained if scan.waived_count else {}
    waivers = Waiver.objects.filter(pk__in=counts).order_by("created_at", "pk")[:MOST_WAIVERS]
    now = staging.now()
    rows = [
        (link(waiver), waiver.reason, waiver.owner, waiver.state(now), waiver.expires_at,
         format_html('<a href="{}">{}</a>', _waived_url(scan, waiver), f"{counts[waiver.pk]:,}"))
        for waiver in waivers
    ]  # fmt: skip
    return Table(
        "Waivers", ("What", "Why", "Who answers", "State", "Until", "Violations"), rows,
        "No violation of this scan is waived: all of them count until somebody decides otherwise.", frozenset({5}),
        note="Violations under a waiver do not count in the score." if rows else "",
    )  # fmt: skip


def _waived_url(scan: ComplianceScan, waiver: Waiver) -> str:
    return list_url(Violation, scan__id__exact=scan.pk, waiver__id__exact=waiver.pk)


def _steps(steps: Sequence[ScoreEvent]) -> Table:
    who = actor_names(step.actor for step in steps)
    rows = [
        (step.sequence, step.at, step.score, step.get_action_display().capitalize(), who[step.actor], _of_step(step))
        for step in reversed(steps)
    ]  # fmt: skip
    more = f"The last {MOST_STEPS} steps; the API lists all of them." if steps and steps[0].sequence > 1 else ""
    heads = ("Step", "At", "Score", "What", "Who", "Violation")
    return Table("Score history", heads, rows, "No score yet.", frozenset({0, 2}), note=more)


def _of_step(step: ScoreEvent) -> object:
    if not step.violation_id:
        return ""
    page = reverse("admin:compliance_violation_change", args=[step.violation_id])
    return format_html('<a href="{}">look at it</a>', page)


def _scans(scan: ComplianceScan, scans: Sequence[ComplianceScan]) -> Table:
    rows = [
        (
            "this scan" if other.pk == scan.pk else link(other), other.created_at, other.score, other.violation_count,
            f"+{other.new_count:,} / -{other.resolved_count:,}" if other.previous_scan_id else "-", other.record_count,
            "" if other.pk == scan.pk else format_html('<a href="{}">Compare</a>', compare_url(scan, other)),
        )
        for other in scans
    ]  # fmt: skip
    heads = ("Scan", "Asked for", "Score", "Violations", "New / resolved", "Records", "Beside this one")
    note = f"The newest {MOST_SCANS}." if len(scans) == MOST_SCANS else ""
    return Table("Scans of this policy", heads, rows, "None is completed.", frozenset({2, 3, 4, 5}), note=note)


def _when(at: Any) -> str:
    return date(at, "DATETIME_FORMAT")
