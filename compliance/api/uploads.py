"""Uploaded files over REST: send, list, look at, delete."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path
from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts import idempotency
from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from compliance.actions import uploads as actions
from compliance.api import upload_documents as documents
from compliance.api.answers import Success, listed
from compliance.api.answers import uploads as answers
from compliance.enums import UploadStatus
from compliance.errors import UploadNotFound
from compliance.models import Mapping, Upload
from web.errors import Conflict
from web.pagination import paginate
from web.receiving import FORM, WholeMultiPartParser, received_file

RETRY_AFTER = "2"  # seconds


class UploadFile(PartnerView):
    """POST /api/data/upload"""

    permissions: ClassVar = {"POST": "compliance:write"}
    refuses: ClassVar = {"POST": (Conflict,)}
    parser_classes = [WholeMultiPartParser]  # noqa: RUF012

    @extend_schema(
        request={"multipart/form-data": FORM},
        responses={200: answers.Upload, 201: answers.Upload, 202: answers.Processing},
    )
    def post(self, request: PartnerRequest) -> Response:
        file = received_file(request)
        path = Path(file.temporary_file_path())
        key = idempotency.key_of(request)
        claim = None
        if key is not None:
            with path.open("rb") as content:
                sha256 = hashlib.file_digest(content, "sha256").hexdigest()
            fingerprint = idempotency.fingerprint({"name": file.name}, upload_sha256=sha256)
            claim = actions.Claimed(key=key, fingerprint=fingerprint)
        upload, headers = actions.receive_upload(
            group=request.group,
            by=Requester.partner(request),
            path=path,
            name=file.name or "upload",
            claimed=claim,
        )
        if upload.status == UploadStatus.PROCESSING:
            later = {"Location": f"/api/data/{upload.pk}", "Retry-After": RETRY_AFTER, **headers}
            return Response({"upload_id": str(upload.pk), "status": upload.status}, status=202, headers=later)
        return Response(documents.upload_document(upload), status=200 if headers else 201, headers=headers)


class Uploads(PartnerView):
    """GET /api/data"""

    permissions: ClassVar = {"GET": "compliance:read"}
    query: ClassVar = {"GET": ("cursor", "limit")}

    @extend_schema(responses=listed("uploads", answers.UploadItem))
    def get(self, request: PartnerRequest) -> Response:
        page = paginate(request, Upload.objects.for_group(request.group).defer("profile", "sample_rows"))
        return Response(page.compliance("uploads", map(documents.upload_item, page.items)))


class UploadDetail(PartnerView):
    """GET and DELETE /api/data/{id}"""

    missing: ClassVar = UploadNotFound
    permissions: ClassVar = {"GET": "compliance:read", "DELETE": "compliance:delete"}
    refuses: ClassVar = {"DELETE": (Conflict,)}

    @extend_schema(responses=answers.Upload)
    def get(self, request: PartnerRequest, upload_id: uuid.UUID) -> Response:
        return Response(documents.upload_document(find_upload(request, upload_id)))

    @extend_schema(responses={200: Success})
    def delete(self, request: PartnerRequest, upload_id: uuid.UUID) -> Response:
        actions.delete_upload(upload=find_upload(request, upload_id), by=Requester.partner(request))
        return Response({"success": True})


class MappingsOfUpload(PartnerView):
    """GET /api/data/{id}/mappings"""

    missing: ClassVar = UploadNotFound
    permissions: ClassVar = {"GET": "compliance:read"}
    query: ClassVar = {"GET": ("cursor", "limit")}

    @extend_schema(responses=listed("mappings", answers.Mapping))
    def get(self, request: PartnerRequest, upload_id: uuid.UUID) -> Response:
        page = paginate(request, Mapping.objects.filter(upload=find_upload(request, upload_id)))
        return Response(page.compliance("mappings", map(documents.mapping_document, page.items)))


def find_upload(request: PartnerRequest, upload_id: uuid.UUID) -> Upload:
    upload: Upload | None = Upload.objects.for_group(request.group).filter(pk=upload_id).first()
    if upload is None:
        raise UploadNotFound
    return upload
