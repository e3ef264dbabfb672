"""A NUL in a text is the sender's fault, wherever they wrote it: a filter, an id, a form of the staff site."""

from __future__ import annotations

from collections.abc import Callable

from django.db import DataError
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from web.answers import bad_request


class UnstorableText:
    """Answers 400 where PostgreSQL refuses such a text in the middle of a page; the APIs refuse it before."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        nul = isinstance(exception, DataError) and "NUL (0x00)" in str(exception)
        return bad_request(request, exception) if nul else None
