"""Data sources over REST: make, list, delete; import from one and follow the import."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from compliance.actions import sources as actions
from compliance.api import documents
from compliance.api.answers import Success, listed
from compliance.api.answers import sources as answers
from compliance.enums import SourceKind
from compliance.errors import ImportNotFound, SourceNotFound
from compliance.models import Source, SourceImport
from jobs.following import follow
from web.errors import Conflict
from web.pagination import paginate
from web.serializers import StrictSerializer, Text, Word


class SourceRequest(StrictSerializer):
    name = Text(max_length=200)
    kind = Word(SourceKind.choices)
    config = serializers.DictField()
    secret = Text(max_length=4000, trim_whitespace=False, required=False)
    mapping_config = serializers.DictField(child=Text(), required=False)
    temporal_scale = Text(max_length=20, required=False)


class Sources(PartnerView):
    """GET and POST /api/sources"""

    permissions: ClassVar = {"GET": "compliance:read", "POST": "compliance:write"}
    query: ClassVar = {"GET": ("cursor", "limit")}
    refuses: ClassVar = {"POST": (Conflict,)}

    @extend_schema(responses={200: listed("sources", answers.SourceAnswer)})
    def get(self, request: PartnerRequest) -> Response:
        page = paginate(request, Source.objects.for_group(request.group).in_use())
        return Response(page.compliance("sources", map(source_document, page.items)))

    @extend_schema(request=SourceRequest, responses={201: answers.SourceAnswer})
    def post(self, request: PartnerRequest) -> Response:
        body = SourceRequest.read(request.data)
        source = actions.create_source(group=request.group, by=Requester.partner(request), **body)
        source.refresh_from_db()
        return Response(source_document(source), status=201)


class SourceDetail(PartnerView):
    """GET and DELETE /api/sources/{id}"""

    missing: ClassVar = SourceNotFound
    permissions: ClassVar = {"GET": "compliance:read", "DELETE": "compliance:write"}
    refuses: ClassVar = {"DELETE": (Conflict,)}

    @extend_schema(responses={200: answers.SourceAnswer})
    def get(self, request: PartnerRequest, source_id: uuid.UUID) -> Response:
        return Response(source_document(find_source(request, source_id)))

    @extend_schema(responses={200: Success})
    def delete(self, request: PartnerRequest, source_id: uuid.UUID) -> Response:
        actions.delete_source(source=find_source(request, source_id), by=Requester.partner(request))
        return Response({"success": True})


class Import(PartnerView):
    """POST /api/sources/{id}/import"""

    missing: ClassVar = SourceNotFound
    permissions: ClassVar = {"POST": "compliance:write"}
    starts: ClassVar = ("POST",)

    @extend_schema(request=None, responses={200: answers.ImportAnswer, 202: answers.ImportAnswer})
    def post(self, request: PartnerRequest, source_id: uuid.UUID) -> Response:
        source = find_source(request, source_id)
        with transaction.atomic():
            wanted = actions.start_import(source=source, by=Requester.partner(request))
        return follow(
            request, wanted.pk, lambda: _find_import(request, source_id, wanted.pk), import_document,
            location=f"/api/sources/{source.pk}/imports/{wanted.pk}",
        )  # fmt: skip


class Imports(PartnerView):
    """GET /api/sources/{id}/imports"""

    missing: ClassVar = SourceNotFound
    permissions: ClassVar = {"GET": "compliance:read"}
    query: ClassVar = {"GET": ("cursor", "limit")}

    @extend_schema(responses={200: listed("imports", answers.ImportAnswer)})
    def get(self, request: PartnerRequest, source_id: uuid.UUID) -> Response:
        page = paginate(request, SourceImport.objects.filter(source=find_source(request, source_id)))
        return Response(page.compliance("imports", map(import_document, page.items)))


class ImportDetail(PartnerView):
    """GET /api/sources/{id}/imports/{import_id}"""

    missing: ClassVar = ImportNotFound
    permissions: ClassVar = {"GET": "compliance:read"}

    @extend_schema(responses={200: answers.ImportAnswer})
    def get(self, request: PartnerRequest, source_id: uuid.UUID, import_id: uuid.UUID) -> Response:
        return Response(import_document(_find_import(request, source_id, import_id)))


def source_document(source: Source) -> dict[str, Any]:
    """Never the secret: only whether there is one."""
    return {
        "id": str(source.pk), "name": source.name, "kind": source.kind, "config": source.config,
        "has_secret": bool(source.secret), "mapping_config": source.mapping_config,
        "temporal_scale": source.temporal_scale or None, "created_at": documents.time(source.created_at),
    }  # fmt: skip


def import_document(wanted: SourceImport) -> dict[str, Any]:
    return {
        "id": str(wanted.pk), "source_id": str(wanted.source_id), "status": documents.status(wanted),
        "upload_id": str(wanted.upload_id) if wanted.upload_id else None, "error": wanted.error,
        "created_at": documents.time(wanted.created_at), "completed_at": documents.time(wanted.completed_at),
    }  # fmt: skip


def find_source(request: PartnerRequest, source_id: uuid.UUID) -> Source:
    source: Source | None = Source.objects.for_group(request.group).in_use().filter(pk=source_id).first()
    if source is None:
        raise SourceNotFound
    return source


def _find_import(request: PartnerRequest, source_id: uuid.UUID, import_id: uuid.UUID) -> SourceImport:
    wanted: SourceImport | None = (
        SourceImport.objects.for_group(request.group).filter(source_id=source_id, pk=import_id).first()
    )
    if wanted is None:
        raise ImportNotFound
    return wanted
