"""The base of every route of both APIs: who asks, how often, what they may, and for which account group.

The order of the checks is the contract's: 401, 429, 405, 403 permission, 403 group, then 400 and the view.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import row_security, throttling
from accounts.models import AccountGroup, ApiKey
from config import env
from web.dialects import Dialect
from web.envelope import ComplianceRenderer, EnvelopeRenderer, Negotiation
from web.errors import Forbidden, NotFound, RateLimited, Refused, ValidationFailed
from web.identifiers import MalformedId, refuse_malformed
from web.query import reject_unknown_query


class PartnerRequest(Request):
    """A request that has passed the checks of PartnerView; without `group` on routes that are not scoped."""

    group: AccountGroup
    auth: ApiKey


class PartnerView(APIView):
    """A route a partner calls with a key.

    A subclass declares
      permissions  {"GET": "compliance:read", ...} or ANY_KEY; without it everybody is refused (403),
      query        {"GET": ("cursor", "limit", "status")}: the query parameters it knows (others: 400),
      words        {"status": ("pending", "running")}: the words such a parameter may be (for the OpenAPI document),
      starts       the methods that start a job and so take a token of the second bucket, too,
      missing      the 404 of what its path names,
      refuses      {"POST": (Conflict,)}: what it refuses besides what every route may (for the OpenAPI document),
      scoped       False for the few routes that belong to no account group (GET /v1/accounts).
    and finds `request.group` (AccountGroup) and `request.auth` (ApiKey) set in its handlers.
    """

    permissions: ClassVar[Mapping[str, str] | str] = {}
    query: ClassVar[Mapping[str, Collection[str]]] = {}
    words: ClassVar[Mapping[str, Collection[str]]] = {}
    starts: ClassVar[Collection[str]] = ()
    scoped: ClassVar[bool] = True
    missing: ClassVar[type[NotFound]] = NotFound
    refuses: ClassVar[Mapping[str, Collection[type[Refused]]]] = {}
    content_negotiation_class = Negotiation
    _buckets: Sequence[throttling.Bucket] = ()
    _owes = False

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> PartnerRequest:
        return PartnerRequest(
            request,
            parsers=self.get_parsers(),
            authenticators=self.get_authenticators(),
            negotiator=self.get_content_negotiator(),
            parser_context=self.get_parser_context(request),
        )

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        self.format_kwarg = None
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        self.perform_authentication(request)
        self._throttle(request)
        self.check_permissions(request)
        if request.method == "OPTIONS":
            return
        if self.scoped:
            request.group = self._group(request, kwargs)
            row_security.enter(request.group.pk)
        refuse_malformed(kwargs, self.missing)
        if "\0" in request.path:
            raise NotFound
        reject_unknown_query(request, self.query.get("GET" if request.method == "HEAD" else request.method or "", ()))

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """What may be done here is in Allow, which every answer carries."""
        return Response(status=204)

    def get_renderers(self) -> list[BaseRenderer]:
        if list(self.renderer_classes) != [JSONRenderer]:  # the view brings its own
            return super().get_renderers()
        v1 = Dialect.of(self.request.path) is Dialect.V1
        return [EnvelopeRenderer() if v1 else ComplianceRenderer()]

    def finalize_response(
        self, request: Request, response: Response | HttpResponseBase, *args: Any, **kwargs: Any
    ) -> Response:
        if self._owes and response.status_code != 304:
            self.headers.update(throttling.pay(self._buckets))
        return super().finalize_response(request, response, *args, **kwargs)  # type: ignore[arg-type]

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {**super().default_response_headers, "Cache-Control": "private, no-cache"}

    def _throttle(self, request: PartnerRequest) -> None:
        key = request.auth
        self._buckets = [throttling.Bucket("default", key.pk, rate_limit(key))]
        if request.method in self.starts:
            quota = key.rate_limit_starts or env.RATE_LIMIT_STARTS
            self._buckets = [*self._buckets, throttling.Bucket("starts", key.pk, quota)]
        may_cost_nothing = request.method in ("GET", "HEAD") and "If-None-Match" in request.headers  # a 304
        taken = (throttling.look if may_cost_nothing else throttling.take)(self._buckets)
        self.headers.update(taken.headers)
        if not taken.granted:
            raise RateLimited(retry_after=taken.retry_after)
        self._owes = may_cost_nothing

    def _group(self, request: PartnerRequest, kwargs: Mapping[str, Any]) -> AccountGroup:
        """The account group the path (v1) or X-Account-Group (compliance) names, or the only one."""
        granted: dict[str, AccountGroup] = request.auth.granted
        if Dialect.of(request.path) is Dialect.V1:
            named = kwargs.get("accountGroupId", "")
            if isinstance(named, MalformedId):
                refuse_malformed({"accountGroupId": named})
        else:
            named = request.headers.get("X-Account-Group", "").strip()
            if not named and len(granted) == 1:
                return next(iter(granted.values()))
            if not named:
                raise ValidationFailed.at(
                    "X-Account-Group", "must name the account group, as this key reaches more than one"
                )
        if named not in granted:
            raise Forbidden("This API key does not reach that account group.")
        return granted[named]


def rate_limit(key: ApiKey) -> int:
    """Requests a minute: the key's own limit, else the smallest of its groups', else the default."""
    of_groups = [group.rate_limit for group in key.granted.values() if group.rate_limit]
    return key.rate_limit or min(of_groups, default=env.RATE_LIMIT)
