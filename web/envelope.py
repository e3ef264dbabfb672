"""Answers that went well: JSON in the dialect of the path, whatever the client says it accepts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from web.dialects import Dialect
from web.tracing import current_trace_id


class _Encoder(JSONEncoder):
    dialect = Dialect.COMPLIANCE

    def default(self, obj: Any) -> Any:
        if isinstance(obj, datetime):
            return self.dialect.time(obj)
        if isinstance(obj, Decimal):  # a JSON number: 0 and 87.5, not "87.50"
            return int(obj) if obj == obj.to_integral_value() else float(obj)
        return super().default(obj)


class _V1Encoder(_Encoder):
    dialect = Dialect.V1


class ComplianceRenderer(JSONRenderer):
    """The body as it is. Datetimes as whole seconds with Z, decimals as numbers."""

    encoder_class = _Encoder
    charset = None


class EnvelopeRenderer(JSONRenderer):
    """v1: the body becomes `data` of the envelope. Datetimes as milliseconds with Z, decimals as numbers."""

    encoder_class = _V1Encoder
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if renderer_context and renderer_context["response"].status_code in (204, 304):
            return b""
        body = {"success": True, "data": data, "error": None, "traceId": current_trace_id()}
        rendered: bytes = super().render(body, accepted_media_type, renderer_context)
        return rendered


class Negotiation(DefaultContentNegotiation):
    """Never 406: what cannot be had as asked is answered in the route's first form."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        try:
            chosen: tuple[BaseRenderer, str] = super().select_renderer(request, renderers, format_suffix)
        except (NotAcceptable, ValueError, LookupError):  # the last two: an Accept header that cannot be read
            first = next(iter(renderers))
            return first, first.media_type or ""
        return chosen

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """Compliance reads text/plain and a missing Content-Type as JSON: its own example posts that way."""
        media_type = (request.content_type or "").partition(";")[0].strip().lower()
        if Dialect.of(request.path) is Dialect.COMPLIANCE and media_type in ("", "text/plain"):
            media_type = "application/json"
        return next((parser for parser in parsers if parser.media_type == media_type), None)
