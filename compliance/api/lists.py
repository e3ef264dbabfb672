"""Reference lists over REST: make, look at, replace the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any, ClassVar

from django.core import signing
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from compliance.actions import lists as actions
from compliance.api.answers.lists import ListAnswer, ListPage, ListValues
from compliance.api.documents import time
from compliance.api.filters import whole
from compliance.errors import ListNotFound
from compliance.listvalues import MAX_BYTES, values_of, values_of_csv
from compliance.models import ReferenceList, ReferenceListVersion
from web.errors import PayloadTooLarge, ValidationFailed
from web.pagination import paginate
from web.parsers import StrictJSONParser
from web.serializers import StrictSerializer, Text

MOST_VALUES = 10_000  # of a page
CSV_QUERY = ("column",)


class ListRequest(StrictSerializer):
    name = Text(max_length=100, validators=[actions.plain_name])
    values = serializers.ListField(child=serializers.JSONField())


class ValuesRequest(StrictSerializer):
    values = serializers.ListField(child=serializers.JSONField())


@dataclass(frozen=True)
class CsvText:
    """A text/csv body, and what its media type says of a header line (RFC 4180, section 3)."""

    body: bytes
    has_header: bool | None


class CsvParser(BaseParser):
    media_type = "text/csv"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """A CsvText."""
        body: bytes = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise PayloadTooLarge(f"The CSV of a list is at most {MAX_BYTES:,} bytes.")
        parameters = [part.strip().lower() for part in (media_type or "").split(";")[1:]]
        return CsvText(body, {True: True, False: None}["header=present" in parameters])


class Lists(PartnerView):
    """GET and POST /api/lists"""

    permissions: ClassVar = {"GET": "compliance:read", "POST": "compliance:write"}
    query: ClassVar = {"GET": ("cursor", "limit"), "POST": ("name", *CSV_QUERY)}
    parser_classes = [StrictJSONParser, CsvParser]  # noqa: RUF012

    @extend_schema(responses=ListPage)
    def get(self, request: PartnerRequest) -> Response:
        page = paginate(request, ReferenceList.objects.for_group(request.group).with_newest())
        return Response(page.compliance("lists", map(_item, page.items)))

    @extend_schema(request={"application/json": ListRequest, "text/csv": OpenApiTypes.STR}, responses={201: ListAnswer})
    def post(self, request: PartnerRequest) -> Response:
        name, values = _named_values(request)
        actions.create_list(group=request.group, by=Requester.partner(request), name=name, values=values)
        return Response(_item(_find(request, name)), status=201)


class ListDetail(PartnerView):
    """GET and PUT /api/lists/{name}"""

    missing: ClassVar = ListNotFound
    permissions: ClassVar = {"GET": "compliance:read", "PUT": "compliance:write"}
    query: ClassVar = {"GET": ("version", "cursor", "limit"), "PUT": CSV_QUERY}
    parser_classes = [StrictJSONParser, CsvParser]  # noqa: RUF012

    @extend_schema(responses=ListValues)
    def get(self, request: PartnerRequest, name: str) -> Response:
        row = _find(request, name)
        number, start = _position(request, row)
        return Response(
            _values(row, actions.version_of(row, number), start, whole(request, "limit", 1_000, MOST_VALUES))
        )

    @extend_schema(request={"application/json": ValuesRequest, "text/csv": OpenApiTypes.STR}, responses=ListAnswer)
    def put(self, request: PartnerRequest, name: str) -> Response:
        row = _find(request, name)
        actions.replace_values(row=row, by=Requester.partner(request), values=_read_values(request, ValuesRequest))
        return Response(_item(_find(request, name)))


def _named_values(request: PartnerRequest) -> tuple[str, list[str]]:
    """Name and values of a new list: of a CSV body the name stands in the query."""
    if isinstance(request.data, CsvText):
        named: dict[str, Any] = {"name": request.GET.get("name"), "values": []}
        return ListRequest.read(named)["name"], _read_values(request, ListRequest)
    if "name" in request.GET:
        raise ValidationFailed.at("name", "stands in the query only beside a text/csv body")
    return ListRequest.read(request.data)["name"], _read_values(request, ListRequest)


def _read_values(request: PartnerRequest, body: type[StrictSerializer]) -> list[str]:
    if isinstance(request.data, CsvText):
        return values_of_csv(request.data.body, column=request.GET.get("column"), has_header=request.data.has_header)
    if "column" in request.GET:
        raise ValidationFailed.at("column", "names a column of a text/csv body; this one is JSON")
    return values_of(body.read(request.data)["values"])


def _find(request: PartnerRequest, name: str) -> ReferenceList:
    row: ReferenceList | None = ReferenceList.objects.for_group(request.group).with_newest().filter(name=name).first()
    if row is None:
        raise ListNotFound
    return row


def _item(row: Any) -> dict[str, Any]:
    return {
        "id": str(row.pk), "name": row.name, "version": row.version, "value_count": row.value_count,
        "sha256": row.sha256, "created_at": time(row.created_at), "updated_at": time(row.updated_at),
    }  # fmt: skip


def _values(row: ReferenceList, version: ReferenceListVersion, start: int, limit: int) -> dict[str, Any]:
    """One page of the values of a version, ascending."""
    page = ReferenceListVersion.objects.values_list(f"values__{start}_{start + limit}", flat=True).get(pk=version.pk)
    end = start + len(page)
    more = end < version.value_count
    return {
        "id": str(row.pk), "name": row.name, "version": version.number, "value_count": version.value_count,
        "sha256": version.sha256, "created_at": time(version.created_at), "created_by": version.created_by,
        "values": page, "next_cursor": _signer(row).sign_object([version.number, end]) if more else None,
        "has_more": more,
    }  # fmt: skip


def _position(request: PartnerRequest, row: ReferenceList) -> tuple[int | None, int]:
    """Version and place to go on from: a cursor stays with the version it was given for."""
    number = whole(request, "version", None, 2**31 - 1)
    if (cursor := request.GET.get("cursor")) is None:
        return number, 0
    try:
        at, start = _signer(row).unsign_object(cursor)
    except Exception as fault:  # whatever is wrong with the text is the caller's fault
        raise ValidationFailed.at("cursor", "is not a cursor of this list; start again without it") from fault
    if number not in (None, at):
        raise ValidationFailed.at("cursor", f"is one of version {at}; leave version out, or start without the cursor")
    return at, start


def _signer(row: ReferenceList) -> signing.Signer:
    return signing.Signer(salt=f"compliance.lists:{row.pk}", sep=".")
