"""GET /docs: the API reference as a page. Everything on it comes from this server."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # the icons inside Swagger UI's own style sheet
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


def page(request: HttpRequest) -> HttpResponse:
    answer = render(request, "reference.html")
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
