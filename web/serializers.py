"""Bodies, read strictly: an unknown field is refused by name, so that a typo is not a silent no-op."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from web.identifiers import is_object_id, read_uuid


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses unknown fields; a body that is no object is told so in plain words."""

    default_error_messages = {"invalid": "The body must be a JSON object."}

    @classmethod
    def read(cls, data: Any, *, partial: bool = False) -> dict[str, Any]:
        """The valid fields of a body; DRF's ValidationError names every fault. `partial`: nothing is required."""
        body = cls(data=data, partial=partial)
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = {str(name)[:100]: [self._unknown(str(name))] for name in data if name not in self.fields}
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)

    def _unknown(self, name: str) -> str:
        close = difflib.get_close_matches(name[:100], list(self.fields), n=1)
        hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(self.fields)}"
        return f"is not a field of this request; {hint}"


class _CamelFields(serializers.Serializer[Any]):
    """Declared in snake_case, as Python is written; in JSON camelCase, as v1 is."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields: dict[str, serializers.Field[Any, Any, Any, Any]] = {}
        for name, field in super().get_fields().items():
            fields[camel(name)] = field
            if camel(name) != name:
                field.source = name
        return fields


class V1Request(_CamelFields, StrictSerializer):
    """A body of v1: `audience_name` here is audienceName in JSON, and audience_name again in what `read` answers."""


class V1Answer(_CamelFields):
    """What `data` of an answer of v1 holds, for the OpenAPI document: nothing reads or writes JSON with it."""


class Deleted(V1Answer):
    deleted = serializers.BooleanField(help_text="Always true: what could not be deleted is an error.")


class JobError(V1Answer):
    """Why a job failed."""

    code = serializers.CharField()
    message = serializers.CharField()


def page_of(item: type[V1Answer]) -> V1Answer:
    """`data` of a list of v1: {items, nextCursor, hasMore}."""
    return _page(item)()


@cache  # one component of the document, however many routes answer with it
def _page(item: type[V1Answer]) -> type[V1Answer]:
    fields = {
        "items": item(many=True),
        "next_cursor": serializers.CharField(allow_null=True, help_text="Send it as `cursor` for the next page."),
        "has_more": serializers.BooleanField(),
    }
    return type(f"{item.__name__}Page", (V1Answer,), fields)


def camel(name: str) -> str:
    """`audience_name` -> `audienceName`"""
    head, *others = name.split("_")
    return head + "".join(other.capitalize() for other in others)


class _Complete(serializers.Field[Any, Any, Any, Any]):
    of: type[StrictSerializer]

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        return self.of.read(data)


def complete(of: type[StrictSerializer], **options: Any) -> serializers.Field[Any, Any, Any, Any]:
    """A field that holds a whole `of`, also in a partial body: DRF would require nothing inside it then."""
    field: type[_Complete] = extend_schema_field(of)(type(f"Complete{of.__name__}", (_Complete,), {"of": of}))
    return field(**options)


@extend_schema_field({"type": "string", "pattern": "^[0-9a-f]{24}$"})
class ObjectId(serializers.CharField):
    """An id of v1."""

    default_error_messages = {"invalid": "must be 24 lower-case hexadecimal digits"}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or not is_object_id(data):
            self.fail("invalid")
        return data


class Uuid(serializers.UUIDField):
    """A UUID as text, spelled as in a path."""

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str) or (found := read_uuid(data)) is None:
            self.fail("invalid", value=str(data)[:100])
        return found


class Flag(serializers.BooleanField):
    """true or false, and no word for them."""

    default_error_messages = {"invalid": "must be true or false"}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


@extend_schema_field({"type": "number", "minimum": 0, "maximum": 1})
class Share(serializers.Field[Decimal, Any, Any, Any]):
    """A JSON number from 0 to 1, kept to four places."""

    default_error_messages = {"invalid": "must be a number from 0 to 1"}

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, int | float) or not 0 <= data <= 1:
            self.fail("invalid")
        return Decimal(str(data)).quantize(Decimal("0.0001"))

    def to_representation(self, value: Any) -> float:
        return float(value)


class Instant(serializers.DateTimeField):
    """ISO 8601, with its zone; UTC where it names none."""

    default_error_messages = {"invalid": "must be an instant such as 2026-11-21T00:00:00Z"}

    def to_internal_value(self, data: Any) -> datetime:
        try:
            moment = parse_datetime(data) if isinstance(data, str) else None
            if moment is None:
                self.fail("invalid")
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            self.fail("invalid")


class Word(serializers.ChoiceField):
    """One of a closed list of words; the refusal names them."""

    default_error_messages = {"invalid_choice": "must be one of {words}"}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", words=", ".join(map(str, self.choices)))
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """Text, and only text."""

    default_error_messages = {"invalid": "must be text"}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Whole(serializers.IntegerField):
    """A whole number, and no text or fraction that could be read as one."""

    default_error_messages = {"invalid": "must be a whole number"}

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)
