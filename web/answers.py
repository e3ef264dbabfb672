"""The one handler of faults: every exception becomes an answer in the dialect of the path."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from django.core import exceptions as django
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions as drf
from rest_framework.request import Request
from rest_framework.views import set_rollback

from tabular.space import is_full
from web import errors
from web.database import is_passing
from web.dialects import Detail, Dialect
from web.errors import Refused
from web.tracing import current_trace_id

logger = structlog.get_logger(__name__)


def handle(exc: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """DRF's EXCEPTION_HANDLER. Never lets an exception through: what it does not know is a logged 500."""
    set_rollback()
    return answer(refusal_of(exc), context["request"])


def answer(refused: Refused, request: Request | HttpRequest) -> HttpResponse:
    """A fault, as an HTTP answer in the dialect of the request's path (compliance outside both)."""
    dialect = Dialect.of(request.path) or Dialect.COMPLIANCE
    body = dialect.error(refused.code, refused.message, refused.details, current_trace_id())
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(
        text.encode(errors="replace"),
        status=refused.status,
        headers=refused.headers,
        content_type="application/json",
    )


def refusal_of(exc: BaseException | None) -> Refused:  # noqa: PLR0911  one line for each kind
    """The public face of an exception. Logs what nobody foresaw, with its traceback."""
    match exc:
        case Refused():
            return exc
        case drf.ValidationError():
            return _invalid(list(_flatten(exc.detail)))
        case django.ValidationError():
            return _invalid(list(_flatten_django(exc)))
        case Http404() | drf.NotFound():
            return errors.NotFound()
        case django.PermissionDenied() | drf.PermissionDenied():
            return errors.Forbidden()
        case drf.NotAuthenticated() | drf.AuthenticationFailed():
            return errors.Unauthorized()
        case drf.MethodNotAllowed():
            return errors.MethodNotAllowed()
        case drf.UnsupportedMediaType():
            return errors.UnsupportedMediaType()
        case drf.Throttled():
            return errors.RateLimited(retry_after=int(getattr(exc, "wait", None) or 1))
        case django.RequestDataTooBig():
            return errors.PayloadTooLarge()
        case django.DisallowedHost():
            return errors.ValidationFailed("The Host header does not name this server.")
        case UnreadablePostError():
            return errors.ValidationFailed("The body ended before all of it had arrived.")
        case MultiPartParserError() | drf.ParseError():
            return errors.ValidationFailed("The body cannot be read as the media type it claims to be.")
        case django.SuspiciousOperation() | django.BadRequest():
            return errors.ValidationFailed()
        case Error() if is_passing(exc):
            logger.error("database_away", error=str(exc))
            return errors.Unavailable()
    if is_full(exc):
        logger.error("disk_full", exc_info=exc)
        return errors.StorageFull()
    logger.error("unexpected_fault", exc_info=exc)
    return errors.InternalError()


def _invalid(details: list[Detail]) -> Refused:
    if not details:
        return errors.ValidationFailed()
    first, more = details[0], len(details) - 1
    message = f"{first.path}: {first.message}" if first.path else first.message
    return errors.ValidationFailed(f"{message} ({more} more in details)" if more else message, details=details)


def _flatten(detail: Any, path: str = "") -> Iterator[Detail]:
    """DRF's nested errors as paths: {"rules": [{}, {"where": ["x"]}]} -> rules[1].where."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            if key == "non_field_errors":
                yield from _flatten(value, path)
            elif isinstance(key, int):
                yield from _flatten(value, f"{path}[{key}]")
            else:
                yield from _flatten(value, f"{path}.{key}" if path else str(key))
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            yield from _flatten(value, path if isinstance(value, str) else f"{path}[{index}]")
    else:
        yield Detail(path, str(detail))


def _flatten_django(exc: django.ValidationError) -> Iterator[Detail]:
    if not hasattr(exc, "error_dict"):
        return (Detail("", message) for message in exc.messages)
    faults = exc.message_dict.items()
    return (Detail("" if name == "__all__" else name, text) for name, texts in faults for text in texts)


@csrf_exempt  # else a POST to a route that does not exist is 403, in HTML
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponseBase:
    """handler404, and the catch-all route of both APIs."""
    if Dialect.of(request.path):
        return answer(errors.NotFound("There is no such route."), request)
    return defaults.page_not_found(request, exception or Http404())


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """handler400: faults found by middleware (Host, size, suspicious input)."""
    if Dialect.of(request.path):
        return answer(refusal_of(exception), request)
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """handler403."""
    if Dialect.of(request.path):
        return answer(refusal_of(exception), request)
    return defaults.permission_denied(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """handler500: faults of middleware, or of a view that is not DRF's. Django has logged them already."""
    fault = sys.exc_info()[1]
    if Dialect.of(request.path):
        return answer(refusal_of(fault), request)
    if is_passing(fault):
        refused = refusal_of(fault)
        # Without the request: who asks would be looked for in the database.
        return HttpResponse(render_to_string("503.html"), status=refused.status, headers=refused.headers)
    return defaults.server_error(request)
