"""Every finding of a violation over REST, with the records that prove it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any, ClassVar

from django.core import signing
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from compliance.api.answers.exports import FindingsAnswer
from compliance.api.filters import choice
from compliance.errors import EvidenceDeleted, ViolationNotFound
from compliance.exports.evidence import FINDING, Evidence, Finding, Record, opened
from compliance.exports.streams import csv_chunks
from compliance.models import Violation
from compliance.written import number, time
from web.errors import ValidationFailed
from web.pagination import limit_of

FORMATS = ("json", "csv")
SHOWN = 100
"""Records of one finding whose values a JSON answer holds; the CSV has them all."""
_SALT = "compliance.findings"


class Findings(PartnerView):
    """GET /api/violations/{id}/findings"""

    missing: ClassVar = ViolationNotFound
    permissions: ClassVar = {"GET": "compliance:read"}
    query: ClassVar = {"GET": ("cursor", "limit", "format")}

    @extend_schema(
        parameters=[OpenApiParameter("format", enum=FORMATS, description="csv: all of them, one line a record.")],
        responses={(200, "application/json"): FindingsAnswer, (200, "text/csv"): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    def get(self, request: PartnerRequest, violation_id: uuid.UUID) -> HttpResponseBase:
        """Every finding of a violation, by time. 409 once the evidence of its scan is deleted."""
        violation = _find(request, violation_id)
        if choice(request, "format", FORMATS) == "csv":
            return _as_csv(violation)
        after, limit = _position(request, violation), limit_of(request)
        with opened(violation) as evidence:
            found = evidence.page(after=after, limit=limit + 1)
            more, found = len(found) > limit, found[:limit]
            values = evidence.values({row for finding in found for row in finding.rows[:SHOWN]})
            answer = {
                "violation_id": str(violation.pk),
                "input_deleted": evidence.input_deleted,
                "findings": [_document(finding, evidence, values) for finding in found],
                "next_cursor": _cursor(violation, found[-1].number) if more else None,
                "has_more": more,
            }
        return Response(answer)


def _document(finding: Finding, evidence: Evidence, values: Mapping[int, Record]) -> dict[str, Any]:
    return {
        "number": finding.number,
        "key": finding.key,
        "value": number(finding.value),
        "first_at": time(finding.first_at),
        "last_at": time(finding.last_at),
        "amount": number(finding.amount),
        "record_count": len(finding.rows),
        "evidence": [_record(row, evidence, values.get(row)) for row in finding.rows[:SHOWN]],
        "evidence_complete": len(finding.rows) <= SHOWN,
    }


def _record(row: int, evidence: Evidence, record: Record | None) -> dict[str, Any]:
    upload_id, own = evidence.place(row)
    return {"row": own, "upload_id": upload_id, "values": record.values if record else None}


def _as_csv(violation: Violation) -> StreamingHttpResponse:
    """Opened before the first byte, so that what cannot be read is still an answer of its own."""
    answer = StreamingHttpResponse(_Lines(violation), content_type="text/csv; charset=utf-8")
    name = content_disposition_header(as_attachment=True, filename=f"findings-{violation.pk}.csv")
    answer["Content-Disposition"] = name or ""
    return answer


class _Lines:
    """The chunks of the CSV; closed by the server with the answer, also when nobody has read any of it."""

    def __init__(self, violation: Violation) -> None:
        self._kept = ExitStack()
        evidence = self._kept.enter_context(opened(violation))
        self._chunks = csv_chunks([*FINDING, *evidence.headers], evidence.table())

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        self._kept.close()


def _find(request: PartnerRequest, violation_id: uuid.UUID) -> Violation:
    violations = Violation.objects.visible().for_group(request.group).select_related("scan__upload")
    violation: Violation | None = violations.defer("sample").filter(pk=violation_id).first()
    if violation is None:
        raise ViolationNotFound
    if not violation.scan.findings:
        raise EvidenceDeleted
    return violation


def _cursor(violation: Violation, after: int) -> str:
    return signing.Signer(salt=f"{_SALT}:{violation.pk}", sep=".").sign_object(after)


def _position(request: PartnerRequest, violation: Violation) -> int:
    cursor = request.GET.get("cursor")
    if cursor is None:
        return 0
    try:
        return int(signing.Signer(salt=f"{_SALT}:{violation.pk}", sep=".").unsign_object(cursor))
    except Exception as fault:  # whatever is wrong with the text, signed or not, is the caller's fault
        raise ValidationFailed.at("cursor", "is not a cursor of this list; start again without it") from fault
