"""Audiences over REST: list, make, look at, rename, delete, and who is in one."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from prospecting.actions import audiences as actions
from prospecting.api import audience_answers as answers
from prospecting.api import audience_documents as documents
from prospecting.api.prospect_answers import Prospect
from prospecting.api.prospect_documents import prospect
from prospecting.enums import AudienceType
from prospecting.errors import AudienceInUse, AudienceNotFound, AudienceNotReady
from prospecting.models import Audience, AudienceMember
from web.errors import ValidationFailed
from web.pagination import QUERY, paginate
from web.serializers import Deleted, ObjectId, Text, V1Request, Word, page_of

NAME_MOST, DESCRIPTION_MOST = 200, 2000


class AudienceChange(V1Request):
    name = Text(max_length=NAME_MOST, required=False)
    description = Text(max_length=DESCRIPTION_MOST, allow_blank=True, allow_null=True, required=False)


class NewAudience(AudienceChange):
    name = Text(max_length=NAME_MOST)
    type = Word(AudienceType.choices, required=False, help_text="on_demand when it is left out.")
    folder_id = ObjectId(required=False)


class Audiences(PartnerView):
    """GET and POST /v1/accounts/{accountGroupId}/audiences; those that a job is filling are left out."""

    permissions: ClassVar = {"GET": "audiences:read", "POST": "audiences:write"}
    query: ClassVar = {"GET": QUERY}

    @extend_schema(responses=page_of(answers.Audience))
    def get(self, request: PartnerRequest, **path: Any) -> Response:
        page = paginate(request, Audience.objects.for_group(request.group).ready())
        return Response(page.v1(map(documents.audience, page.items)))

    @extend_schema(request=NewAudience, responses={201: answers.Audience})
    def post(self, request: PartnerRequest, **path: Any) -> Response:
        body = _plain(NewAudience.read(request.data))
        made = actions.create_audience(group=request.group, by=Requester.partner(request), **body)
        return Response(documents.audience(made), status=201)


class AudienceDetail(PartnerView):
    """GET, PATCH and DELETE .../audiences/{audienceId}"""

    missing: ClassVar = AudienceNotFound
    permissions: ClassVar = {"GET": "audiences:read", "PATCH": "audiences:write", "DELETE": "audiences:write"}
    refuses: ClassVar = {"GET": (AudienceNotReady,), "PATCH": (AudienceNotReady,), "DELETE": (AudienceInUse,)}

    @extend_schema(responses=answers.Audience)
    def get(self, request: PartnerRequest, **path: Any) -> Response:
        return Response(documents.audience(actions.find_audience(request.group, path["audienceId"])))

    @extend_schema(request=AudienceChange, responses=answers.Audience)
    def patch(self, request: PartnerRequest, **path: Any) -> Response:
        chosen = _plain(AudienceChange.read(request.data))
        if not chosen:
            raise ValidationFailed("Nothing to change: send at least one of name, description.")
        by = Requester.partner(request)
        changed = actions.change_audience(group=request.group, audience_id=path["audienceId"], by=by, chosen=chosen)
        return Response(documents.audience(changed))

    @extend_schema(responses={200: Deleted})
    def delete(self, request: PartnerRequest, **path: Any) -> Response:
        """Its prospects stay. An audience that a signal scan is looking at cannot be deleted."""
        actions.delete_audience(group=request.group, audience_id=path["audienceId"], by=Requester.partner(request))
        return Response({"deleted": True})


class AudienceProspects(PartnerView):
    """GET .../audiences/{audienceId}/prospects, those that came last first"""

    missing: ClassVar = AudienceNotFound
    permissions: ClassVar = {"GET": "prospects:read"}
    refuses: ClassVar = {"GET": (AudienceNotReady,)}
    query: ClassVar = {"GET": QUERY}

    @extend_schema(responses=page_of(Prospect))
    def get(self, request: PartnerRequest, **path: Any) -> Response:
        audience = actions.find_audience(request.group, path["audienceId"])
        members = AudienceMember.objects.filter(audience=audience).select_related("prospect__company")
        page = paginate(request, members, time="added_at")
        return Response(page.v1(prospect(member.prospect) for member in page.items))


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    """No description is an empty one."""
    return {name: value or "" if name == "description" else value for name, value in body.items()}
