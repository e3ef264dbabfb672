"""What was set aside in an upload, over REST."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.core import signing
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from compliance import rejected
from compliance.actions.uploads import refuse_unready
from compliance.api.answers import listed
from compliance.api.answers.uploads import Reject
from compliance.api.filters import choice
from compliance.api.uploads import find_upload
from compliance.errors import UploadNotFound
from compliance.models import Upload
from web.errors import Conflict, ValidationFailed
from web.pagination import limit_of

FORMATS = ("json", "csv")
_SALT = "compliance.rejects"


class Rejects(PartnerView):
    """GET /api/data/{id}/rejects"""

    missing: ClassVar = UploadNotFound
    permissions: ClassVar = {"GET": "compliance:read"}
    query: ClassVar = {"GET": ("cursor", "limit", "format")}
    refuses: ClassVar = {"GET": (Conflict,)}

    @extend_schema(
        parameters=[OpenApiParameter("format", enum=FORMATS, description="csv: all of them, as a file.")],
        responses={
            (200, "application/json"): listed("rejects", Reject),
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.BINARY),
        },
    )
    def get(self, request: PartnerRequest, upload_id: uuid.UUID) -> HttpResponseBase:
        """The records that could not be read, in the order of the file, each with its line and the reason."""
        upload = find_upload(request, upload_id)
        refuse_unready(upload)
        if choice(request, "format", FORMATS) == "csv":
            return rejected.as_csv(upload)
        entries, after = rejected.page(upload, offset=_offset(request, upload), limit=limit_of(request))
        cursor = None if after is None else _signer(upload).sign_object(after)
        return Response({"rejects": entries, "next_cursor": cursor, "has_more": after is not None})


def _signer(upload: Upload) -> signing.Signer:
    return signing.Signer(salt=f"{_SALT}:{upload.pk}", sep=".")


def _offset(request: PartnerRequest, upload: Upload) -> int:
    cursor = request.GET.get("cursor")
    if cursor is None:
        return 0
    try:
        return int(_signer(upload).unsign_object(cursor))
    except Exception as fault:  # whatever is wrong with the text, signed or not, is the caller's fault
        raise ValidationFailed.at("cursor", "is not a cursor of this list; start again without it") from fault
