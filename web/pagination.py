"""Lists of both dialects: newest first, by keyset, with signed cursors.

DRF's CursorPagination loops past 1,000 rows of one instant; this one carries the full microseconds and the
id, so any number of ties is walked exactly once, also while rows are inserted.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db.models import Model, Q, QuerySet
from rest_framework.request import Request

from web.errors import ValidationFailed

DEFAULT_LIMIT = 25
MAX_LIMIT = 100
_STRANGE = "is not a cursor of this list with these filters; start again without it"
QUERY = ("cursor", "limit")  # the query parameters every list knows

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    items: list[Row]
    next_cursor: str | None  # None at the end

    @property
    def has_more(self) -> bool:
        return self.next_cursor is not None

    def v1(self, items: Iterable[Any]) -> dict[str, Any]:
        """`data` of a list answer in v1; `items` are the rows as JSON."""
        return {"items": list(items), "nextCursor": self.next_cursor, "hasMore": self.has_more}

    def compliance(self, name: str, items: Iterable[Any]) -> dict[str, Any]:
        """The body of a list answer in compliance: `name` is its plural ("scans")."""
        return {name: list(items), "next_cursor": self.next_cursor, "has_more": self.has_more}


def paginate(request: Request, queryset: QuerySet[Row], *, time: str = "created_at") -> Page[Row]:
    """The page of `queryset` that `cursor` and `limit` of the request ask for.

    Newest first by `time`, a column that never changes and is never null, and by id; an index on both makes every
    page cost the same. The cursor is bound to the path, to `request.group` and to every other query
    parameter: filters are read from the query only. Raises ValidationFailed for any fault in cursor or limit.
    """
    limit = limit_of(request)
    if (position := position_of(request)) is not None:
        created, last = _read(position, queryset)
        # The first condition alone is an index range; without it the OR is scanned row by row.
        older = Q(**{f"{time}__lt": created}) | Q(**{time: created, "pk__lt": last})
        queryset = queryset.filter(Q(**{f"{time}__lte": created}) & older)
    rows = list(queryset.order_by(f"-{time}", "-pk")[: limit + 1])
    if len(rows) <= limit:
        return Page(rows, None)
    rows.pop()
    return Page(rows, sealed(request, [getattr(rows[-1], time).isoformat(), str(rows[-1].pk)]))


def sealed(request: Request, position: list[Any]) -> str:
    """A cursor: `position` as JSON, signed and bound as `paginate` says."""
    return signing.Signer(salt=_salt(request), sep=".").sign_object(position)


def position_of(request: Request) -> list[Any] | None:
    """What `sealed` put into the request's cursor; None without one. ValidationFailed for any fault in it."""
    cursor = request.GET.get("cursor")
    if cursor is None:
        return None
    try:
        return list(signing.Signer(salt=_salt(request), sep=".").unsign_object(cursor))
    except Exception as fault:
        raise ValidationFailed.at("cursor", _STRANGE) from fault


def limit_of(request: Request) -> int:
    """How many items a page shall have: `limit` of the request, or the default."""
    text = request.GET.get("limit")
    if text is None:
        return DEFAULT_LIMIT
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= MAX_LIMIT:
        raise ValidationFailed.at("limit", f"must be a whole number from 1 to {MAX_LIMIT}")
    return int(text)


def _salt(request: Request) -> str:
    filters = sorted((name, values) for name, values in request.GET.lists() if name not in QUERY)
    group = getattr(request, "group", None)
    bound = json.dumps([request.path, str(group.pk) if group else None, filters])
    return "web.pagination:" + hashlib.sha256(bound.encode()).hexdigest()


def _read(position: list[Any], queryset: QuerySet[Row]) -> tuple[datetime, Any]:
    """Where the page before ended. Whatever is wrong with it, though it was signed, is the caller's fault."""
    try:
        created, last = position
        return datetime.fromisoformat(created), queryset.model._meta.pk.to_python(last)
    except Exception as fault:
        raise ValidationFailed.at("cursor", _STRANGE) from fault
