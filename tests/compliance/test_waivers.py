"""Waivers: what somebody answers for does not count until a day, and every scan they touch says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import AuditEntry
from compliance import execution, tasks
from compliance.actions.reviews import review_violation
from compliance.actions.standing import Standing
from compliance.actions.waivers import end_waiver, expire_waivers, make_waiver
from compliance.actions.waiving import cover
from compliance.api.documents_waivers import waivers_on
from compliance.enums import ReviewStatus
from compliance.errors import PolicyNotFound, WaiverEnded
from compliance.models import ComplianceScan, Waiver
from tests.compliance import factories
from tests.compliance.workbench import BIG, Workbench, user
from web.errors import ValidationFailed

FAR = datetime(2999, 1, 1, tzinfo=UTC)
OTHER = {**BIG, "rule_id": "OTHER"}


def waive(bench: Workbench, account: str = "A", **parts: Any) -> Waiver:
    about = {"rule_id": "BIG", "is_pattern": False, "reason": "Salaries", "owner": "Ann", "expires_at": FAR}
    return make_waiver(group=bench.group, by=bench.by, account=account, **{**about, **parts})


def again(scan: ComplianceScan) -> ComplianceScan:
    scan = ComplianceScan.objects.get(pk=scan.pk)
    standing = Standing.of(scan, scan.visible_attempt)
    assert (scan.open_weight, scan.waived_count) == (standing.open_weight, standing.waived)
    assert {word: count for word, count in scan.review_counts.items() if count} == standing.reviews
    return scan


def steps(scan: ComplianceScan) -> list[tuple[str, Any]]:
    return [(step.action, step.waiver_id) for step in scan.score_events.all()]


def expire(waiver: Waiver) -> None:
    Waiver.objects.filter(pk=waiver.pk).update(
        created_at=Now() - timedelta(days=2), expires_at=Now() - timedelta(seconds=1)
    )


@pytest.mark.django_db
def test_a_waiver_takes_violations_out_of_the_score_and_ending_it_brings_them_back() -> None:
    bench = Workbench()
    scan = bench.scan("A,500", "B,300")
    before = scan.score
    waiver = waive(bench)
    scan = again(scan)
    assert (scan.open_weight, scan.waived_count, scan.review_counts) == (3, 1, {"pending": 2})
    assert scan.score > before
    assert bench.of(scan).waiver_id == waiver.pk
    end_waiver(waiver=waiver, by=bench.by)
    scan = again(scan)
    assert (scan.score, scan.waived_count, bench.of(scan).waiver_id) == (before, 0, None)
    assert steps(scan) == [("scan_completed", None), ("waived", waiver.pk), ("waiver_expired", waiver.pk)]
    with pytest.raises(WaiverEnded):
        end_waiver(waiver=waiver, by=bench.by)


@pytest.mark.django_db
def test_a_waiver_that_expires_counts_again_once_however_often_that_is_looked_for() -> None:
    bench = Workbench()
    scan = bench.scan("A,500")
    waiver = waive(bench)
    assert expire_waivers() == 0
    expire(waiver)
    tasks.expire_waivers()
    tasks.expire_waivers()
    waiver.refresh_from_db()
    assert (waiver.ended_by, waiver.ended_at) == (Waiver.EXPIRY, waiver.expires_at)
    assert steps(again(scan)) == [("scan_completed", None), ("waived", waiver.pk), ("waiver_expired", waiver.pk)]
    assert again(scan).waived_count == 0


@pytest.mark.django_db
def test_it_holds_for_scans_that_complete_later_until_it_has_expired() -> None:
    bench = Workbench()
    waiver = waive(bench)
    scan = bench.scan("A,500", "B,300")
    assert (scan.waived_count, scan.open_weight) == (1, 3)
    assert steps(scan) == [("scan_completed", None), ("waived", waiver.pk)]
    assert {step.score for step in scan.score_events.all()} == {scan.score}
    (listed,) = waivers_on(scan)
    assert (listed["id"], listed["violations"], listed["owner"]) == (str(waiver.pk), 1, "Ann")
    expire(waiver)  # and nobody has noticed yet
    assert bench.scan("A,500", "B,300").waived_count == 0


@pytest.mark.django_db
def test_only_the_newest_scan_of_each_policy_is_touched() -> None:
    bench = Workbench()
    old, new = bench.scan("A,500"), bench.scan("A,500")
    other = Workbench(OTHER, BIG, group=bench.group)
    elsewhere = other.scan("A,500")
    waive(bench)
    assert [again(scan).waived_count for scan in (old, new, elsewhere)] == [0, 1, 1]
    assert other.of(elsewhere, rule_id="OTHER").waiver_id is None


@pytest.mark.django_db
def test_a_waiver_of_one_policy_leaves_the_others_and_other_groups_alone() -> None:
    bench, stranger = Workbench(), Workbench()
    other = Workbench(group=bench.group)
    scans = [each.scan("A,500") for each in (bench, other, stranger)]
    waive(bench, policy_id=bench.policy.pk)
    assert [again(scan).waived_count for scan in scans] == [1, 0, 0]
    with pytest.raises(PolicyNotFound):
        waive(bench, policy_id=stranger.policy.pk)


@pytest.mark.django_db
def test_where_two_match_the_violation_stays_waived_until_both_are_over() -> None:
    bench = Workbench()
    scan = bench.scan("A,500")
    first, second = waive(bench), waive(bench, "*", is_pattern=True)
    assert bench.of(scan).waiver_id == first.pk
    end_waiver(waiver=first, by=bench.by)
    assert bench.of(scan).waiver_id == second.pk
    assert steps(again(scan))[1:] == [("waived", first.pk), ("waiver_expired", first.pk), ("waived", second.pk)]
    end_waiver(waiver=second, by=bench.by)
    assert again(scan).waived_count == 0


@pytest.mark.django_db
def test_a_false_positive_under_a_waiver_weighs_nothing_once_and_reopening_it_changes_nothing() -> None:
    bench = Workbench()
    scan = bench.scan("A,500", "B,300")
    bench.decide(scan, "false_positive")
    waive(bench)
    assert (again(scan).open_weight, again(scan).waived_count) == (3, 1)
    for status in ("pending", "false_positive", "disputed"):
        bench.decide(scan, status)
        assert again(scan).open_weight == 3


@pytest.mark.django_db
def test_the_rules_method_leaves_waived_violations_out_too() -> None:
    bench = Workbench(BIG, OTHER, score_method="rules")
    scan = bench.scan("A,500")
    waive(bench)
    assert again(scan).score == 50
    violation = bench.of(scan, rule_id="OTHER")
    review_violation(violation=violation, by=bench.by, status=ReviewStatus.FALSE_POSITIVE)
    assert again(scan).score == 100


@pytest.mark.django_db
def test_one_made_or_ended_while_a_scan_is_written_counts_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Workbench()
    early = waive(bench, "B")
    scan, lease = bench.started("A,500", "B,300", "C,200")
    real = execution._switch

    def switch(*parts: Any) -> None:
        waive(bench)
        end_waiver(waiver=early, by=bench.by)
        real(*parts)

    monkeypatch.setattr(execution, "_switch", switch)
    scan = bench.finished(scan, lease)
    assert (again(scan).waived_count, scan.open_weight) == (1, 6)
    assert bench.of(scan).waiver_id is not None


@pytest.mark.django_db
def test_the_end_of_a_waiver_must_lie_ahead() -> None:
    with pytest.raises(ValidationFailed):
        waive(Workbench(), expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert not Waiver.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("PAY-*", ["PAY-1", "PAY-", "PAY-a-b"], ["PAY", "pay-1", "XPAY-1"]),
        ("A?", ["AB", "A*", "AÄ"], ["A", "ABC"]),
        ("100%_\\", ["100%_\\"], ["100x_\\", "100%x\\", "100%_"]),
        ("*", ["A", "row:7"], []),
        ("?*?", ["AB", "ABC"], ["A"]),
    ],
)
def test_a_pattern_knows_star_and_question_mark_and_nothing_else(
    pattern: str, matching: list[str], others: list[str]
) -> None:
    scan = factories.completed(factories.group(), [*matching, *others])
    factories.waiver(scan.group, account=pattern, is_pattern=True)
    cover(scan, scan.visible_attempt)
    waived = scan.violations.filter(waiver__isnull=False).values_list("account", flat=True)
    assert sorted(waived) == sorted(matching)


def glob(pattern: str, text: str) -> bool:
    """The obvious way, letter by letter."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return glob(pattern[1:], text) or (bool(text) and glob(pattern, text[1:]))
    return bool(text) and pattern[0] in ("?", text[0]) and glob(pattern[1:], text[1:])


LETTERS = st.text("ab*?%_\\Ä\n", min_size=1, max_size=6)


@pytest.mark.django_db
@settings(max_examples=40, deadline=None)
@given(pattern=LETTERS, accounts=st.lists(LETTERS, min_size=1, max_size=8, unique=True))
def test_patterns_match_as_the_obvious_way_does(pattern: str, accounts: list[str]) -> None:
    scan = factories.completed(factories.group(), accounts)
    factories.waiver(scan.group, account=pattern, is_pattern=True)
    cover(scan, scan.visible_attempt)
    waived = set(scan.violations.filter(waiver__isnull=False).values_list("account", flat=True))
    assert waived == {account for account in accounts if glob(pattern, account)}


@pytest.mark.django_db
def test_a_waiver_without_pattern_is_compared_exactly() -> None:
    scan = factories.completed(factories.group(), ["A*", "AB"])
    factories.waiver(scan.group, account="A*")
    cover(scan, scan.visible_attempt)
    assert list(scan.violations.filter(waiver__isnull=False).values_list("account", flat=True)) == ["A*"]


@pytest.mark.django_db
def test_who_made_and_who_ended_it_is_in_the_audit_log() -> None:
    bench = Workbench()
    waiver = waive(bench)
    end_waiver(waiver=waiver, by=user("bob", bench.group))
    entries = AuditEntry.objects.filter(object_id=str(waiver.pk)).order_by("number")
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("waiver.made", "user:ann"), ("waiver.ended", "user:bob"),
    ]  # fmt: skip
