"""Waivers over REST: make, list, look at, end."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from compliance import staging
from compliance.actions.waivers import end_waiver, find_waiver, make_waiver
from compliance.api.answers import Success, listed
from compliance.api.answers import waivers as answers
from compliance.api.documents_waivers import waiver_document
from compliance.api.filters import choice, uuid_of
from compliance.errors import PolicyNotFound, WaiverEnded, WaiverNotFound
from compliance.models import Waiver
from web.errors import ValidationFailed
from web.pagination import paginate
from web.serializers import Instant, StrictSerializer, Text, Uuid

ACCOUNT_MOST = 10_000
STATES = ("active", "over")


class WaiverRequest(StrictSerializer):
    signature = Text(max_length=ACCOUNT_MOST + 101, required=False, trim_whitespace=False)
    rule_id = Text(max_length=100, required=False)
    account_pattern = Text(max_length=ACCOUNT_MOST, required=False, trim_whitespace=False)
    policy_id = Uuid(required=False, allow_null=True)
    reason = Text(max_length=5_000)
    owner = Text(max_length=200)
    expires_at = Instant()


class Waivers(PartnerView):
    """GET and POST /api/waivers"""

    permissions: ClassVar = {"GET": "compliance:read", "POST": "compliance:review"}
    refuses: ClassVar = {"POST": (PolicyNotFound,)}
    query: ClassVar = {"GET": ("cursor", "limit", "policy_id", "state")}
    words: ClassVar = {"state": STATES}

    @extend_schema(responses=listed("waivers", answers.Waiver))
    def get(self, request: PartnerRequest) -> Response:
        waivers = Waiver.objects.for_group(request.group)
        if (policy := uuid_of(request, "policy_id")) is not None:
            waivers = waivers.filter(Q(policy_id=policy) | Q(policy__isnull=True))
        match choice(request, "state", STATES):
            case "active":
                waivers = waivers.in_force()
            case "over":
                waivers = waivers.exclude(pk__in=waivers.in_force().values("pk"))
        page, now = paginate(request, waivers), staging.now()
        return Response(page.compliance("waivers", (waiver_document(waiver, now) for waiver in page.items)))

    @extend_schema(request=WaiverRequest, responses={201: answers.Waiver})
    def post(self, request: PartnerRequest) -> Response:
        body = WaiverRequest.read(request.data)
        by = Requester.partner(request)
        about = {name: body[name] for name in ("reason", "owner", "expires_at")}
        waiver = make_waiver(group=request.group, by=by, policy_id=body.get("policy_id"), **_subject(body), **about)
        return Response(waiver_document(waiver, staging.now()), status=201)


class WaiverDetail(PartnerView):
    """GET and DELETE /api/waivers/{id}"""

    missing: ClassVar = WaiverNotFound
    permissions: ClassVar = {"GET": "compliance:read", "DELETE": "compliance:review"}
    refuses: ClassVar = {"DELETE": (WaiverEnded,)}

    @extend_schema(responses=answers.Waiver)
    def get(self, request: PartnerRequest, waiver_id: uuid.UUID) -> Response:
        return Response(waiver_document(find_waiver(request.group, waiver_id), staging.now()))

    @extend_schema(responses={200: Success})
    def delete(self, request: PartnerRequest, waiver_id: uuid.UUID) -> Response:
        end_waiver(waiver=find_waiver(request.group, waiver_id), by=Requester.partner(request))
        return Response({"success": True})


def _subject(body: dict[str, Any]) -> dict[str, Any]:
    """What is waived: `signature` is one violation, `rule_id` and `account_pattern` are those that match."""
    if "signature" in body and not {"rule_id", "account_pattern"} & set(body):
        rule_id, colon, account = body["signature"].partition(":")  # no rule's id holds a colon
        if not (rule_id and colon and account) or len(rule_id) > 100:
            raise ValidationFailed.at("signature", "must be rule_id:account, as GET /api/violations shows them")
        return {"rule_id": rule_id, "account": account, "is_pattern": False}
    if "signature" not in body and {"rule_id", "account_pattern"} <= set(body):
        return {"rule_id": body["rule_id"], "account": body["account_pattern"], "is_pattern": True}
    raise ValidationFailed("Send either signature, or rule_id and account_pattern.")
