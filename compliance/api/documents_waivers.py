"""The JSON of waivers: as such, and as a scan lists those that touch it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count

from compliance.api.documents import time
from compliance.models import ComplianceScan, Violation, Waiver


def waiver_document(waiver: Waiver, now: datetime) -> dict[str, Any]:
    return {
        "id": str(waiver.pk),
        "rule_id": waiver.rule_id,
        "account": None if waiver.is_pattern else waiver.account,
        "account_pattern": waiver.account if waiver.is_pattern else None,
        "signature": None if waiver.is_pattern else f"{waiver.rule_id}:{waiver.account}",
        "policy_id": str(waiver.policy_id) if waiver.policy_id else None,
        "reason": waiver.reason,
        "owner": waiver.owner,
        "state": waiver.state(now),
        "expires_at": time(waiver.expires_at),
        "created_at": time(waiver.created_at),
        "created_by": waiver.created_by,
        "ended_at": time(waiver.ended_at),
        "ended_by": waiver.ended_by or None,
    }


def waivers_on(scan: ComplianceScan) -> list[dict[str, Any]]:
    """Those that keep violations of a completed scan out of its score, and how many each."""
    if not scan.waived_count:
        return []
    waived = Violation.objects.of_scan(scan).filter(waiver__isnull=False).order_by()
    counts = dict(waived.values_list("waiver_id").annotate(Count("id")))
    waivers = Waiver.objects.for_group(scan.group).filter(pk__in=counts).order_by("created_at", "pk")
    return [
        {
            "id": str(waiver.pk), "reason": waiver.reason, "owner": waiver.owner,
            "expires_at": time(waiver.expires_at), "violations": counts[waiver.pk],
        }
        for waiver in waivers
    ]  # fmt: skip
