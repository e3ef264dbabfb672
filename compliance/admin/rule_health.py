"""How the rules of a policy fare over its last scans, a word for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.staff import badge
from compliance.actions.health import Precision, RuleHealth, policy_health
from compliance.models import ComplianceScan, Policy

SCANS = 10  # looked at, the newest
HALF = 0.5  # a precision that is surely below it is mostly wrong


def health_of(policy: Policy, rule: Mapping[str, Any]) -> SafeString:
    """Of one rule."""
    return told(healths(policy)[1].get(rule["rule_id"]))


def healths(policy: Policy) -> tuple[list[ComplianceScan], dict[str, RuleHealth]]:
    """(the scans looked at, {rule_id: how it fares}) of the rules that are active."""
    scans, found = policy_health(policy=policy, scans=SCANS)
    return scans, {health.rule_id: health for health in found}


def told(health: RuleHealth | None) -> SafeString:
    """Badges; and what reviews say of its precision."""
    if health is None:
        return badge("switched off", "‖", "quiet")
    marks = format_html_join(" ", "{}", ((mark,) for mark in _marks(health)))
    if not health.scans:
        return marks
    return format_html("{} {}{}", marks, _contained(health.contained_in), _precision(health.precision))


def _marks(health: RuleHealth) -> list[SafeString]:
    if not health.scans:
        return [badge("has not run yet", "○", "quiet")]
    marks = []
    if health.never_fires:
        marks.append(badge("never fires", "∅", "warn"))
    if health.always_fires:
        marks.append(badge("always fires", "≡", "warn"))
    if health.contained_in:
        marks.append(badge("finds nothing of its own", "⊂", "warn"))
    if health.precision.enough and health.precision.high is not None and health.precision.high < HALF:
        marks.append(badge("mostly wrong", "✕", "bad"))
    return marks or [badge("in order", "●", "good")]


def _contained(others: Sequence[str]) -> str:
    return f"All of it is found by {' and by '.join(others)}, too. " if others else ""


def _precision(precision: Precision) -> str:
    if precision.value is None or precision.low is None or precision.high is None:
        return "Nobody has decided on what it finds."
    decisions = f"{precision.decisions:,} decision{'' if precision.decisions == 1 else 's'}"
    right = f"Right in {precision.value:.0%} of {decisions}"
    if not precision.enough:
        return f"{right}: too few to tell."
    return f"{right} ({precision.low:.0%} to {precision.high:.0%})."
