"""The faults a caller is told about: code, HTTP status and message. web/answers.py writes them down.

Every named error of the project is a subclass of Refused, so that views, tasks and commands raise plain
exceptions and one handler turns them into the dialect of the path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

from web.dialects import Detail as Detail  # raised with the errors below


class Refused(Exception):
    """Base of every fault with a public face.

    `message` is shown to the caller: what was wrong, where, what to send instead; never internal text.
    `details` names each faulty field. `headers` go on the answer (Retry-After, WWW-Authenticate).
    """

    code = "INTERNAL_ERROR"
    status = 500
    message = "Something went wrong on our side. The trace id names the request in our logs."

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str | None = None,
        details: Iterable[Detail | tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.message = message or self.message
        self.code = code or self.code
        self.details = [Detail(*detail) for detail in details] if details is not None else None
        self.headers = dict(headers or {})
        super().__init__(self.message)

    @classmethod
    def at(cls, path: str, message: str) -> Self:
        """The fault of one field: `ValidationFailed.at("limit", "must be from 1 to 100")`."""
        return cls(f"{path}: {message}" if path else message, details=[Detail(path, message)])


class ValidationFailed(Refused):
    code, status, message = "VALIDATION_ERROR", 400, "The request is not valid."


class Unauthorized(Refused):
    code, status = "UNAUTHORIZED", 401
    message = "A valid API key is required: send Authorization: Bearer sk_live_... or sk_test_..."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message, headers={"WWW-Authenticate": 'Bearer realm="scanward"'})


class Forbidden(Refused):
    code, status, message = "FORBIDDEN", 403, "This API key may not do that."


class NotFound(Refused):
    code, status, message = "NOT_FOUND", 404, "Not found"


class MethodNotAllowed(Refused):
    code, status, message = "METHOD_NOT_ALLOWED", 405, "This route does not know that method; see Allow."


class Conflict(Refused):
    code, status, message = "CONFLICT", 409, "The resource is not in a state that allows this."


class IdempotencyConflict(Refused):
    code, status = "IDEMPOTENCY_CONFLICT", 409
    message = "This Idempotency-Key was used with a different request. Send a new key for a new request."


class PreconditionFailed(Refused):
    code, status = "PRECONDITION_FAILED", 412
    message = "The resource has changed since you read it. Read it again and repeat with its new ETag."


class PayloadTooLarge(Refused):
    code, status, message = "PAYLOAD_TOO_LARGE", 413, "The body is too large."


class UnsupportedMediaType(Refused):
    code, status = "UNSUPPORTED_MEDIA_TYPE", 415
    message = "This route does not read that media type. Send Content-Type: application/json, in UTF-8."


class Unprocessable(Refused):
    code, status, message = "UNPROCESSABLE", 422, "The request is well formed but cannot be carried out."


class RateLimited(Refused):
    """`retry_after` in whole seconds."""

    code, status, message = "RATE_LIMITED", 429, "Too many requests. Wait as long as Retry-After says."

    def __init__(self, *, retry_after: int, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(headers={**(headers or {}), "Retry-After": str(max(1, retry_after))})


class InternalError(Refused):
    """A fault nobody foresaw. Never carries the text of the exception."""


class UpstreamError(Refused):
    code, status, message = "UPSTREAM_ERROR", 502, "A service we depend on did not answer as it should."


class Unavailable(Refused):
    """`retry_after` in whole seconds."""

    code, status, message = "UNAVAILABLE", 503, "The service is not available for a moment. Please try again."

    def __init__(self, message: str | None = None, *, retry_after: int = 5) -> None:
        super().__init__(message, headers={"Retry-After": str(retry_after)})


class StorageFull(Unavailable):
    """What was sent cannot be stored; nothing of it was kept."""

    code = "STORAGE_FULL"
    message = "The disk of this installation is full. Please try again when the operator has freed some space."

    def __init__(self) -> None:
        super().__init__(retry_after=60)
