"""Opening, changing and closing cases; what they gather."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Value
from django.db.models.functions import MD5, Now

from accounts.models import AccountGroup, User
from accounts.requester import Requester
from compliance.enums import CaseAction, CasePriority, CaseStatus
from compliance.errors import CaseClosed, CaseTaken, NothingToDecide, PolicyNotFound, Undecided
from compliance.models import Case, CaseEvent, CaseNote, ComplianceScan, Policy, Review, Violation
from compliance.queries import ViolationQuerySet
from web.errors import ValidationFailed

STEPS = 200
"""Steps of a timeline that are shown, the newest of each kind."""


@dataclass(frozen=True)
class Step:
    """One entry of a case's timeline; `kind`: note, review, or a CaseAction."""

    at: datetime
    kind: str
    who: str
    text: str
    before: str = ""
    after: str = ""
    violation_id: uuid.UUID | None = None


def open_case(
    *, group: AccountGroup, by: Requester, policy_id: uuid.UUID, account: str, priority: str = CasePriority.MEDIUM,
    assignee: User | None = None,
) -> Case:  # fmt: skip
    """Open a case on an account that has a violation in the policy's newest completed scan.

    PolicyNotFound; NothingToDecide without a violation; CaseTaken when a case is open already.
    """
    policy = Policy.objects.for_group(group).filter(pk=policy_id).first()
    if policy is None:
        raise PolicyNotFound
    case = Case(
        group=group, policy=policy, account=account, priority=priority, assignee=assignee, opened_by=by.reviewer
    )  # fmt: skip
    if not violations_of(case).exists():
        raise NothingToDecide(f'The newest completed scan of this policy found nothing on account "{account[:100]}".')
    try:
        with transaction.atomic():
            case.save(force_insert=True)
            _note(case, CaseAction.OPENED, by, after=case.status)
            by.audit("case.opened", case, after={"account": account[:200], "priority": priority})
    except IntegrityError as taken:
        if "an_account_has_one_open_case_in_a_policy" not in str(taken):
            raise
        raise CaseTaken("This account has an open case already; GET /api/cases?account= finds it.") from taken
    case.refresh_from_db(from_queryset=Case.objects.with_assignee())
    return case


def change_case(*, case: Case, by: Requester, **changes: Any) -> None:
    """Set `status`, `priority` or `assignee`. Undecided names how many violations stand in the way of closing;
    CaseClosed when it is over.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update(no_key=True, of=("self",)).with_assignee().get(pk=case.pk)
        if case.status == CaseStatus.CLOSED:
            raise CaseClosed
        moved = {name: value for name, value in changes.items() if getattr(case, name) != value}
        if moved.get("status") == CaseStatus.CLOSED:
            _refuse_undecided(case)
        for name, value in moved.items():
            _note(case, CaseAction(name), by, before=_word(getattr(case, name)), after=_word(value))
        closed = {"closed_at": Now(), "closed_by": by.reviewer} if moved.get("status") == CaseStatus.CLOSED else {}
        Case.objects.filter(pk=case.pk).update(**moved, **closed, updated_at=Now())
        if moved:
            before = {name: _word(getattr(case, name)) for name in moved}
            by.audit("case.changed", case, before=before, after={name: _word(value) for name, value in moved.items()})


def add_note(*, case: Case, by: Requester, text: str) -> CaseNote:
    """Write a note; also on a closed case."""
    with transaction.atomic():
        note = CaseNote.objects.create(case=case, author=by.reviewer, text=text)
        Case.objects.filter(pk=case.pk).update(updated_at=Now())
        by.audit("case.noted", case)
    note.refresh_from_db()
    return note


def newest_scan(case: Case) -> ComplianceScan | None:
    """The policy's newest completed scan that nobody has deleted."""
    scans = ComplianceScan.objects.for_group(case.group).shown().completed().filter(policy_id=case.policy_id)
    scan: ComplianceScan | None = scans.order_by("-created_at", "-pk").first()
    return scan


def violations_of(case: Case) -> ViolationQuerySet:
    """The violations of its account in the newest scan; none without a scan."""
    scan = newest_scan(case)
    found: ViolationQuerySet = Violation.objects.of_scan(scan) if scan else Violation.objects.none()
    return _of_account(found, case.account)


def timeline(case: Case) -> list[Step]:
    """Notes, steps and reviews of its account's violations in every scan of the policy since it was opened, oldest
    first.
    """
    steps = [
        Step(event.at, event.action, event.actor, "", event.before, event.after)
        for event in case.events.order_by("-at", "-pk")[:STEPS]
    ]
    steps += [Step(note.at, "note", note.author, note.text) for note in case.notes.order_by("-at", "-pk")[:STEPS]]
    steps += [
        Step(seen.at, "review", seen.reviewer, seen.note, seen.from_status, seen.to_status, seen.violation_id)
        for seen in _reviews(case)
    ]
    return sorted(steps, key=lambda step: step.at)


def assignable(group: AccountGroup, username: str) -> User:
    """The member of staff of that name in the group. ValidationFailed when there is none."""
    members = User.objects.filter(is_active=True, is_staff=True, memberships__group=group).defer(*User.unreadable)
    user: User | None = members.filter(username=username).first()
    if user is None:
        raise ValidationFailed.at("assignee", "is no member of staff in this account group")
    return user


def _reviews(case: Case) -> Sequence[Review]:
    scans = ComplianceScan.objects.for_group(case.group).shown().filter(policy_id=case.policy_id)
    found = _of_account(Violation.objects.visible().filter(scan__in=scans.values("pk")), case.account)
    reviews = Review.objects.filter(violation__in=found.values("pk"), at__gte=case.opened_at)
    return list(reviews.order_by("-at", "-pk")[:STEPS])


def _of_account(violations: ViolationQuerySet, account: str) -> ViolationQuerySet:
    """By the account's hash, which the index has, and the account."""
    found: ViolationQuerySet = violations.annotate(account_hash=MD5("account")).filter(
        account_hash=MD5(Value(account)), account=account
    )
    return found


def _refuse_undecided(case: Case) -> None:
    waiting = violations_of(case).undecided().count()
    if waiting:
        many = "violations are" if waiting > 1 else "violation is"
        raise Undecided(f"{waiting} {many} pending: decide on each of them before the case is closed.")


def _note(case: Case, action: CaseAction, by: Requester, *, before: str = "", after: str = "") -> None:
    CaseEvent.objects.create(case=case, action=action, actor=by.reviewer, before=before, after=after)


def _word(value: Any) -> str:
    return value.get_username() if isinstance(value, User) else str(value or "")
