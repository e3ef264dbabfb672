"""Planning, changing and closing audits. What their scans do moves their status by itself."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import AccountGroup
from accounts.requester import Requester
from compliance.errors import AuditClosed, AuditNotFound, PolicyNotFound
from compliance.models import Audit, Policy
from web.errors import ValidationFailed


def create_audit(
    *, group: AccountGroup, by: Requester, name: str, policy_id: uuid.UUID | None = None, **about: Any
) -> Audit:
    """PolicyNotFound; ValidationFailed when the period ends before it starts."""
    _check_period(about.get("period_start"), about.get("period_end"))
    with transaction.atomic():
        audit = Audit.objects.create(
            group=group, name=name, policy=_policy(group, policy_id), created_by=by.name, **about
        )
        by.audit("audit.created", audit, after={"name": name, **_told(about)})
    return audit


def change_audit(*, audit: Audit, by: Requester, closed: bool | None = None, **changes: Any) -> None:
    """Change what is said of an audit; `closed` True ends it, False hands its status back to its scans."""
    with transaction.atomic():
        audit = Audit.objects.select_for_update(no_key=True).get(pk=audit.pk)
        _check_period(
            changes.get("period_start", audit.period_start), changes.get("period_end", audit.period_end)
        )  # fmt: skip
        if "policy_id" in changes:
            changes["policy"] = _policy(audit.group, changes.pop("policy_id"))
            _check_scans(audit, changes["policy"])
        before = {name: getattr(audit, name) for name in changes}
        moved = dict(changes)
        if closed is not None and closed != (audit.closed_at is not None):
            moved |= {"closed_at": Now(), "closed_by": by.name} if closed else {"closed_at": None, "closed_by": ""}
            by.audit("audit.closed" if closed else "audit.reopened", audit)
        Audit.objects.filter(pk=audit.pk).update(**moved, updated_at=Now())
        if changes:
            by.audit("audit.changed", audit, before=_told(before), after=_told(changes))


def audit_for_scan(*, group: AccountGroup, audit_id: uuid.UUID | None, policy: Policy) -> Audit | None:
    """The audit that a new scan of `policy` is to belong to. AuditNotFound, AuditClosed; None without an id."""
    if audit_id is None:
        return None
    # Locked, so that none is closed while a scan joins it.
    audit: Audit | None = Audit.objects.for_group(group).select_for_update(no_key=True).filter(pk=audit_id).first()
    if audit is None:
        raise AuditNotFound
    if audit.closed_at is not None:
        raise AuditClosed
    if audit.policy_id not in (None, policy.pk):
        raise ValidationFailed.at("audit_id", "is an audit of another policy")
    return audit


def _policy(group: AccountGroup, policy_id: uuid.UUID | None) -> Policy | None:
    if policy_id is None:
        return None
    policy: Policy | None = Policy.objects.for_group(group).in_use().filter(pk=policy_id).first()
    if policy is None:
        raise PolicyNotFound
    return policy


def _check_period(start: Any, end: Any) -> None:
    if start and end and start > end:
        raise ValidationFailed.at("period_end", "must not be before period_start")


def _check_scans(audit: Audit, policy: Policy | None) -> None:
    if policy is not None and audit.scans.exclude(policy=policy).exists():
        raise ValidationFailed.at("policy_id", "scans of another policy belong to this audit already")


def _told(values: dict[str, Any]) -> dict[str, Any]:
    """As the audit log keeps them."""
    return {name: value if isinstance(value, str) else value and str(value) for name, value in values.items()}
