"""Query parameters that more than one list reads."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection
from datetime import UTC, datetime
from typing import TypeVar

from django.utils.dateparse import parse_datetime
from rest_framework.request import Request

from web.errors import ValidationFailed
from web.identifiers import read_uuid

Default = TypeVar("Default", int, None)


def choice(request: Request, name: str, words: Collection[str]) -> str | None:
    """One of `words`, or None when the parameter is absent."""
    value: str | None = request.GET.get(name)
    if value is not None and value not in words:
        raise ValidationFailed.at(name, f"must be one of {', '.join(words)}")
    return value


def uuid_of(request: Request, name: str) -> uuid.UUID | None:
    value = request.GET.get(name)
    if value is None:
        return None
    if (found := read_uuid(value)) is None:
        raise ValidationFailed.at(name, "must be a UUID")
    return found


def instant(request: Request, name: str) -> datetime | None:
    """ISO 8601, in UTC; also when it names no zone."""
    value = request.GET.get(name)
    if value is None:
        return None
    try:
        moment = parse_datetime(value.replace(" ", "+"))
        if moment is not None:
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        pass
    raise ValidationFailed.at(name, "must be an instant such as 2026-11-21T00:00:00Z")


def whole(request: Request, name: str, default: Default, most: int) -> int | Default:
    """A whole number from 1 to `most`, or `default` when the parameter is absent."""
    value = request.GET.get(name)
    if value is None:
        return default
    if not re.fullmatch(r"[0-9]{1,10}", value) or not 1 <= int(value) <= most:
        raise ValidationFailed.at(name, f"must be a whole number from 1 to {most}")
    return int(value)
