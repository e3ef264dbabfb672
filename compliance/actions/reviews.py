"""Deciding on violations. Each decision moves the scan's score and adds one step to its history."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.requester import Requester
from compliance import staging
from compliance.actions.history import append_event
from compliance.actions.scoring import score_of, weight_of
from compliance.enums import ReviewStatus, ScoreAction, Severity
from compliance.errors import ViolationNotFound
from compliance.models import ComplianceScan, GroupSettings, Review, Violation

ACTIONS = {
    ReviewStatus.APPROVED: ScoreAction.APPROVED,
    ReviewStatus.FALSE_POSITIVE: ScoreAction.FALSE_POSITIVE,
    ReviewStatus.DISPUTED: ScoreAction.DISPUTED,
    ReviewStatus.PENDING: ScoreAction.REOPENED,
}
NO_PROPOSAL: dict[str, Any] = {
    "proposed_status": "", "proposed_by": "", "proposed_at": None, "proposed_in": None, "proposed_credential": "",
    "proposed_person": "",
}  # fmt: skip


def review_violation(
    *, violation: Violation, by: Requester, status: ReviewStatus, note: str | None = None,
    check: Callable[[Violation], None] = lambda _: None,
) -> tuple[Violation, Decimal]:  # fmt: skip
    """Set the status of a violation; returns it with the scan's new score.

    `note` None keeps the old one. `check` sees the locked violation and may refuse (a lost update). Where the group
    wants a second reviewer, a CRITICAL violation stays as it is until another person calls it false, too.
    """
    with transaction.atomic():
        scan, violation = _locked(violation)
        check(violation)
        was, at = ReviewStatus(violation.status), staging.now()
        first = _is_first_of_two(scan, violation, status, by)
        if first:
            _propose(violation, status, note, by, at)
        else:
            _decide(violation, status, note, by, at)
        now = ReviewStatus(violation.status)
        score = _rescore(scan, violation, was, now)
        action = ScoreAction.PROPOSED if first else ACTIONS[status]
        event = append_event(
            scan=scan, action=action, score=score, actor=by.reviewer, at=at, violation_id=violation.pk
        )  # fmt: skip
        Review.objects.create(
            violation=violation, event=event, at=at, from_status=was, to_status=now, note=note or "",
            reviewer=by.reviewer, is_proposal=first,
        )  # fmt: skip
        decided = {"status": status, "note": note, "as": by.reviewer}
        by.audit(
            "violation.proposed" if first else "violation.reviewed", violation, before={"status": was}, after=decided
        )
    return violation, score


def newer_scan(scan: ComplianceScan) -> uuid.UUID | None:
    """The newest completed scan of the policy after this one: a decision here does not change it any more."""
    newest: uuid.UUID | None = ComplianceScan.objects.newer_than(scan).values_list("pk", flat=True).first()
    return newest


def wants_second_reviewer(group_id: str) -> bool:
    return GroupSettings.objects.filter(group_id=group_id, second_reviewer=True).exists()


def _is_first_of_two(scan: ComplianceScan, violation: Violation, status: ReviewStatus, by: Requester) -> bool:
    """Whether this decision has to wait for another person's."""
    if status != ReviewStatus.FALSE_POSITIVE or violation.status == status or violation.severity != Severity.CRITICAL:
        return False
    if not wants_second_reviewer(scan.group_id):
        return False
    agrees = violation.proposed_status == status and by.name != violation.proposed_credential
    # Both must be persons with a name: a key that nobody signed for may be anybody's, the first one's, too.
    named = bool(by.person and violation.proposed_person)
    return not (agrees and named and by.person != violation.proposed_person)


def _locked(violation: Violation) -> tuple[ComplianceScan, Violation]:
    """The scan's row lock makes reviews of one scan follow each other, so that each counts."""
    scan = locked_scan(violation.scan_id)
    return scan, Violation.objects.select_for_update(no_key=True).get(pk=violation.pk)


def locked_scan(scan_id: uuid.UUID) -> ComplianceScan:
    scans = ComplianceScan.objects.select_for_update(no_key=True, of=("self",)).select_related("policy_version")
    scan: ComplianceScan | None = scans.shown().filter(pk=scan_id).first()
    if scan is None:
        raise ViolationNotFound  # its scan was deleted meanwhile
    return scan


def _propose(violation: Violation, status: ReviewStatus, note: str | None, by: Requester, at: datetime) -> None:
    _write(
        violation, note, proposed_status=status, proposed_by=by.reviewer, proposed_at=at,
        proposed_in=violation.scan_id, proposed_credential=by.name, proposed_person=by.person,
    )  # fmt: skip


def _decide(violation: Violation, status: ReviewStatus, note: str | None, by: Requester, at: datetime) -> None:
    reopened = status == ReviewStatus.PENDING
    _write(
        violation, note, status=status, reviewed_by="" if reopened else by.reviewer,
        reviewed_at=None if reopened else at, carried_over_from=None, reopened_because="", **NO_PROPOSAL,
    )  # fmt: skip


def _write(violation: Violation, note: str | None, **fields: Any) -> None:
    fields["version"] = violation.version + 1
    fields["review_note"] = violation.review_note if note is None else note
    for name, value in fields.items():
        setattr(violation, name, value)
    violation.save(update_fields=list(fields))


def _rescore(scan: ComplianceScan, violation: Violation, was: ReviewStatus, status: ReviewStatus) -> Decimal:
    scan.review_counts[was] = scan.review_counts.get(was, 0) - 1
    scan.review_counts[status] = scan.review_counts.get(status, 0) + 1
    if violation.waiver_id is None:
        open_before, open_now = was != ReviewStatus.FALSE_POSITIVE, status != ReviewStatus.FALSE_POSITIVE
        scan.open_weight += (open_now - open_before) * weight_of(violation)
    scan.score = score_of(scan)
    ComplianceScan.objects.filter(pk=scan.pk).update(
        review_counts=scan.review_counts, open_weight=scan.open_weight, score=scan.score,
        version=F("version") + 1, updated_at=Now(),
    )  # fmt: skip
    return scan.score
