"""What the provider of an account group keeps for it: lead lists and saved searches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from prospecting.errors import NoProvider, ProviderUsedUp
from prospecting.providers import for_group
from prospecting.providers.base import Listed, PeopleProvider
from web.errors import UpstreamError
from web.serializers import V1Answer


class KeptAtProvider(V1Answer):
    id = serializers.CharField()
    name = serializers.CharField()


class KeptAtProviderList(V1Answer):
    items = KeptAtProvider(many=True)


class _Kept(PartnerView):
    permissions: ClassVar = {"GET": "prospecting:read"}
    refuses: ClassVar = {"GET": (NoProvider, ProviderUsedUp, UpstreamError)}

    def kept(self, provider: PeopleProvider) -> Sequence[Listed]:
        raise NotImplementedError

    @extend_schema(responses=KeptAtProviderList)
    def get(self, request: PartnerRequest, accountGroupId: str) -> Response:  # noqa: N803  named as in the path
        provider = for_group(request.group, request.auth.test)
        if provider is None:
            raise NoProvider
        return Response({"items": [{"id": item.id, "name": item.name} for item in self.kept(provider)]})


class LeadLists(_Kept):
    """GET /v1/accounts/{accountGroupId}/sales-navigator/lead-lists"""

    def kept(self, provider: PeopleProvider) -> Sequence[Listed]:
        return provider.lead_lists()


class SavedSearches(_Kept):
    """GET /v1/accounts/{accountGroupId}/sales-navigator/saved-searches"""

    def kept(self, provider: PeopleProvider) -> Sequence[Listed]:
        return provider.saved_searches()
