"""One trace id per request: in X-Trace-Id, in the v1 envelope, in every log line, on the job it starts."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_structlog.middlewares import RequestMiddleware

from web.addresses import client_address

# https://www.w3.org/TR/trace-context/#traceparent-header; version 00 has exactly these four parts.
_TRACEPARENT = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<parent>[0-9a-f]{16})-[0-9a-f]{2}(?P<more>-.*)?"
)
_trace_id: ContextVar[str | None] = ContextVar("trace_id", default=None)


def current_trace_id() -> str | None:
    """The trace id of the request this thread serves; None outside a request."""
    return _trace_id.get()


def trace_id_for(traceparent: str | None) -> str:
    """The whole trace id of a valid W3C traceparent, else 24 fresh hex digits."""
    found = _TRACEPARENT.fullmatch(traceparent or "")
    if (
        found
        and found["version"] != "ff"
        and not (found["version"] == "00" and found["more"])
        and found["trace"].strip("0")
        and found["parent"].strip("0")
    ):
        return found["trace"]
    return secrets.token_hex(12)


class TraceMiddleware:
    """Outermost, so that also what other middleware refuses carries its trace id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        trace_id = trace_id_for(request.headers.get("traceparent"))
        token = _trace_id.set(trace_id)
        structlog.contextvars.clear_contextvars()  # a thread serves many requests
        structlog.contextvars.bind_contextvars(trace_id=trace_id, client=client_address(request))
        try:
            response = self.get_response(request)
            response["X-Trace-Id"] = trace_id
            return response
        finally:
            structlog.contextvars.clear_contextvars()
            _trace_id.reset(token)


class RequestLog(RequestMiddleware):
    """One line when a request begins and one when it ends, without the query string: it may name an account, and has
    the token of an export's link."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """Of those whom the page has looked for in the database, as long as that answers: the log does not ask it."""
        fault, session = getattr(request, "_raised_exception", None), getattr(request, "session", None)
        if getattr(session, "accessed", False) and not isinstance(fault, OperationalError | InterfaceError):
            RequestMiddleware.bind_user_id(request)
