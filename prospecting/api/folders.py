"""Folders of audiences over REST."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from prospecting.actions import audiences as actions
from prospecting.api import audience_answers as answers
from prospecting.api import audience_documents as documents
from prospecting.api.audiences import NAME_MOST
from prospecting.errors import AudienceNotFound, AudienceNotReady, FolderNameTaken, FolderNotFound
from prospecting.models import Audience, Folder
from web.serializers import ObjectId, Text, V1Request

MOST_SHOWN = 5_000  # audiences in the navigation


class FolderRequest(V1Request):
    name = Text(max_length=NAME_MOST)


class MoveRequest(V1Request):
    folder_id = ObjectId()


class Navigation(PartnerView):
    """GET .../audiences/navigation: the folders with their audiences, and those in none"""

    permissions: ClassVar = {"GET": "audiences:read"}

    @extend_schema(responses=answers.AudienceNavigation)
    def get(self, request: PartnerRequest, **path: Any) -> Response:
        """The newest 5,000 audiences; GET /audiences has them all."""
        folders = Folder.objects.for_group(request.group).order_by("name", "id")
        rows = Audience.objects.for_group(request.group).ready().order_by("-created_at", "-id")
        audiences = list(rows.only("name", "type", "folder_id", "prospect_count")[: MOST_SHOWN + 1])
        shown, more = audiences[:MOST_SHOWN], len(audiences) > MOST_SHOWN
        return Response(documents.navigation(folders, shown, has_more=more))


class Folders(PartnerView):
    """POST .../audiences/folders"""

    permissions: ClassVar = {"POST": "audiences:write"}
    refuses: ClassVar = {"POST": (FolderNameTaken,)}

    @extend_schema(request=FolderRequest, responses={201: answers.AudienceFolder})
    def post(self, request: PartnerRequest, **path: Any) -> Response:
        body = FolderRequest.read(request.data)
        made = actions.create_folder(group=request.group, by=Requester.partner(request), **body)
        return Response(documents.folder(made), status=201)


class FolderDetail(PartnerView):
    """PATCH .../audiences/folders/{folderId}"""

    missing: ClassVar = FolderNotFound
    permissions: ClassVar = {"PATCH": "audiences:write"}
    refuses: ClassVar = {"PATCH": (FolderNameTaken,)}

    @extend_schema(request=FolderRequest, responses=answers.AudienceFolder)
    def patch(self, request: PartnerRequest, **path: Any) -> Response:
        body = FolderRequest.read(request.data)
        by = Requester.partner(request)
        return Response(
            documents.folder(actions.rename_folder(group=request.group, folder_id=path["folderId"], by=by, **body))
        )


class MoveToFolder(PartnerView):
    """POST .../audiences/{audienceId}/move-to-folder"""

    missing: ClassVar = AudienceNotFound
    permissions: ClassVar = {"POST": "audiences:write"}
    refuses: ClassVar = {"POST": (AudienceNotReady,)}

    @extend_schema(request=MoveRequest, responses={200: answers.Audience})
    def post(self, request: PartnerRequest, **path: Any) -> Response:
        body = MoveRequest.read(request.data)
        return _moved(request, path["audienceId"], body["folder_id"])


class RemoveFromFolder(PartnerView):
    """POST .../audiences/{audienceId}/remove-from-folder"""

    missing: ClassVar = AudienceNotFound
    permissions: ClassVar = {"POST": "audiences:write"}
    refuses: ClassVar = {"POST": (AudienceNotReady,)}

    @extend_schema(request=None, responses={200: answers.Audience})
    def post(self, request: PartnerRequest, **path: Any) -> Response:
        return _moved(request, path["audienceId"], None)


def _moved(request: PartnerRequest, audience_id: str, folder_id: str | None) -> Response:
    by = Requester.partner(request)
    moved = actions.move_audience(group=request.group, audience_id=audience_id, by=by, folder_id=folder_id)
    return Response(documents.audience(moved))
