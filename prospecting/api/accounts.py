"""GET /v1/accounts: which account groups a key reaches."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.models import AccountGroup
from accounts.permissions import ANY_KEY
from prospecting.api import audience_answers as answers
from web.pagination import QUERY, paginate
from web.serializers import page_of


class Accounts(PartnerView):
    permissions: ClassVar = ANY_KEY
    scoped: ClassVar = False
    query: ClassVar = {"GET": QUERY}

    @extend_schema(responses=page_of(answers.Account))
    def get(self, request: PartnerRequest) -> Response:
        page = paginate(request, AccountGroup.objects.filter(pk__in=list(request.auth.granted)))
        return Response(page.v1({"id": of.pk, "name": of.name, "createdAt": of.created_at} for of in page.items))
