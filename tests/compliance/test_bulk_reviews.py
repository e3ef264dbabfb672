"""One decision on many violations: one step of the history, a handful of statements, and everything counted."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.audit import Actor, verify
from accounts.models import AuditEntry
from accounts.requester import Requester
from compliance.actions.bulk_reviews import Reviewed, chosen_by_ids, review_many
from compliance.actions.reviews import review_violation
from compliance.actions.standing import Standing
from compliance.enums import ReviewStatus
from compliance.errors import ViolationNotFound, ViolationsNotFound
from compliance.models import ComplianceScan, GroupSettings, Review, Violation
from tests.compliance import factories
from tests.compliance.workbench import Workbench, user
from web.errors import ValidationFailed

pytestmark = pytest.mark.django_db
FALSE = ReviewStatus.FALSE_POSITIVE


def scanned(*accounts: str, **violation: Any) -> ComplianceScan:
    scan = factories.completed(factories.group(), accounts)
    if violation:
        scan.violations.update(**violation)
    return ComplianceScan.objects.get(pk=scan.pk)


def decide(scan: ComplianceScan, status: str, *, by: Requester | None = None, **more: Any) -> Reviewed:
    violations = more.pop("of", Violation.objects.all())
    by = by or user("ann", scan.group)
    return review_many(violations=violations, scan=scan, by=by, status=ReviewStatus(status), **more)


def test_every_chosen_violation_is_decided_and_the_history_has_one_step() -> None:
    scan = scanned("A", "B", "C")
    done = decide(scan, "false_positive", note="salaries", of=Violation.objects.exclude(account="C"))
    assert (done.reviewed, done.unchanged, done.proposed) == (2, 0, 0)
    decided = scan.violations.filter(status="false_positive", review_note="salaries", reviewed_by="ann", version=2)
    assert sorted(decided.values_list("account", flat=True)) == ["A", "B"]
    (step,) = scan.score_events.all()
    assert (step.action, step.violation_id, step.score, step.actor) == ("bulk_review", None, done.score, "ann")
    reviews = Review.objects.order_by("violation__account")
    assert [(each.from_status, each.to_status, each.note, each.event_id) for each in reviews] == [
        ("pending", "false_positive", "salaries", step.pk)
    ] * 2
    assert {each.at for each in reviews} == {step.at} == set(decided.values_list("reviewed_at", flat=True))


def test_score_and_counts_equal_what_the_violations_say() -> None:
    scan = scanned("A", "B", "C")
    decide(scan, "approved")
    done = decide(scan, "false_positive", of=Violation.objects.filter(account="B"))
    scan.refresh_from_db()
    standing = Standing.of(scan, scan.visible_attempt)
    assert scan.review_counts == standing.reviews == {"approved": 2, "false_positive": 1}
    assert (scan.open_weight, scan.score) == (standing.open_weight, done.score) == (6, done.score)


def test_what_is_decided_just_so_already_is_left_alone() -> None:
    scan = scanned("A", "B")
    decide(scan, "approved", note="seen", of=Violation.objects.filter(account="A"))
    done = decide(scan, "approved", note="seen")
    assert (done.reviewed, done.unchanged) == (1, 1)
    again = decide(scan, "approved")
    assert (again.reviewed, again.unchanged) == (0, 2)
    assert (scan.score_events.count(), Review.objects.count()) == (2, 2)


def test_a_note_that_is_absent_keeps_the_old_one_and_an_empty_one_clears_it() -> None:
    scan = scanned("A", review_note="old")
    decide(scan, "approved")
    assert scan.violations.get().review_note == "old"
    decide(scan, "approved", note="")
    assert scan.violations.get().review_note == ""


def test_reopening_takes_reviewer_and_time_away() -> None:
    scan = scanned("A")
    decide(scan, "disputed")
    decide(scan, "pending")
    violation = scan.violations.get()
    assert (violation.status, violation.reviewed_by, violation.reviewed_at) == ("pending", "", None)


def test_ids_that_are_not_there_are_named() -> None:
    scan = scanned("A")
    stranger = scanned("A").violations.get().pk
    unknown = factories.uuid.uuid4()
    with pytest.raises(ViolationsNotFound) as refusal:
        chosen_by_ids(scan.group, [scan.violations.get().pk, stranger, unknown])
    assert str(stranger) in refusal.value.message
    assert str(unknown) in refusal.value.message
    assert str(scan.violations.get().pk) not in refusal.value.message


def test_violations_of_two_scans_are_refused_naming_them() -> None:
    group = factories.group()
    scans = [factories.completed(group), factories.completed(group)]
    with pytest.raises(ValidationFailed) as refusal:
        chosen_by_ids(group, [scan.violations.get().pk for scan in scans])
    assert all(str(scan.pk) in refusal.value.message for scan in scans)


def test_a_scan_deleted_meanwhile_is_reviewed_no_more() -> None:
    scan = scanned("A")
    ComplianceScan.objects.filter(pk=scan.pk).update(hidden_at=scan.completed_at, hidden_by="ann")
    with pytest.raises(ViolationNotFound):
        decide(scan, "approved")


def test_what_a_dead_attempt_has_written_is_not_reviewed() -> None:
    scan = scanned("A")
    factories.violation(scan, 7, "B")
    assert decide(scan, "approved").reviewed == 1
    assert scan.violations.get(attempt=7).status == "pending"


def test_the_audit_log_tells_of_it_once() -> None:
    scan = scanned("A", "B")
    decide(scan, "approved")
    assert audited(scan) == ["violations.reviewed"]
    assert verify(scan.group_id) is None


def test_the_audit_log_tells_of_a_single_decision_and_of_a_proposal() -> None:
    scan = scanned("A", severity="CRITICAL")
    one = scan.violations.get()
    review_violation(violation=one, by=user("ann", scan.group), status=ReviewStatus.APPROVED, note="seen")
    GroupSettings.objects.create(group=scan.group, second_reviewer=True)
    review_violation(violation=one, by=user("ann", scan.group), status=ReviewStatus.FALSE_POSITIVE)
    reviewed, proposed = AuditEntry.objects.filter(object_id=str(one.pk)).order_by("number")
    assert (reviewed.action, reviewed.before, reviewed.after["status"], reviewed.after["note"]) == (
        "violation.reviewed", {"status": "pending"}, "approved", "seen",
    )  # fmt: skip
    assert (proposed.action, proposed.before, proposed.after["status"]) == (
        "violation.proposed", {"status": "approved"}, "false_positive",
    )  # fmt: skip
    assert verify(scan.group_id) is None


def audited(scan: ComplianceScan) -> list[str]:
    return list(AuditEntry.objects.filter(object_id=str(scan.pk)).values_list("action", flat=True))


def test_the_number_of_statements_does_not_grow_with_the_violations() -> None:
    def statements(count: int) -> int:
        scan = scanned(*(f"A{n}" for n in range(count)))
        with CaptureQueriesContext(connection) as seen:
            assert decide(scan, "approved").reviewed == count
        return len(seen)

    assert statements(1) == statements(60)


# A second reviewer


def critical(*accounts: str) -> ComplianceScan:
    scan = scanned(*(accounts or ("A",)), severity="CRITICAL")
    GroupSettings.objects.create(group=scan.group, second_reviewer=True)
    return scan


def key(scan: ComplianceScan, pk: str, name: str) -> Requester:
    return Requester(Actor(f"key:{pk}"), group=scan.group, signed_as=name)


def single(scan: ComplianceScan, status: str, by: Requester) -> Violation:
    return review_violation(violation=scan.violations.get(), by=by, status=ReviewStatus(status))[0]


def test_a_critical_violation_is_a_false_positive_only_when_a_second_person_agrees() -> None:
    scan = critical()
    before = scan.score
    first = single(scan, "false_positive", user("ann", scan.group))
    scan.refresh_from_db()
    assert (first.status, first.proposed_status, first.proposed_by) == ("pending", "false_positive", "ann")
    assert scan.review_counts == {"pending": 1}
    second = single(scan, "false_positive", user("bob", scan.group))
    scan.refresh_from_db()
    assert (second.status, second.proposed_status, second.reviewed_by) == ("false_positive", "", "bob")
    assert scan.score == 100 > before
    assert [step.action for step in scan.score_events.all()] == ["proposed", "false_positive"]
    assert [review.is_proposal for review in second.reviews.all()] == [True, False]


@pytest.mark.parametrize(
    ("first", "second", "agree"),
    [
        (("1", "Ann"), ("2", "Bob"), True),
        (("1", "Ann"), ("1", "Bob"), False),  # one key is one hand, whatever it signs
        (("1", "Ann"), ("2", " ann "), False),
        (("1", "Ann"), ("2", ""), False),
        (("1", ""), ("2", "Bob"), False),
    ],
)
@pytest.mark.parametrize("many", [False, True])
def test_only_another_key_signed_by_another_name_is_another_person(
    first: tuple[str, str], second: tuple[str, str], agree: bool, many: bool
) -> None:
    scan = critical()
    for who in (first, second):
        by = key(scan, *who)
        if many:
            decide(scan, "false_positive", by=by)
        else:
            single(scan, "false_positive", by)
    assert (scan.violations.get().status == "false_positive") == agree


def test_a_member_of_staff_and_a_key_signed_with_their_name_are_one_person() -> None:
    scan = critical()
    single(scan, "false_positive", user("ann", scan.group))
    assert single(scan, "false_positive", key(scan, "1", "Ann")).status == "pending"
    assert single(scan, "false_positive", key(scan, "2", "Bob")).status == "false_positive"


def test_another_decision_withdraws_the_proposal() -> None:
    scan = critical()
    single(scan, "false_positive", user("ann", scan.group))
    assert single(scan, "approved", user("bob", scan.group)).proposed_status == ""
    assert single(scan, "false_positive", user("bob", scan.group)).status == "approved"


def test_many_at_once_obey_it_where_it_holds() -> None:
    scan = critical("A", "B", "C")
    scan.violations.filter(account="C").update(severity="LOW")
    done = decide(scan, "false_positive", by=user("ann", scan.group))
    assert (done.reviewed, done.proposed) == (3, 2)
    scan.refresh_from_db()
    assert scan.review_counts == {"pending": 2, "false_positive": 1}
    confirmed = decide(scan, "false_positive", by=user("bob", scan.group))
    assert (confirmed.reviewed, confirmed.unchanged, confirmed.proposed) == (2, 1, 0)
    assert set(scan.violations.values_list("status", flat=True)) == {"false_positive"}


def test_without_the_setting_one_reviewer_is_enough() -> None:
    scan = scanned("A", severity="CRITICAL")
    assert single(scan, "false_positive", user("ann", scan.group)).status == "false_positive"


def test_a_proposal_is_taken_over_while_its_evidence_has_not_grown_too_much() -> None:
    rule = {**factories.RULE, "severity": "CRITICAL"}
    for more, kept in (((), True), (("A,600", "A,700"), False)):
        bench = Workbench(rule)
        GroupSettings.objects.create(group=bench.group, second_reviewer=True)
        first = bench.scan("A,500")
        bench.decide(first, "false_positive")
        next_scan = bench.scan("A,500", *more)
        carried = bench.of(next_scan)
        assert (carried.status, bool(carried.proposed_status)) == ("pending", kept)
        assert carried.proposed_in == (first.pk if kept else None)
        decided = bench.decide(next_scan, "false_positive", by=user("bob", bench.group))
        assert (decided.status == "false_positive") == kept
