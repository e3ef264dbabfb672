"""Identifiers in paths: 24 hex digits in v1, UUIDs in compliance.

The converters let a malformed id through, marked as such: the view refuses it (`refuse_malformed`) only after
it knows who is asking, so that a stranger learns 401 and not 400 or 404.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import register_converter
from django.urls.converters import StringConverter

from web.errors import NotFound, ValidationFailed

_OBJECT_ID = re.compile(r"[0-9a-f]{24}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


class MalformedId(str):
    """Text that stands in a path where an id of its dialect should stand."""

    kind = ""


class MalformedObjectId(MalformedId):
    kind = "object"


class MalformedUUID(MalformedId):
    kind = "uuid"


def new_object_id() -> str:
    """24 lower-case hex digits: seconds since 1970 in the first eight, 64 random bits after them."""
    return f"{int(time.time()):08x}{secrets.token_hex(8)}"


def is_object_id(text: str) -> bool:
    return _OBJECT_ID.fullmatch(text) is not None


def read_uuid(text: str) -> UUID | None:
    """The UUID in its one spelling, 8-4-4-4-12 hex digits; None for all the others that UUID() would take."""
    return UUID(text) if _UUID.fullmatch(text) else None


class ObjectIdConverter:
    """`<object_id:scanId>`"""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        return value if is_object_id(value) else MalformedObjectId(value)

    def to_url(self, value: str) -> str:
        return value


class AnyUUIDConverter:
    """`<any_uuid:id>`. Static routes such as `scan/history` must stand before it."""

    regex = "[^/]+"

    def to_python(self, value: str) -> UUID | str:
        return read_uuid(value) or MalformedUUID(value)

    def to_url(self, value: UUID | str) -> str:
        return str(value)


class AnythingConverter(StringConverter):
    """`<anything:providerId>`: all the rest of a path, whatever stands there; Django's `path` knows no line breaks."""

    regex = r"[\s\S]+"


def refuse_malformed(kwargs: Mapping[str, Any], missing: type[NotFound] = NotFound) -> None:
    """400 for a malformed id of v1; for a malformed UUID of compliance the 404 of one that does not exist."""
    for name, value in kwargs.items():
        if isinstance(value, MalformedObjectId):
            raise ValidationFailed.at(name, "must be 24 lower-case hexadecimal digits")
        if isinstance(value, MalformedUUID):
            raise missing


register_converter(ObjectIdConverter, "object_id")
register_converter(AnyUUIDConverter, "any_uuid")
register_converter(AnythingConverter, "anything")
