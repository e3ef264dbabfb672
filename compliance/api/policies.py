"""Policies and their rules over REST."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from compliance.actions import policies as actions
from compliance.api import documents
from compliance.api.answers import Success, listed
from compliance.api.answers import policies as answers
from compliance.enums import ScoreMethod
from compliance.errors import PolicyNotFound
from compliance.models import Policy
from compliance.models.policies import check_time_zone
from compliance.packs.loader import Pack, UnknownPack, available_packs, load_pack
from web.errors import Conflict, ValidationFailed
from web.pagination import paginate
from web.serializers import Flag, Share, StrictSerializer, Text, Word


def time_zone(name: str) -> None:
    try:
        check_time_zone(name)
    except ValidationError as fault:
        raise serializers.ValidationError(fault.messages) from fault


class PolicyRequest(StrictSerializer):
    name = Text(max_length=200)
    description = Text(max_length=10_000, allow_blank=True, required=False)
    score_method = Word(ScoreMethod.choices, required=False)
    time_zone = Text(max_length=64, validators=[time_zone], required=False)
    compat = Flag(required=False)
    reopen_growth = Share(required=False)
    rules = serializers.ListField(child=serializers.JSONField(), required=False)


class PrebuiltRequest(StrictSerializer):
    type = Text(max_length=20)
    selected_categories = serializers.ListField(child=Text(max_length=100), required=False, allow_empty=False)
    name = Text(max_length=200, required=False)


class Policies(PartnerView):
    """GET and POST /api/policies"""

    permissions: ClassVar = {"GET": "compliance:read", "POST": "compliance:write"}
    query: ClassVar = {"GET": ("cursor", "limit")}

    @extend_schema(responses=listed("policies", answers.PolicyItem))
    def get(self, request: PartnerRequest) -> Response:
        page = paginate(request, Policy.objects.for_group(request.group).in_use())
        return Response(page.compliance("policies", map(documents.policy_item, page.items)))

    @extend_schema(request=PolicyRequest, responses={201: answers.Policy})
    def post(self, request: PartnerRequest) -> Response:
        body = PolicyRequest.read(request.data)
        rules = body.pop("rules", [])
        policy, version = actions.create_policy(
            group=request.group,
            by=Requester.partner(request),
            rules=rules,
            **body,
        )
        return Response(documents.policy_document(policy, version), status=201)


class Prebuilt(PartnerView):
    """GET and POST /api/policies/prebuilt"""

    permissions: ClassVar = {"GET": "compliance:read", "POST": "compliance:write"}

    @extend_schema(responses=answers.Packs)
    def get(self, request: PartnerRequest) -> Response:
        return Response({"packs": [_pack_document(pack) for pack in available_packs()]})

    @extend_schema(request=PrebuiltRequest, responses={201: answers.Policy})
    def post(self, request: PartnerRequest) -> Response:
        body = PrebuiltRequest.read(request.data)
        try:
            pack = load_pack(body["type"], body.get("selected_categories"))
        except UnknownPack as fault:
            known = body["type"] in {pack.name for pack in available_packs()}
            raise ValidationFailed.at("selected_categories" if known else "type", str(fault)) from fault
        policy, version = actions.create_policy(
            group=request.group, by=Requester.partner(request), name=body.get("name", pack.title),
            description=pack.description, rules=[rule.canonical() for rule in pack.rules],
        )  # fmt: skip
        return Response(documents.policy_document(policy, version), status=201)


class PolicyDetail(PartnerView):
    """GET, PATCH and DELETE /api/policies/{id}"""

    missing: ClassVar = PolicyNotFound
    permissions: ClassVar = {"GET": "compliance:read", "PATCH": "compliance:write", "DELETE": "compliance:delete"}

    @extend_schema(responses=answers.Policy)
    def get(self, request: PartnerRequest, policy_id: uuid.UUID) -> Response:
        policy = find_policy(request, policy_id)
        return Response(documents.policy_document(policy, policy.current()))

    @extend_schema(request=PolicyRequest(partial=True), responses=answers.Policy)
    def patch(self, request: PartnerRequest, policy_id: uuid.UUID) -> Response:
        body = PolicyRequest.read(request.data, partial=True)
        if not body:
            raise ValidationFailed(f"Nothing to change: send at least one of {', '.join(PolicyRequest().fields)}.")
        policy = find_policy(request, policy_id)
        version = actions.change_policy(policy=policy, by=Requester.partner(request), **body)
        policy.refresh_from_db()
        return Response(documents.policy_document(policy, version))

    @extend_schema(responses={200: Success})
    def delete(self, request: PartnerRequest, policy_id: uuid.UUID) -> Response:
        actions.delete_policy(policy=find_policy(request, policy_id), by=Requester.partner(request))
        return Response({"success": True})


class Rules(PartnerView):
    """GET and POST /api/policies/{id}/rules"""

    missing: ClassVar = PolicyNotFound
    permissions: ClassVar = {"GET": "compliance:read", "POST": "compliance:write"}
    refuses: ClassVar = {"POST": (Conflict,)}

    @extend_schema(responses=answers.Rules)
    def get(self, request: PartnerRequest, policy_id: uuid.UUID) -> Response:
        version = find_policy(request, policy_id).current()
        return Response({"policy_id": str(policy_id), "version": version.number, "rules": version.rules})

    @extend_schema(request=OpenApiTypes.OBJECT, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: PartnerRequest, policy_id: uuid.UUID) -> Response:
        policy = find_policy(request, policy_id)
        rule = actions.add_rule(policy=policy, by=Requester.partner(request), rule=request.data)
        return Response(rule, status=201)


class RuleDetail(PartnerView):
    """PATCH and DELETE /api/policies/{id}/rules/{rule_id}"""

    missing: ClassVar = PolicyNotFound
    permissions: ClassVar = {"PATCH": "compliance:write", "DELETE": "compliance:delete"}

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    def patch(self, request: PartnerRequest, policy_id: uuid.UUID, rule_id: str) -> Response:
        if not isinstance(request.data, dict) or not request.data:
            raise ValidationFailed("The body must be an object with the parts of the rule to change.")
        policy = find_policy(request, policy_id)
        rule = actions.change_rule(
            policy=policy, by=Requester.partner(request), rule_id=rule_id, changes=dict(request.data)
        )
        return Response(rule)

    @extend_schema(responses={200: Success})
    def delete(self, request: PartnerRequest, policy_id: uuid.UUID, rule_id: str) -> Response:
        actions.remove_rule(policy=find_policy(request, policy_id), by=Requester.partner(request), rule_id=rule_id)
        return Response({"success": True})


def find_policy(request: PartnerRequest, policy_id: uuid.UUID) -> Policy:
    policy: Policy | None = Policy.objects.for_group(request.group).in_use().filter(pk=policy_id).first()
    if policy is None:
        raise PolicyNotFound
    return policy


def _pack_document(pack: Pack) -> dict[str, Any]:
    return {
        "type": pack.name,
        "name": pack.title,
        "description": pack.description,
        "categories": list(pack.categories),
        "category_rule_counts": Counter(rule.category for rule in pack.rules),
        "rule_count": len(pack.rules),
        "rules": [rule.canonical() for rule in pack.rules],
    }
