"""Files of leads over REST: send one, to be imported by a job."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts import idempotency
from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from prospecting.actions.lead_files import receive_file
from prospecting.receiving import LeadFileHandler
from web.errors import Conflict
from web.receiving import FORM, WholeMultiPartParser, received_file
from web.serializers import ObjectId, V1Answer


class LeadFileReceived(V1Answer):
    """`suggestedMapping` is {header: field}; headers that are not in it are ignored unless the job maps them."""

    file_id = ObjectId()
    row_count = serializers.IntegerField()
    headers = serializers.ListField(child=serializers.CharField())
    suggested_mapping = serializers.DictField(child=serializers.CharField())


class Files(PartnerView):
    """POST /v1/accounts/{accountGroupId}/files"""

    permissions: ClassVar = {"POST": "prospecting:write"}
    refuses: ClassVar = {"POST": (Conflict,)}
    parser_classes = [WholeMultiPartParser]  # noqa: RUF012

    @extend_schema(request={"multipart/form-data": FORM}, responses={200: LeadFileReceived, 201: LeadFileReceived})
    def post(self, request: PartnerRequest, **path: Any) -> Response:
        """Send a CSV or XLSX file of leads. Its content is kept for some days, for the jobs that import it."""
        sent = received_file(request, LeadFileHandler)
        file, headers = receive_file(
            group=request.group,
            by=Requester.partner(request),
            path=Path(sent.temporary_file_path()),
            name=sent.name or "leads",
            key=idempotency.key_of(request),
        )
        document = {
            "fileId": file.pk, "rowCount": file.row_count, "headers": file.headers,
            "suggestedMapping": file.suggested_mapping,
        }  # fmt: skip
        return Response(document, status=200 if headers else 201, headers=headers)
