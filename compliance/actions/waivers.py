"""Making and ending waivers. The newest scan of every policy they touch is scored anew, and says so."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import AccountGroup
from accounts.requester import Requester
from compliance import staging
from compliance.actions.history import append_event
from compliance.actions.scoring import count_anew
from compliance.actions.waiving import Moved, cover, hold
from compliance.enums import ScoreAction
from compliance.errors import PolicyNotFound, WaiverEnded, WaiverNotFound
from compliance.models import ComplianceScan, Policy, Waiver
from web.errors import ValidationFailed


def make_waiver(
    *, group: AccountGroup, by: Requester, rule_id: str, account: str, is_pattern: bool, reason: str, owner: str,
    expires_at: datetime, policy_id: uuid.UUID | None = None, waiver_id: uuid.UUID | None = None,
) -> Waiver:  # fmt: skip
    """Waive violations until `expires_at`, which must lie ahead (ValidationFailed); PolicyNotFound."""
    with transaction.atomic():
        hold(group.pk, alone=True)
        policy = None
        if policy_id is not None:
            policy = Policy.objects.for_group(group).in_use().filter(pk=policy_id).first()
            if policy is None:
                raise PolicyNotFound
        if expires_at <= staging.now():
            raise ValidationFailed.at("expires_at", "must lie in the future")
        waiver: Waiver = Waiver.objects.create(
            id=waiver_id or uuid.uuid4(), group=group, policy=policy, rule_id=rule_id, account=account,
            is_pattern=is_pattern, reason=reason, owner=owner, expires_at=expires_at, created_by=by.reviewer,
        )  # fmt: skip
        _apply(_touched(group.pk, waiver), actor=by.reviewer)
        by.audit("waiver.made", waiver, after=_told(waiver))  # last: its chain is locked after any scan's row
    waiver.refresh_from_db()
    return waiver


def end_waiver(*, waiver: Waiver, by: Requester) -> None:
    """End it before its time; WaiverEnded when it is over."""
    with transaction.atomic():
        hold(waiver.group_id, alone=True)
        running = Waiver.objects.filter(pk=waiver.pk, ended_at__isnull=True)
        if not running.update(ended_at=Now(), ended_by=by.reviewer):
            raise WaiverEnded
        _apply(_touched(waiver.group_id, waiver), actor=by.reviewer)
        by.audit("waiver.ended", waiver, before=_told(waiver))


def expire_waivers() -> int:
    """End what has expired by the database's clock, group by group; returns how many. To be run again and again."""
    groups = Waiver.objects.overdue().order_by("group_id").values_list("group_id", flat=True).distinct()
    return sum(_expire(group_id) for group_id in list(groups))


def find_waiver(group: AccountGroup, waiver_id: uuid.UUID) -> Waiver:
    waiver: Waiver | None = Waiver.objects.for_group(group).filter(pk=waiver_id).first()
    if waiver is None:
        raise WaiverNotFound
    return waiver


def record_waivers(*, scan: ComplianceScan, moved: Moved, score: Any, actor: str, at: datetime) -> None:
    """The steps of the history: one a waiver and scan when it begins, one when it ends. The caller locks the scan."""
    known = set(scan.score_events.filter(action=ScoreAction.WAIVED).values_list("waiver_id", flat=True))
    for waiver_id in _in_order(moved.lost):
        append_event(scan=scan, action=ScoreAction.WAIVER_EXPIRED, score=score, actor=actor, at=at, waiver_id=waiver_id)
    for waiver_id in _in_order(set(moved.gained) - known):
        append_event(scan=scan, action=ScoreAction.WAIVED, score=score, actor=actor, at=at, waiver_id=waiver_id)


def _expire(group_id: str) -> int:
    with transaction.atomic():
        hold(group_id, alone=True)
        overdue = list(Waiver.objects.overdue().filter(group_id=group_id).values_list("pk", flat=True))
        Waiver.objects.filter(pk__in=overdue).update(ended_at=F("expires_at"), ended_by=Waiver.EXPIRY)
        _apply(_touched(group_id), actor=Waiver.EXPIRY)
    return len(overdue)


def _touched(group_id: str, waiver: Waiver | None = None) -> list[ComplianceScan]:
    """The newest completed scan of each policy, locked, always in one order."""
    scans = ComplianceScan.objects.completed().shown().filter(group_id=group_id)
    if waiver is not None and waiver.policy_id is not None:
        scans = scans.filter(policy_id=waiver.policy_id)
    newest = scans.order_by("policy_id", "-created_at", "-pk").distinct("policy_id").values_list("pk", flat=True)
    locked = ComplianceScan.objects.shown().select_for_update(no_key=True, of=("self",))
    return list(locked.select_related("policy_version").filter(pk__in=list(newest)).order_by("pk"))


def _apply(scans: Iterable[ComplianceScan], *, actor: str) -> None:
    for scan in scans:
        if moved := cover(scan, scan.visible_attempt):
            score = count_anew(scan)
            record_waivers(scan=scan, moved=moved, score=score, actor=actor, at=staging.now())


def _in_order(waivers: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    return list(Waiver.objects.filter(pk__in=set(waivers)).order_by("created_at", "pk").values_list("pk", flat=True))


def _told(waiver: Waiver) -> dict[str, Any]:
    names = ("rule_id", "account", "is_pattern", "reason", "owner", "expires_at", "policy_id")
    return {name: getattr(waiver, name) for name in names}
