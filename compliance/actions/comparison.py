"""What differs between two completed scans: the violations, counted by rule, and why the score moved.

The earlier scan is the one before, whichever was named first. Violations are joined by signature in the database,
all in one statement, so that counts, weights and scores are of one moment while reviews go on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.functions import MD5

from compliance.engine.rules import lists_used, parse_rule
from compliance.engine.split import Part, Split, Standing, WeightMoves, split_rules, split_weights
from compliance.enums import ReviewStatus, ScoreMethod
from compliance.errors import NotComparable
from compliance.models import ComplianceScan, Violation
from compliance.queries import ViolationQuerySet
from jobs.enums import Status

DELTAS = ("new", "resolved", "unchanged")
WORDS = ("name", "description", "policy_excerpt", "policy_section", "category", "tags")
"""What a rule says about itself: a change of these changes nothing that it finds."""

_SIDE = f"""
  SELECT rule_id, account, (status <> '{ReviewStatus.FALSE_POSITIVE.value}' AND waiver_id IS NULL)::int AS open,
         finding_count::bigint * CASE severity WHEN 'CRITICAL' THEN 4 WHEN 'HIGH' THEN 3 WHEN 'MEDIUM' THEN 2 ELSE 1 END
           AS weight
    FROM {Violation._meta.db_table} WHERE scan_id = %s AND attempt = %s"""  # noqa: S608  our own table's name
_JOINED = f"""
WITH before AS ({_SIDE}), after AS ({_SIDE}), joined AS (
  SELECT rule_id, before.weight AS was, after.weight AS now, before.open AS was_open, after.open AS now_open,
         COALESCE(after.open * after.weight, 0) - COALESCE(before.open * before.weight, 0) AS moved
    FROM before FULL JOIN after USING (rule_id, account)
)
SELECT rule_id,
       count(*) FILTER (WHERE was IS NULL), count(*) FILTER (WHERE now IS NULL),
       count(*) FILTER (WHERE was IS NOT NULL AND now IS NOT NULL),
       COALESCE(sum(was_open * was), 0), COALESCE(sum(now_open * now), 0),
       COALESCE(sum(moved) FILTER (WHERE was_open <> now_open), 0),
       COALESCE(sum(moved) FILTER (WHERE was IS NULL), 0),
       COALESCE(sum(moved) FILTER (WHERE now IS NULL), 0),
       COALESCE(sum(moved) FILTER (WHERE was_open = now_open AND moved > 0), 0),
       COALESCE(sum(moved) FILTER (WHERE was_open = now_open AND moved < 0), 0),
       COALESCE(bool_or(was IS NULL AND now_open = 1), false),
       COALESCE(bool_or(was_open = 1 AND now IS NOT NULL), false)
  FROM joined GROUP BY rule_id
"""  # noqa: S608  as above


@dataclass(frozen=True)
class RuleMoves:
    """One rule: its violations by delta, the open weight on either side, and what moved it (quarters x findings)."""

    rule_id: str
    new: int = 0
    resolved: int = 0
    unchanged: int = 0
    weight_before: int = 0
    weight_after: int = 0
    moves: Mapping[Part, int] | None = None
    open_appeared: bool = False
    open_stayed: bool = False


@dataclass(frozen=True)
class Comparison:
    """`rules`: every rule that was active in either scan; `changed`: those that are not the same in both."""

    before: ComplianceScan
    after: ComplianceScan
    rules: Mapping[str, RuleMoves]
    changed: frozenset[str]
    split: Split

    def total(self, of: str) -> int:
        """Violations of all rules: `total("new")`."""
        return sum(getattr(rule, of) for rule in self.rules.values())


def compare_scans(one: ComplianceScan, other: ComplianceScan) -> Comparison:
    """Compare two scans of one group. NotComparable unless both are completed and scored by the same method."""
    before, after = in_order(one, other)
    found = _joined(before, after)
    versions = [_rules(scan) for scan in (before, after)]
    active = [rule_id for rules in reversed(versions) for rule_id, rule in rules.items() if rule["is_active"]]
    rules = {rule_id: found.get(rule_id, RuleMoves(rule_id)) for rule_id in [*active, *found]}
    changed = frozenset(name for name in rules if versions[0].get(name) != versions[1].get(name))
    return Comparison(before, after, rules, changed, _split(before, after, rules, changed))


def in_order(one: ComplianceScan, other: ComplianceScan) -> tuple[ComplianceScan, ComplianceScan]:
    """(the earlier, the later). NotComparable names what stands in the way."""
    for scan in (one, other):
        if scan.status != Status.COMPLETED:
            raise NotComparable(f"Scan {scan.pk} is {scan.status}; only completed scans can be compared.")
    if one.score_method != other.score_method:
        raise NotComparable(
            f"The scores were made by different methods ({one.score_method}, {other.score_method}), so that their "
            "difference means nothing. Scan again with one method to compare."
        )
    before, after = sorted((one, other), key=lambda scan: (scan.created_at, scan.pk))
    return before, after


def violations_of(found: Comparison, delta: str | None) -> ViolationQuerySet:
    """Of the later scan, and those of the earlier one that are gone; `delta` None: all of them."""
    later, earlier = (Violation.objects.of_scan(scan) for scan in (found.after, found.before))
    match delta:
        case "new":
            return later.missing_from(found.before)
        case "unchanged":
            return later.also_in(found.before)
        case "resolved":
            return earlier.missing_from(found.after)
    gone = Q(pk__in=earlier.missing_from(found.after).values("pk"))
    return Violation.objects.filter(gone | Q(scan=found.after, attempt=found.after.visible_attempt))


def counterparts(found: Comparison, listed: Sequence[Violation]) -> dict[tuple[str, str], Violation]:
    """{(rule_id, account): the violation of the earlier scan} for violations of the later one; one query."""
    hashes = {hashlib.md5(violation.account.encode(), usedforsecurity=False).hexdigest() for violation in listed}
    earlier = Violation.objects.of_scan(found.before).defer("sample").annotate(account_hash=MD5("account"))
    same = earlier.filter(rule_id__in={violation.rule_id for violation in listed}, account_hash__in=hashes)
    return {(violation.rule_id, violation.account): violation for violation in same}


def _joined(before: ComplianceScan, after: ComplianceScan) -> dict[str, RuleMoves]:
    with connection.cursor() as cursor:
        sides = [before.pk, before.visible_attempt, after.pk, after.visible_attempt]
        cursor.execute(_JOINED, sides)
        return {row[0]: _moves(*row) for row in cursor.fetchall()}


def _moves(rule_id: str, *found: Any) -> RuleMoves:
    moved, turned = found[5:10], found[10:]
    causes = (Part.REVIEW, Part.NEW, Part.RESOLVED, Part.GROWN, Part.SHRUNK)
    moves = {cause: int(weight) for cause, weight in zip(causes, moved, strict=True) if weight}
    new, resolved, unchanged, was, now = (int(number) for number in found[:5])
    return RuleMoves(rule_id, new, resolved, unchanged, was, now, moves, *turned)


def _rules(scan: ComplianceScan) -> dict[str, dict[str, Any]]:
    """{rule_id: what it judges by}; the policy's settings and the values of the lists it names are part of it."""
    settings = {"compat": scan.compat, "time_zone": scan.time_zone}
    values = {name: frozen["sha256"] for name, frozen in scan.list_versions.items()}
    return {
        rule["rule_id"]: {
            "is_active": True, **{key: rule[key] for key in rule if key not in WORDS}, **settings,
            "lists": {name: values[name] for name in lists_used(parse_rule(rule)) if name in values} if values else {},
        }
        for rule in scan.policy_version.rules
    }  # fmt: skip


def _split(
    before: ComplianceScan, after: ComplianceScan, rules: Mapping[str, RuleMoves], changed: frozenset[str]
) -> Split:
    if before.score_method == ScoreMethod.RULES:
        return split_rules([_standing(before, after, rule, rule.rule_id in changed) for rule in rules.values()])
    weights = [WeightMoves(rule.rule_id, rule.rule_id in changed, rule.moves or {}) for rule in rules.values()]
    totals = (sum(rule.weight_before for rule in rules.values()), sum(rule.weight_after for rule in rules.values()))
    return split_weights(weights, weights=totals, records=(before.record_count, after.record_count))


def _standing(before: ComplianceScan, after: ComplianceScan, rule: RuleMoves, changed: bool) -> Standing:
    was, now = rule.weight_before > 0, rule.weight_after > 0
    appeared = Part.NEW if rule.open_appeared else Part.REVIEW
    cause = appeared if now else Part.REVIEW if rule.open_stayed else Part.RESOLVED
    severities = (_severity_if_it_ran(before, rule.rule_id), _severity_if_it_ran(after, rule.rule_id))
    return Standing(rule.rule_id, changed, severities[0], severities[1], was, now, cause)


def _severity_if_it_ran(scan: ComplianceScan, rule_id: str) -> str | None:
    ran = any(result["rule_id"] == rule_id and result["state"] == "completed" for result in scan.rule_results)
    return next((rule["severity"] for rule in scan.policy_version.rules if ran and rule["rule_id"] == rule_id), None)
