"""Personal data in an upload over REST: advisory, and masked."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from compliance.actions.pii import pii_of
from compliance.api import documents
from compliance.api.answers import pii as answers
from compliance.api.uploads import find_upload
from compliance.errors import UploadNotFound
from compliance.models import PiiCheck
from web.errors import Conflict


class UploadPii(PartnerView):
    """GET /api/data/{id}/pii"""

    missing: ClassVar = UploadNotFound
    permissions: ClassVar = {"GET": "compliance:read"}
    refuses: ClassVar = {"GET": (Conflict,)}

    @extend_schema(responses=answers.Pii)
    def get(self, request: PartnerRequest, upload_id: uuid.UUID) -> Response:
        check = pii_of(upload=find_upload(request, upload_id), by=Requester.partner(request))
        return Response(pii_document(check))


def pii_document(check: PiiCheck) -> dict[str, Any]:
    """What was found in each column, in the order of the file."""
    return {
        "upload_id": str(check.upload_id),
        "checked_at": documents.time(check.created_at),
        "personal_data": bool(check.kinds),
        "kinds": check.kinds,
        "columns": [
            {name: column[name] for name in ("name", "distinct", "looked_at", "found")} for column in check.columns
        ],
    }
