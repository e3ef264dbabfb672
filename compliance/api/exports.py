"""Exports over REST: streamed at once, or made by a worker and fetched by a link."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.core import signing
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from compliance.actions.exports import note_stream, request_export
from compliance.api.answers import listed
from compliance.api.answers.exports import ExportAnswer, ExportStarted, ScanExport
from compliance.api.documents import status
from compliance.api.filters import choice, uuid_of
from compliance.enums import ExportFormat
from compliance.errors import ExportNotFound, LinkExpired, ScanNotFound
from compliance.exports import streams
from compliance.exports.delivery import CONTENT_TYPES, STREAMED, file_answer
from compliance.exports.rows import rows_of, snapshot
from compliance.models import ComplianceScan, Export
from compliance.written import time
from jobs.following import RETRY_AFTER
from web.errors import Conflict, NotFound, ValidationFailed
from web.pagination import paginate

_SALT = "compliance.export.link"


class ExportScan(PartnerView):
    """GET /api/export"""

    permissions: ClassVar = {"GET": "compliance:read"}
    query: ClassVar = {"GET": ("scan_id", "format", "include_input")}
    refuses: ClassVar = {"GET": (NotFound, Conflict)}
    starts: ClassVar = ("GET",)

    @extend_schema(
        parameters=[
            OpenApiParameter("scan_id", OpenApiTypes.UUID, required=True),
            OpenApiParameter("format", enum=ExportFormat.values, default="json"),
            OpenApiParameter("include_input", enum=("true", "false"), description="bundle: with the uploaded file."),
        ],
        responses={
            (200, "application/json"): ScanExport,
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.BINARY),
            202: ExportStarted,
        },
    )
    def get(self, request: PartnerRequest) -> HttpResponseBase:
        """The violations of a completed scan. json and csv come at once; the others, and more than
        EXPORT_STREAM_ROWS violations, as a job (202): the same question about an unchanged scan has the same answer."""
        scan, wanted = _scan(request), ExportFormat(choice(request, "format", ExportFormat.values) or "json")
        include_input = choice(request, "include_input", ("true", "false")) == "true"
        if include_input and wanted != ExportFormat.BUNDLE:
            raise ValidationFailed.at("include_input", "only a bundle can hold the uploaded file")
        by = Requester.partner(request)
        if wanted in STREAMED and scan.violation_count <= settings.EXPORT_STREAM_ROWS:
            note_stream(scan=scan, by=by, format=wanted)
            return _stream(scan, wanted)
        export = request_export(scan=scan, by=by, format=wanted, include_input=include_input)
        headers = {"Location": f"/api/exports/{export.pk}", "Retry-After": RETRY_AFTER}
        return Response({"export_id": str(export.pk), "status": status(export)}, status=202, headers=headers)


class Exports(PartnerView):
    """GET /api/exports"""

    permissions: ClassVar = {"GET": "compliance:read"}
    query: ClassVar = {"GET": ("cursor", "limit", "scan_id")}

    @extend_schema(responses=listed("exports", ExportAnswer))
    def get(self, request: PartnerRequest) -> Response:
        exports = Export.objects.for_group(request.group).shown()
        if (scan_id := uuid_of(request, "scan_id")) is not None:
            exports = exports.filter(scan_id=scan_id)
        page = paginate(request, exports)
        return Response(page.compliance("exports", (_document(request, export) for export in page.items)))


class ExportDetail(PartnerView):
    """GET /api/exports/{id}"""

    missing: ClassVar = ExportNotFound
    permissions: ClassVar = {"GET": "compliance:read"}

    @extend_schema(responses=ExportAnswer)
    def get(self, request: PartnerRequest, export_id: uuid.UUID) -> Response:
        """How far it is. Once completed, `download_url` works without a key for EXPORT_LINK_SECONDS."""
        export = _find(Export.objects.for_group(request.group).shown(), export_id)
        headers = {} if export.is_final else {"Retry-After": RETRY_AFTER}
        return Response(_document(request, export), headers=headers)


class ExportFile(PartnerView):
    """GET /api/exports/{id}/file: with a key, or without one by the link of the export's document."""

    missing: ClassVar = ExportNotFound
    permissions: ClassVar = {"GET": "compliance:read"}
    query: ClassVar = {"GET": ("token",)}
    refuses: ClassVar = {"GET": (Conflict,)}

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        self._by_link = "token" in request.GET and "Authorization" not in request.headers
        if self._by_link:
            self.format_kwarg = None
            request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
            _check_link(request.GET["token"], str(kwargs["export_id"]))
            return
        super().initial(request, *args, **kwargs)

    @extend_schema(
        responses={
            (200, kind.partition(";")[0]): OpenApiResponse(OpenApiTypes.BINARY) for kind in CONTENT_TYPES.values()
        }
    )
    def get(self, request: PartnerRequest, export_id: uuid.UUID) -> HttpResponseBase:
        exports = Export.objects.shown()
        export = _find(exports if self._by_link else exports.for_group(request.group), export_id)
        return file_answer(export)


def _stream(scan: ComplianceScan, wanted: ExportFormat) -> StreamingHttpResponse:
    chunks = _json(scan) if wanted == ExportFormat.JSON else _csv(scan)
    answer = StreamingHttpResponse(chunks, content_type=STREAMED[wanted])
    name = f"scan-{scan.pk}.{wanted.value}"
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    return answer


def _json(scan: ComplianceScan) -> Iterator[bytes]:
    with snapshot():
        scan.refresh_from_db()
        yield from streams.json_chunks(streams.head_of(scan), rows_of(scan, evidence=True))


def _csv(scan: ComplianceScan) -> Iterator[bytes]:
    with snapshot():
        yield from streams.csv_chunks(streams.COLUMNS, streams.table(rows_of(scan)))


def _document(request: PartnerRequest, export: Export) -> dict[str, Any]:
    return {
        "export_id": str(export.pk),
        "scan_id": str(export.scan_id),
        "format": export.format,
        "include_input": export.include_input,
        "status": status(export),
        "progress": round(export.progress, 4),
        "error": export.error,
        "created_at": time(export.created_at),
        "completed_at": time(export.completed_at),
        "expires_at": time(export.expires_at),
        "file_name": export.file_name,
        "size": export.size,
        "sha256": export.sha256 or None,
        "download_url": _link(request, export) if export.file else None,
    }


def _link(request: PartnerRequest, export: Export) -> str:
    token = signing.TimestampSigner(salt=_SALT, sep=".").sign_object(str(export.pk))
    return request.build_absolute_uri(f"/api/exports/{export.pk}/file?token={token}")


def _check_link(token: str, export_id: str) -> None:
    signer = signing.TimestampSigner(salt=_SALT, sep=".")
    try:
        named = signer.unsign_object(token, max_age=settings.EXPORT_LINK_SECONDS)
    except Exception as fault:  # whatever is wrong with the text
        raise LinkExpired from fault
    if named != export_id:
        raise LinkExpired


def _scan(request: PartnerRequest) -> ComplianceScan:
    scan_id = uuid_of(request, "scan_id")
    if scan_id is None:
        raise ValidationFailed.at("scan_id", "must name the scan to export")
    scans = ComplianceScan.objects.for_group(request.group).shown().select_related("policy", "policy_version", "upload")
    scan: ComplianceScan | None = scans.filter(pk=scan_id).first()
    if scan is None:
        raise ScanNotFound
    return scan


def _find(exports: Any, export_id: uuid.UUID) -> Export:
    export: Export | None = exports.filter(pk=export_id).first()
    if export is None:
        raise ExportNotFound
    return export
