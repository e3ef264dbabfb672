"""Conditional requests (RFC 9110 section 13) and preferences (RFC 7240)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from django.http import HttpRequest
from django.utils.http import parse_etags
from rest_framework.request import Request

from web.dialects import Dialect
from web.errors import PreconditionFailed

MAX_WAIT = 25  # seconds a request may ask us to hold it

_PREFERENCE = re.compile(
    r'\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*("(?:[^"\\]|\\.)*+"|[^\s,;"]*))?\s*(?:;[^,]*)?\s*(?:,|$)'
)


def etag(request: Request | HttpRequest, identifier: object, version: int) -> str:
    """The ETag of a version of a resource: weak in v1, where traceId differs, strong in compliance."""
    tag = f'"{identifier}-{version}"'
    return f"W/{tag}" if Dialect.of(request.path) is Dialect.V1 else tag


def not_modified(request: Request | HttpRequest, tag: str) -> bool:
    """Whether If-None-Match names `tag` (weak comparison): answer 304 with the same ETag then.

    PartnerView takes no rate-limit token for a 304.
    """
    wanted = parse_etags(request.headers.get("If-None-Match", ""))
    return wanted == ["*"] or tag.removeprefix("W/") in [want.removeprefix("W/") for want in wanted]


def require_match(request: Request | HttpRequest, tag: str) -> None:
    """Raise PreconditionFailed when If-Match is sent and does not name `tag` (strong comparison)."""
    header = request.headers.get("If-Match")
    if header is None:
        return
    wanted = parse_etags(header)
    if wanted != ["*"] and (tag.startswith("W/") or tag not in wanted):
        raise PreconditionFailed


@dataclass(frozen=True)
class Prefer:
    """What the client prefers. Unknown, malformed and hostile preferences are ignored, as the RFC wants."""

    wait: int | None = None  # whole seconds, at most MAX_WAIT
    respond_async: bool = False

    @classmethod
    def of(cls, request: Request | HttpRequest) -> Self:
        wait, respond_async, seen = None, False, set()
        for found in _PREFERENCE.finditer(request.headers.get("Prefer", "")[:1000]):
            name, value = found[1].lower(), (found[2] or "").strip('"')
            if name in seen:  # the first one counts
                continue
            seen.add(name)
            if name == "wait" and re.fullmatch(r"[0-9]+", value):
                wait = min(int(value[:9]), MAX_WAIT)
            elif name == "respond-async" and not value:
                respond_async = True
        return cls(wait, respond_async)

    def applied(self) -> dict[str, str]:
        """The Preference-Applied header of an answer that waited."""
        return {"Preference-Applied": f"wait={self.wait}"}
