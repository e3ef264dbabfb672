"""Signal specifications over REST."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from scans.actions import specifications as actions
from scans.api import answers, documents
from scans.enums import SignalType
from scans.errors import SpecificationInUse, SpecificationNotFound
from scans.matching.specification import parse_items
from scans.models import SignalSpecification
from web.errors import ValidationFailed
from web.pagination import paginate
from web.serializers import Deleted, Text, V1Request, Whole, Word, page_of


class ItemRequest(V1Request):
    """One item, as the document describes it; scans.matching.specification reads it."""

    source = Word(SignalType.choices)  # type: ignore[assignment]  # DRF takes declared fields away
    keywords = serializers.ListField(
        child=answers.Keyword(),
        help_text="Phrases with AND, OR, NOT, * and brackets; an empty list asks for everything.",
    )
    exclude_keywords = serializers.ListField(child=answers.Keyword(), required=False)
    min_score = Whole(min_value=0, max_value=100, required=False)
    max_age_days = Whole(min_value=1, max_value=3650, required=False)


@extend_schema_field(ItemRequest(many=True))
class Items(serializers.Field[Any, Any, Any, Any]):
    """The items as partners write them, without what says nothing."""

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        parsed = parse_items(data)
        if parsed.faults:
            fault, more = parsed.faults[0], len(parsed.faults) - 1
            message = f"{fault.path}: {fault.message}" + (f" ({more} more in details)" if more else "")
            raise ValidationFailed(message, details=parsed.faults[:100])
        items = [{name: value for name, value in item.items() if value is not None} for item in data]
        return [{**item, "excludeKeywords": item.get("excludeKeywords", [])} for item in items]


class SpecificationRequest(V1Request):
    name = Text(max_length=200)
    description = Text(max_length=2000, allow_blank=True, required=False)
    specifications = Items()


class Specifications(PartnerView):
    """GET and POST /v1/accounts/{accountGroupId}/signal-specifications"""

    permissions: ClassVar = {"GET": "templates:read", "POST": "templates:write"}
    query: ClassVar = {"GET": ("cursor", "limit")}

    @extend_schema(responses={200: page_of(answers.Specification)})
    def get(self, request: PartnerRequest, **path: str) -> Response:
        page = paginate(request, SignalSpecification.objects.for_group(request.group))
        return Response(page.v1(map(documents.specification_document, page.items)))

    @extend_schema(request=SpecificationRequest, responses={201: answers.Specification})
    def post(self, request: PartnerRequest, **path: str) -> Response:
        chosen = _chosen(SpecificationRequest.read(request.data))
        made = actions.create_specification(group=request.group, by=Requester.partner(request), **chosen)
        return Response(documents.specification_document(made), status=201)


class SpecificationDetail(PartnerView):
    """GET, PATCH and DELETE /v1/accounts/{accountGroupId}/signal-specifications/{specificationId}"""

    missing: ClassVar = SpecificationNotFound
    permissions: ClassVar = {"GET": "templates:read", "PATCH": "templates:write", "DELETE": "templates:write"}
    refuses: ClassVar = {"DELETE": (SpecificationInUse,)}

    @extend_schema(responses={200: answers.Specification})
    def get(self, request: PartnerRequest, **path: str) -> Response:
        return Response(documents.specification_document(find_specification(request, path["specificationId"])))

    @extend_schema(request=SpecificationRequest(partial=True), responses={200: answers.Specification})
    def patch(self, request: PartnerRequest, **path: str) -> Response:
        body = SpecificationRequest.read(request.data, partial=True)
        if not body:
            raise ValidationFailed("The body must name at least one field to change.")
        found = find_specification(request, path["specificationId"])
        changed = actions.change_specification(
            specification=found, by=Requester.partner(request), **_chosen(body)
        )  # fmt: skip
        return Response(documents.specification_document(changed))

    @extend_schema(responses={200: Deleted})
    def delete(self, request: PartnerRequest, **path: str) -> Response:
        found = find_specification(request, path["specificationId"])
        actions.delete_specification(specification=found, by=Requester.partner(request))
        return Response({"deleted": True})


def find_specification(request: PartnerRequest, specification_id: str) -> SignalSpecification:
    rows = SignalSpecification.objects.for_group(request.group)
    found: SignalSpecification | None = rows.filter(pk=specification_id).first()
    if found is None:
        raise SpecificationNotFound
    return found


def _chosen(body: dict[str, Any]) -> dict[str, Any]:
    """The fields of the row."""
    if "specifications" in body:
        body["items"] = body.pop("specifications")
    return body
