"""The two dialects our APIs speak, and what differs between them: errors, times, the shape of a list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NamedTuple


class Detail(NamedTuple):
    """One fault of a request: where (`rules[2].where`, `limit`, "" for the body as a whole) and what."""

    path: str
    message: str


class Dialect(Enum):
    V1 = "v1"  # /v1/: camelCase in an envelope, 24-hex ids, milliseconds
    COMPLIANCE = "compliance"  # /api/: snake_case without envelope, UUIDs, whole seconds

    @classmethod
    def of(cls, path: str) -> Dialect | None:
        """The dialect a path belongs to; None outside both APIs (admin, health, documents)."""
        match path.split("/", 2)[1:2]:
            case ["v1"]:
                return cls.V1
            case ["api"]:
                return cls.COMPLIANCE
        return None

    def error(self, code: str, message: str, details: Sequence[Detail] | None, trace_id: str | None) -> dict[str, Any]:
        """The body of a failed answer."""
        if self is Dialect.V1:
            shown = [{"field": d.path, "message": d.message} for d in details] if details else None
            error = {"code": code, "message": message, "details": shown}
            return {"success": False, "data": None, "error": error, "traceId": trace_id}
        body: dict[str, Any] = {"error": code, "message": message}
        if details:
            body["details"] = [{"path": d.path, "message": d.message} for d in details]
        return body

    def time(self, moment: datetime) -> str:
        """ISO 8601 in UTC with Z: milliseconds in v1, whole seconds in compliance, both cut off, not rounded.

        Raises ValueError for a datetime without a zone, which would be a guess.
        """
        if moment.utcoffset() is None:
            raise ValueError(f"{moment!r} has no time zone; make it aware before it leaves the house")
        precision = "milliseconds" if self is Dialect.V1 else "seconds"
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision) + "Z"
