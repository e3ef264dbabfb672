"""Mappings over REST: ask whether a policy could run, then confirm."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from compliance.actions import readiness
from compliance.actions.uploads import confirm_mapping, refuse_unready
from compliance.api.answers import uploads as answers
from compliance.api.policies import find_policy
from compliance.api.uploads import find_upload
from compliance.uploads.mapping import misspelt
from web.errors import Conflict, NotFound
from web.serializers import Flag, StrictSerializer, Text, Uuid, Word

OVERRIDES = "{column: {decimal_mark, day_first}}: how a column is read that reads in two ways (`ambiguous`)."


class Override(StrictSerializer):
    """How one ambiguous column is read."""

    decimal_mark = Word(choices=[".", ","], required=False)
    day_first = Flag(required=False, help_text="Whether 03/04/2024 is in April.")


class ReadinessRequest(StrictSerializer):
    policy_id = Uuid()
    upload_id = Uuid()
    mapping_config = serializers.DictField(child=Text())
    overrides = serializers.DictField(child=Override(), required=False, help_text=OVERRIDES)


class ConfirmRequest(StrictSerializer):
    upload_id = Uuid()
    mapping_config = serializers.DictField(child=Text())
    temporal_scale = Text(max_length=20, required=False)
    overrides = serializers.DictField(child=Override(), required=False, help_text=OVERRIDES)


class Readiness(PartnerView):
    """POST /api/data/mapping/readiness"""

    permissions: ClassVar = {"POST": "compliance:read"}
    refuses: ClassVar = {"POST": (NotFound, Conflict)}

    @extend_schema(request=ReadinessRequest, responses=answers.Readiness)
    def post(self, request: PartnerRequest) -> Response:
        body = ReadinessRequest.read(request.data)
        policy = find_policy(request, body["policy_id"])
        upload = find_upload(request, body["upload_id"])
        if not upload.profile:  # nobody has read it, and when its reading was cancelled nobody will
            refuse_unready(upload)
        found = readiness.assess(policy.current().rules, upload, body["mapping_config"], body.get("overrides"))
        return Response(found.document(upload))


class Confirm(PartnerView):
    """POST /api/data/mapping/confirm"""

    permissions: ClassVar = {"POST": "compliance:write"}
    refuses: ClassVar = {"POST": (NotFound, Conflict)}

    @extend_schema(request=ConfirmRequest, responses={201: answers.Confirmed})
    def post(self, request: PartnerRequest) -> Response:
        body = ConfirmRequest.read(request.data)
        upload = find_upload(request, body["upload_id"])
        mapping = confirm_mapping(
            upload=upload, by=Requester.partner(request), config=body["mapping_config"],
            temporal_scale=body.get("temporal_scale"), overrides=body.get("overrides"),
        )  # fmt: skip
        about = {"mapping_id": str(mapping.pk), "ready_to_scan": mapping.ready_to_scan}
        return Response({**about, "warnings": misspelt(mapping.config)}, status=201)
