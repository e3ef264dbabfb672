"""Two scans side by side over REST: what is new, resolved and unchanged, and why the score moved."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from compliance.actions.comparison import DELTAS, Comparison, RuleMoves, compare_scans, counterparts, violations_of
from compliance.api import documents
from compliance.api.answers.comparisons import Compared
from compliance.api.filters import choice
from compliance.api.scans import find_scan
from compliance.engine.split import Part
from compliance.errors import ScanNotFound
from compliance.models import ComplianceScan, Violation
from web.pagination import paginate


class Compare(PartnerView):
    """GET /api/scan/{id}/compare/{other_id}: the earlier scan is `before`, whichever is named first."""

    missing: ClassVar = ScanNotFound
    permissions: ClassVar = {"GET": "compliance:read"}
    query: ClassVar = {"GET": ("cursor", "limit", "delta")}
    words: ClassVar = {"delta": DELTAS}

    @extend_schema(responses=Compared)
    def get(self, request: PartnerRequest, scan_id: uuid.UUID, other_id: uuid.UUID) -> Response:
        found = compare_scans(find_scan(request, scan_id), find_scan(request, other_id))
        chosen = violations_of(found, choice(request, "delta", DELTAS))
        page = paginate(request, chosen.defer("sample"))
        document = comparison_document(found)
        return Response({**document, **page.compliance("violations", _items(found, page.items))})


def comparison_document(found: Comparison) -> dict[str, Any]:
    """Everything but the list of violations."""
    return {
        "before": side(found.before, found.split.before),
        "after": side(found.after, found.split.after),
        "score_method": found.after.score_method,
        **{f"{delta}_count": found.total(delta) for delta in DELTAS},
        "score_change": documents.number(found.split.change),
        "score_parts": {part.value: documents.number(found.split.parts[part]) for part in Part},
        "by_rule": [_rule(found, rule) for rule in found.rules.values()],
    }


def side(scan: ComplianceScan, score: Any) -> dict[str, Any]:
    return {
        "scan_id": str(scan.pk),
        "created_at": documents.time(scan.created_at),
        "policy_id": str(scan.policy_id),
        "policy_version": scan.policy_version.number,
        "upload_id": str(scan.upload_id),
        "record_count": scan.record_count,
        "violation_count": scan.violation_count,
        "score": documents.number(score),
    }


def _rule(found: Comparison, rule: RuleMoves) -> dict[str, Any]:
    parts = found.split.by_rule.get(rule.rule_id, {})
    return {
        "rule_id": rule.rule_id,
        "rule_changed": rule.rule_id in found.changed,
        **{delta: getattr(rule, delta) for delta in DELTAS},
        "score_change": documents.number(sum(parts.values(), Decimal(0))),
        "score_parts": {part.value: documents.number(amount) for part, amount in sorted(parts.items()) if amount},
    }


def _items(found: Comparison, page: Iterable[Violation]) -> list[dict[str, Any]]:
    listed = list(page)
    others = counterparts(found, listed)
    return [_item(found, violation, others.get((violation.rule_id, violation.account))) for violation in listed]


def _item(found: Comparison, violation: Violation, other: Violation | None) -> dict[str, Any]:
    gone = violation.scan_id == found.before.pk and found.before.pk != found.after.pk
    before, after = (violation, None) if gone else (other, violation)
    return {
        "delta": "resolved" if gone else "unchanged" if other else "new",
        "rule_id": violation.rule_id,
        "account": violation.account,
        "rule_changed": violation.rule_id in found.changed,
        "before": _standing(before),
        "after": _standing(after),
    }


def _standing(violation: Violation | None) -> Mapping[str, Any] | None:
    if violation is None:
        return None
    return {
        "violation_id": str(violation.pk),
        "severity": violation.severity,
        "finding_count": violation.finding_count,
        "status": violation.status,
        "waived": violation.waiver_id is not None,
        "amount": documents.number(violation.amount),
    }
