"""Who is asking: a key in Authorization: Bearer. One query, and one answer for every way to be nobody."""

from __future__ import annotations

from typing import NoReturn

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import keys, throttling
from accounts.models import ApiKey, Grant
from config import env
from web.addresses import client_address, network_of
from web.compiled import Compiled
from web.errors import RateLimited, Unauthorized


class KeyAuthentication(BaseAuthentication):
    """Sets request.auth to the ApiKey, with `granted`, its account groups, loaded in the same query.

    request.user stays None: a key acts for an account group, not for a person. Raises Unauthorized, the same
    for a missing, malformed, unknown, expired and revoked key; RateLimited when an address fails too often.
    """

    def authenticate(self, request: Request) -> tuple[None, ApiKey]:
        text = _bearer(request.headers.get("Authorization", ""))
        key = _find(text) if keys.well_formed(text) else None
        now = timezone.now()
        if key is None or not key.live_at(now):
            _refuse(request)
        if key.last_used_at is None or (now - key.last_used_at).total_seconds() >= 60:
            ApiKey.objects.touch(key.pk, now)
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="scanward"'


def _bearer(header: str) -> str:
    match header.split():
        case [scheme, text] if scheme.lower() == "bearer":
            return text
    return ""


def _find(text: str) -> ApiKey | None:
    """The key and its groups. A key that reaches no group (any more) is nobody."""
    grants = _GRANTS.rows(digest=keys.digest(text))
    if not grants:
        return None
    key = grants[0].key
    key.granted = {grant.group_id: grant.group for grant in grants}
    return key


_GRANTS = Compiled[Grant](lambda digest: Grant.objects.select_related("key", "group").filter(key__hash=digest))


def _refuse(request: Request) -> NoReturn:
    address = network_of(client_address(request._request))
    taken = throttling.take([throttling.Bucket("failures", f"address:{address}", env.RATE_LIMIT_FAILURES)])
    if not taken.granted:
        raise RateLimited(retry_after=taken.retry_after, headers=taken.headers)
    fault = Unauthorized()
    fault.headers.update(taken.headers)
    raise fault
