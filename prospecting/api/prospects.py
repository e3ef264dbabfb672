"""Prospects over REST: look at one, find one by a provider's id, erase one."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from prospecting.actions.erasing import erase
from prospecting.api import prospect_answers as answers
from prospecting.api import prospect_documents as documents
from prospecting.errors import ImpossibleProviderId, ProspectNotFound
from prospecting.models import Prospect, ProviderIdentity
from web.errors import NotFound
from web.serializers import Deleted

PROVIDER_ID_MOST = 200


class ProspectDetail(PartnerView):
    """GET and DELETE /v1/accounts/{accountGroupId}/prospects/{prospectId}"""

    missing: ClassVar = ProspectNotFound
    permissions: ClassVar = {"GET": "prospects:read", "DELETE": "prospects:write"}

    @extend_schema(responses=answers.Prospect)
    def get(self, request: PartnerRequest, **path: Any) -> Response:
        rows = Prospect.objects.for_group(request.group).select_related("company")
        found: Prospect | None = rows.filter(pk=path["prospectId"]).first()
        if found is None:
            raise ProspectNotFound
        return Response(documents.prospect(found))

    @extend_schema(responses={200: Deleted})
    def delete(self, request: PartnerRequest, **path: Any) -> Response:
        """Erases the person everywhere, and keeps later imports from bringing them back."""
        erase(group=request.group, prospect_id=path["prospectId"], by=Requester.partner(request))
        return Response({"deleted": True})


class ByProviderId(PartnerView):
    """GET .../prospects/by-provider-id/{providerId}: who a provider calls so; never a guess"""

    permissions: ClassVar = {"GET": "prospects:read"}
    refuses: ClassVar = {"GET": (ImpossibleProviderId,)}

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        try:
            super().initial(request, *args, **kwargs)
        except NotFound as fault:  # a NUL character in the path
            raise ImpossibleProviderId from fault

    @extend_schema(responses=answers.ProspectResolution)
    def get(self, request: PartnerRequest, **path: Any) -> Response:
        if not _possible(path["providerId"]):
            raise ImpossibleProviderId
        rows = ProviderIdentity.objects.for_group(request.group).select_related("prospect__company")
        found = documents.matches(rows.filter(external_id=path["providerId"]).order_by("-provider"))
        resolution = {0: "none", 1: "single"}.get(len(found), "multiple")
        return Response({"providerId": path["providerId"], "resolution": resolution, "matches": found})


def _possible(provider_id: str) -> bool:
    """Whether a provider may call somebody so."""
    within = len(provider_id) <= PROVIDER_ID_MOST and provider_id == provider_id.strip()
    return within and provider_id.isprintable()
