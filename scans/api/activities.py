"""POST /activities: posts and comments of prospects."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from scans.actions.activities import Rejected, take_activities
from scans.api import answers
from scans.enums import ACTIVITIES
from web.answers import refusal_of
from web.serializers import Instant, ObjectId, Text, V1Request, Whole, Word

MOST = 500  # in one request
_BIG = 2**53 - 1


class ActivityRequest(V1Request):
    """One activity; the person by exactly one of prospectId and publicIdentifier."""

    external_id = Text(max_length=200)
    type = Word([kind.value for kind in ACTIVITIES])
    prospect_id = ObjectId(required=False)
    public_identifier = Text(max_length=200, required=False)
    text = Text(max_length=20_000)
    url = serializers.URLField(max_length=2000)
    posted_at = Instant()
    total_likes = Whole(min_value=0, max_value=_BIG, required=False)
    total_comments = Whole(min_value=0, max_value=_BIG, required=False)
    reply_summary = Text(max_length=5000, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("prospect_id" in attrs) == ("public_identifier" in attrs):
            raise serializers.ValidationError("name the person by one of prospectId and publicIdentifier")
        return attrs


class _Sent(V1Request):
    activities = serializers.ListField(child=serializers.DictField(), allow_empty=False, max_length=MOST)


class ActivitiesRequest(V1Request):
    activities = serializers.ListField(child=ActivityRequest(), allow_empty=False, max_length=MOST)


class Activities(PartnerView):
    """POST /v1/accounts/{accountGroupId}/activities"""

    permissions: ClassVar = {"POST": "activities:write"}

    @extend_schema(request=ActivitiesRequest, responses={202: answers.ActivitiesTaken})
    def post(self, request: PartnerRequest, **path: str) -> Response:
        """A faulty activity is rejected with its reason and keeps no other from being taken."""
        sent, rejected = _read(_Sent.read(request.data)["activities"])
        taken = take_activities(group=request.group, by=Requester.partner(request), sent=sent)
        rejected = sorted([*rejected, *taken.rejected], key=lambda each: each.index)
        shown = [{"index": each.index, "reason": each.reason} for each in rejected]
        document = {"accepted": taken.accepted, "duplicates": taken.duplicates, "rejected": shown}
        return Response(document, status=202)


def _read(activities: list[dict[str, Any]]) -> tuple[list[tuple[int, dict[str, Any]]], list[Rejected]]:
    valid, rejected = [], []
    for index, activity in enumerate(activities):
        try:
            valid.append((index, ActivityRequest.read(activity)))
        except serializers.ValidationError as fault:
            rejected.append(Rejected(index, refusal_of(fault).message))
    return valid, rejected
