"""The routes of both APIs, read from the table of addresses itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern


def routes(prefix: str = "api/") -> Iterator[tuple[str, Any]]:
    """("GET api/scan", its view) for every method of every route under /api/, or under /v1/."""
    for route, view in _views(get_resolver().url_patterns, ""):
        for method in ("get", "post", "put", "patch", "delete"):
            if route.startswith(prefix) and hasattr(view, method):
                yield f"{method.upper()} {route}", view


def _views(patterns: Sequence[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _views(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern.pattern, RoutePattern):
            yield prefix + str(pattern.pattern), getattr(pattern.callback, "view_class", pattern.callback)
