"""Cases over REST: violations by account, and the work on one account."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from compliance.actions import cases as actions
from compliance.actions.accounts import MOST_SHOWN, accounts_of
from compliance.api import documents
from compliance.api.answers import listed
from compliance.api.answers.cases import AccountPage, CaseAnswer, CaseItem, NoteAnswer
from compliance.api.filters import choice, uuid_of
from compliance.api.scans import find_scan
from compliance.enums import CasePriority, CaseStatus
from compliance.errors import CaseNotFound
from compliance.models import Case, Violation
from web.errors import Conflict, NotFound, Unprocessable, ValidationFailed
from web.pagination import limit_of, paginate, position_of, sealed
from web.serializers import StrictSerializer, Text, Uuid, Word


class NewCaseRequest(StrictSerializer):
    policy_id = Uuid()
    account = Text(max_length=10_000)
    priority = Word(CasePriority.choices, required=False)
    assignee = Text(max_length=150, required=False)
    reviewer = Text(max_length=100, required=False)


class CaseRequest(StrictSerializer):
    status = Word(CaseStatus.choices, required=False)
    priority = Word(CasePriority.choices, required=False)
    assignee = Text(max_length=150, allow_null=True, required=False)
    reviewer = Text(max_length=100, required=False)


class NoteRequest(StrictSerializer):
    text = Text(max_length=10_000)
    reviewer = Text(max_length=100, required=False)


class ByAccount(PartnerView):
    """GET /api/violations/cases: the accounts of a scan, the gravest first."""

    permissions: ClassVar = {"GET": "compliance:read"}
    refuses: ClassVar = {"GET": (NotFound,)}
    query: ClassVar = {"GET": ("cursor", "limit", "scan_id")}

    @extend_schema(parameters=[OpenApiParameter("scan_id", OpenApiTypes.UUID, required=True)], responses=AccountPage)
    def get(self, request: PartnerRequest) -> Response:
        scan_id = uuid_of(request, "scan_id")
        if scan_id is None:
            raise ValidationFailed.at("scan_id", "is required: the scan whose violations are grouped")
        scan = find_scan(request, scan_id)
        limit = limit_of(request)
        found = accounts_of(scan, after=position_of(request), limit=limit + 1)
        more = len(found) > limit
        found = found[:limit]
        cases = [
            {
                "account_id": account.account, "violation_count": account.violation_count,
                "max_severity": account.max_severity, "top_rule": account.top_rule,
                "total_amount": documents.number(account.total_amount),
                "violations": [_shown(violation) for violation in account.violations[:MOST_SHOWN]],
            }
            for account in found
        ]  # fmt: skip
        cursor = sealed(request, found[-1].position) if more else None
        return Response({"scan_id": str(scan.pk), "cases": cases, "next_cursor": cursor, "has_more": more})


class Cases(PartnerView):
    """GET and POST /api/cases"""

    permissions: ClassVar = {"GET": "compliance:review", "POST": "compliance:review"}
    refuses: ClassVar = {"POST": (NotFound, Conflict, Unprocessable)}
    query: ClassVar = {"GET": ("cursor", "limit", "status", "priority", "policy_id", "account", "assignee")}
    words: ClassVar = {"status": CaseStatus.values, "priority": CasePriority.values}

    @extend_schema(responses=listed("cases", CaseItem))
    def get(self, request: PartnerRequest) -> Response:
        cases = Case.objects.for_group(request.group).with_assignee()
        exact = {
            "status": choice(request, "status", CaseStatus.values),
            "priority": choice(request, "priority", CasePriority.values),
            "policy_id": uuid_of(request, "policy_id"),
            "account": request.GET.get("account"),
            "assignee__username": request.GET.get("assignee"),
        }
        cases = cases.filter(**{name: value for name, value in exact.items() if value is not None})
        page = paginate(request, cases, time="opened_at")
        return Response(page.compliance("cases", map(case_item, page.items)))

    @extend_schema(request=NewCaseRequest, responses={201: CaseAnswer})
    def post(self, request: PartnerRequest) -> Response:
        body = NewCaseRequest.read(request.data)
        by = Requester.partner(request).signing_as(body.pop("reviewer", ""))
        case = actions.open_case(group=request.group, by=by, **_assigned(request, body))
        return Response(case_document(case), status=201)


class CaseDetail(PartnerView):
    """GET and PATCH /api/cases/{id}"""

    missing: ClassVar = CaseNotFound
    permissions: ClassVar = {"GET": "compliance:review", "PATCH": "compliance:review"}
    refuses: ClassVar = {"PATCH": (Conflict,)}

    @extend_schema(responses=CaseAnswer)
    def get(self, request: PartnerRequest, case_id: uuid.UUID) -> Response:
        return Response(case_document(_find(request, case_id)))

    @extend_schema(request=CaseRequest(partial=True), responses=CaseAnswer)
    def patch(self, request: PartnerRequest, case_id: uuid.UUID) -> Response:
        body = CaseRequest.read(request.data, partial=True)
        by = Requester.partner(request).signing_as(body.pop("reviewer", ""))
        if not body:
            raise ValidationFailed("Nothing to change: send at least one of status, priority, assignee.")
        actions.change_case(case=_find(request, case_id), by=by, **_assigned(request, body))
        return Response(case_document(_find(request, case_id)))


class Notes(PartnerView):
    """POST /api/cases/{id}/notes"""

    missing: ClassVar = CaseNotFound
    permissions: ClassVar = {"POST": "compliance:review"}

    @extend_schema(request=NoteRequest, responses={201: NoteAnswer})
    def post(self, request: PartnerRequest, case_id: uuid.UUID) -> Response:
        body = NoteRequest.read(request.data)
        by = Requester.partner(request).signing_as(body.get("reviewer", ""))
        note = actions.add_note(case=_find(request, case_id), by=by, text=body["text"])
        answer = {"case_id": str(case_id), "at": documents.time(note.at), "who": note.author, "text": note.text}
        return Response(answer, status=201)


def case_item(case: Case) -> dict[str, Any]:
    return {
        "id": str(case.pk),
        "policy_id": str(case.policy_id),
        "account": case.account,
        "status": case.status,
        "priority": case.priority,
        "assignee": case.assignee.get_username() if case.assignee else None,
        "opened_at": documents.time(case.opened_at),
        "opened_by": case.opened_by,
        "updated_at": documents.time(case.updated_at),
        "closed_at": documents.time(case.closed_at),
        "closed_by": case.closed_by or None,
    }


def case_document(case: Case) -> dict[str, Any]:
    """With its violations (the first 100, and how many there are) and its timeline."""
    found, scan = actions.violations_of(case), actions.newest_scan(case)
    shown = list(found.defer("sample").order_by("rule_id")[:MOST_SHOWN])
    return {
        **case_item(case),
        "scan_id": str(scan.pk) if scan else None,
        "violation_count": found.count(),
        "pending_count": found.undecided().count(),
        "violations": [_shown(violation) for violation in shown],
        "timeline": [_step(step) for step in actions.timeline(case)],
    }


def _shown(violation: Violation) -> dict[str, Any]:
    return {
        "violation_id": str(violation.pk),
        "rule_id": violation.rule_id,
        "severity": violation.severity,
        "status": violation.status,
        "waived": violation.waiver_id is not None,
        "finding_count": violation.finding_count,
        "amount": documents.number(violation.amount),
        "first_at": documents.time(violation.first_at),
        "last_at": documents.time(violation.last_at),
    }


def _step(step: actions.Step) -> dict[str, Any]:
    return {
        "at": documents.time(step.at),
        "kind": step.kind,
        "who": step.who,
        "text": step.text or None,
        "before": step.before or None,
        "after": step.after or None,
        "violation_id": str(step.violation_id) if step.violation_id else None,
    }


def _assigned(request: PartnerRequest, body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with the member of staff instead of a name."""
    name = body.get("assignee")
    return {**body, "assignee": actions.assignable(request.group, name)} if name else dict(body)


def _find(request: PartnerRequest, case_id: uuid.UUID) -> Case:
    cases = Case.objects.for_group(request.group).with_assignee().select_related("group")
    case: Case | None = cases.filter(pk=case_id).first()
    if case is None:
        raise CaseNotFound
    return case
