"""What was decided holds in the next scan, until too much of the evidence is new."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compliance import execution, staging
from compliance.actions.scans import delete_scan
from compliance.actions.standing import Standing
from compliance.models import ComplianceScan, Policy, Violation
from tests.compliance import factories
from tests.compliance.workbench import Workbench

pytestmark = pytest.mark.django_db


def told(violation: Violation) -> tuple[str, str, str]:
    return violation.status, violation.review_note, violation.reviewed_by


def test_a_decision_is_taken_over_with_its_note_its_reviewer_and_its_time() -> None:
    bench = Workbench()
    first = bench.scan("A,500", "B,300")
    decided = bench.decide(first, "approved", note="a salary")
    carried = bench.of(bench.scan("A,500", "B,300"))
    assert told(carried) == ("approved", "a salary", "ann")
    assert (carried.reviewed_at, carried.carried_over_from) == (decided.reviewed_at, first.pk)
    assert (carried.reopened_because, carried.last_decision) == ("", None)


@pytest.mark.parametrize(("new", "status"), [(0, "approved"), (2, "approved"), (3, "pending")])
def test_more_new_evidence_than_the_policy_allows_reopens(new: int, status: str) -> None:
    bench = Workbench()
    first = bench.scan("A,500", "A,600")
    bench.decide(first, "approved")
    now = bench.of(bench.scan("A,500", "A,600", *(f"A,{700 + n}" for n in range(new))))
    assert now.status == status
    assert bool(now.reopened_because) == (status == "pending")


def test_a_reopened_violation_tells_why_and_what_had_been_decided() -> None:
    bench = Workbench(reopen_growth=Decimal("0.25"))
    first = bench.scan("A,500", "A,600")
    bench.decide(first, "false_positive", note="seen")
    now = bench.of(bench.scan("A,500", "A,700"))
    assert told(now) == ("pending", "seen", "")
    assert "1 of 2 evidence records (50.0 %)" in now.reopened_because
    assert "above 25 %" in now.reopened_because
    decision = now.last_decision
    assert (decision["status"], decision["by"], decision["scan"]) == ("false_positive", "ann", str(first.pk))
    assert decision["at"].endswith("Z")


def test_records_are_compared_by_content_and_counted_as_often_as_they_stand_there() -> None:
    bench = Workbench(reopen_growth=Decimal("0.5"))
    bench.decide(bench.scan("A,500", "B,300", "A,600"), "approved")
    moved = bench.scan("B,300", "A,600", "A,500")
    assert bench.of(moved).status == "approved"
    doubled = bench.scan("A,500", "A,500", "A,500", "A,600", "A,600")  # 3 of 5 are new: equal ones count once each
    assert bench.of(doubled).status == "pending"


def test_what_is_compared_is_what_the_reviewer_saw_however_often_it_was_carried_over() -> None:
    bench = Workbench(reopen_growth=Decimal("0.5"))
    first = bench.scan("A,500", "A,501")
    bench.decide(first, "approved")
    second = bench.of(bench.scan("A,500", "A,501", "A,502"))
    third = bench.of(bench.scan("A,500", "A,501", "A,502", "A,503"))
    fourth = bench.of(bench.scan("A,500", "A,501", "A,502", "A,503", "A,504"))  # a fifth more than in the third scan
    assert [each.status for each in (second, third, fourth)] == ["approved", "approved", "pending"]
    assert [each.carried_over_from for each in (second, third, fourth)] == [first.pk, first.pk, None]
    assert fourth.last_decision["scan"] == str(first.pk)


def test_what_nobody_has_decided_again_stays_reopened_and_says_so_until_somebody_does() -> None:
    bench = Workbench(reopen_growth=Decimal(0))
    bench.decide(bench.scan("A,500"), "approved")
    reopened = bench.of(bench.scan("A,500", "A,501"))
    later = bench.scan("A,500", "A,501")
    assert (bench.of(later).status, bench.of(later).reopened_because) == ("pending", reopened.reopened_because)
    assert bench.of(later).last_decision == reopened.last_decision
    decided = bench.decide(later, "disputed")
    assert (decided.status, decided.reopened_because) == ("disputed", "")
    assert bench.of(bench.scan("A,500", "A,501")).carried_over_from == later.pk


def test_no_growth_at_all_may_be_wanted_and_any_may_be_allowed() -> None:
    for growth, status in ((Decimal(0), "pending"), (Decimal(1), "approved")):
        bench = Workbench(reopen_growth=growth)
        bench.decide(bench.scan("A,500"), "approved")
        assert bench.of(bench.scan("A,600", "A,700")).status == status


def test_the_growth_that_reopens_is_frozen_when_the_scan_is_asked_for() -> None:
    bench = Workbench()
    bench.decide(bench.scan("A,500"), "approved")
    second, lease = bench.started("A,500", "A,600", "A,700")
    Policy.objects.filter(pk=bench.policy.pk).update(reopen_growth=1)
    assert bench.of(bench.finished(second, lease)).status == "pending"


def test_a_violation_that_was_gone_and_returns_is_pending_and_tells_its_last_decision() -> None:
    bench = Workbench()
    first = bench.scan("A,500")
    bench.decide(first, "false_positive")
    second = bench.scan("A,500")
    bench.scan("B,500")
    returned = bench.scan("A,500", "B,500")
    now = bench.of(returned)
    assert (now.status, now.is_new, now.carried_over_from) == ("pending", True, None)
    assert (now.last_decision["status"], now.last_decision["scan"]) == ("false_positive", str(first.pk))
    assert second.pk != first.pk
    assert bench.of(returned, "B").last_decision is None


def test_the_score_is_right_from_the_start() -> None:
    bench = Workbench()
    first = bench.scan("A,500", "B,300")
    bench.decide(first, "false_positive")
    second = bench.scan("A,500", "B,300")
    first.refresh_from_db()
    assert second.review_counts == {"false_positive": 1, "pending": 1}
    assert (second.open_weight, second.score) == (3, first.score)
    assert [(event.action, event.score) for event in second.score_events.all()] == [("scan_completed", second.score)]
    assert first.score > Decimal(80)


@pytest.mark.parametrize("method", ["severity_weighted", "rules"])
def test_the_counts_of_a_scan_equal_what_its_violations_say(method: str) -> None:
    bench = Workbench(score_method=method)
    first = bench.scan("A,500", "B,300")
    bench.decide(first, "false_positive")
    bench.decide(first, "false_positive", "B")
    second = bench.scan("A,500", "B,300")
    standing = Standing.of(second, second.visible_attempt)
    assert (second.open_weight, second.violation_count, second.unchanged_count) == (standing.open_weight, 2, 2)
    assert second.score == 100


def test_a_deleted_scan_goes_on_to_tell_what_was_decided_in_it() -> None:
    bench = Workbench()
    first = bench.scan("A,500")
    bench.decide(first, "approved")
    delete_scan(scan=first, by=bench.by)
    carried = bench.of(bench.scan("A,500"))
    assert (carried.status, carried.carried_over_from) == ("approved", first.pk)


@pytest.mark.parametrize("gone", ["file", "name"])
def test_what_cannot_be_compared_any_more_is_reopened(gone: str) -> None:
    bench = Workbench()
    first = bench.scan("A,500")
    bench.decide(first, "approved")
    if gone == "file":
        default_storage.delete(first.evidence)
    else:
        ComplianceScan.objects.filter(pk=first.pk).update(evidence="")
    now = bench.of(bench.scan("A,500"))
    assert (now.status, now.last_decision["status"]) == ("pending", "approved")
    assert "no longer kept" in now.reopened_because


def in_between(monkeypatch: pytest.MonkeyPatch, deed: Any) -> None:
    """`deed` is done when everything is staged, just before the switch."""
    real = execution._switch

    def switch(*parts: Any) -> None:
        deed()
        real(*parts)

    monkeypatch.setattr(execution, "_switch", switch)


def test_what_is_decided_while_the_next_scan_is_written_counts_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Workbench()
    first = bench.scan("A,500", "B,300", "C,200")
    bench.decide(first, "approved", "B")

    def decide() -> None:
        bench.decide(first, "false_positive", note="late")
        bench.decide(first, "pending", "B")

    second, lease = bench.started("A,500", "B,300", "C,200")
    in_between(monkeypatch, decide)
    second = bench.finished(second, lease)
    assert told(bench.of(second)) == ("false_positive", "late", "ann")
    assert told(bench.of(second, "B")) == ("pending", "", "")
    assert second.review_counts == {"false_positive": 1, "pending": 2}
    assert second.open_weight == 6


def test_a_decision_made_meanwhile_on_what_has_grown_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Workbench()
    first = bench.scan("A,500")
    second, lease = bench.started("A,500", "A,600", "A,700")
    in_between(monkeypatch, lambda: bench.decide(first, "approved"))
    now = bench.of(bench.finished(second, lease))
    assert (now.status, now.last_decision["scan"]) == ("pending", str(first.pk))


def test_a_scan_that_slipped_in_between_is_the_one_whose_decisions_are_taken_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Workbench()
    first = bench.scan("A,500")
    bench.decide(first, "approved", note="first")
    between, its_lease = bench.started("A,500")
    third, lease = bench.started("A,500")

    def slip_in() -> None:
        monkeypatch.undo()
        bench.finished(between, its_lease)
        bench.decide(ComplianceScan.objects.get(pk=between.pk), "false_positive", note="between")

    in_between(monkeypatch, slip_in)
    third = bench.finished(third, lease)
    now = bench.of(third)
    assert (now.status, now.carried_over_from, third.previous_scan_id) == ("false_positive", between.pk, between.pk)
    assert now.first_seen_scan_id == first.pk
    assert third.unchanged_count == 1


def test_the_number_of_statements_does_not_grow_with_the_violations() -> None:
    def statements(*accounts: str) -> int:
        bench = Workbench()
        first = bench.scan(*(f"{account},500" for account in accounts))
        for account in accounts:
            bench.decide(first, "approved", account)
        second, lease = bench.started(*(f"{account},500" for account in accounts))
        with CaptureQueriesContext(
            connection,
        ) as seen:
            bench.finished(second, lease)
        return len(seen)

    assert statements("A") == statements(*(f"A{n}" for n in range(40)))


HOSTILE = ["", "NULL", "\\N", "\\.", '"', 'a"b', "a,b", "a\tb", "a\nb", "a\r\nb", "\r", " a ", "\\n", "Ä😀", "1E5"]


def test_whatever_its_name_is_an_account_is_known_again() -> None:
    group = factories.group()
    before = factories.completed(group, HOSTILE)
    known = staging._known(before).to_pylist()
    assert sorted(row["account"] for row in known) == sorted(HOSTILE)
    assert {(row["rule_id"], row["since"]) for row in known} == {(factories.RULE["rule_id"], str(before.pk))}
