"""GET /docs: the documentation's home, its pages, and the API reference. Everything comes from this server."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from web.documentation import pages

_SHUT = ("base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'")
_READING = "; ".join(("default-src 'none'", "style-src 'self'", "img-src 'self'", *_SHUT))
_REFERENCE = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # the icons inside Swagger UI's own style sheet
        "connect-src 'self'",
        *_SHUT,
    )
)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return _answer(request, "documentation/home.html", {"lead": pages.home().html})


@require_safe
def page(request: HttpRequest, name: str) -> HttpResponse:
    found = pages.page(name)
    if found is None:
        if known := pages.meant(name):
            return redirect(known)
        return _answer(request, "documentation/missing.html", {"name": name}, status=404)
    return _answer(request, "documentation/page.html", {"page": found, **_neighbours(name)})


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Swagger UI over the two OpenAPI documents; `?document=compliance` shows the second."""
    return _guarded(render(request, "documentation/reference.html"), _REFERENCE)


def _neighbours(name: str) -> dict[str, Any]:
    """Which page comes before and after, in the order of the index; a decision's neighbour is their list."""
    entries = [entry for section in pages.sections() for entry in section.entries]
    names = [entry.name for entry in entries]
    if name not in names:
        folder = name.partition("/")[0]
        return {"current": folder, "before": next((entry for entry in entries if entry.name == folder), None)}
    at = names.index(name)
    before, after = entries[:at], entries[at + 1 :]
    return {"current": name, "before": before[-1] if before else None, "after": after[0] if after else None}


def _answer(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    shown = {"sections": pages.sections(), "reference": pages.REFERENCE, **context}
    return _guarded(render(request, template, shown, status=status), _READING)


def _guarded(answer: HttpResponse, policy: str) -> HttpResponse:
    answer.headers["Content-Security-Policy"] = policy
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
