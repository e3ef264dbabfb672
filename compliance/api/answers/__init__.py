"""What the routes of compliance answer, as the OpenAPI document says it. Nothing here reads or writes JSON.

The documents themselves are made by plain functions beside the views; the contract tests hold every answer they get
against these descriptions, field by field.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from rest_framework import serializers


class Answer(serializers.Serializer[Any]):
    """A JSON object of which every field is always there unless it says `required=False`."""


class Success(Answer):
    success = serializers.BooleanField(help_text="Always true: what could not be done is an error.")


def listed(name: str, item: type[Answer]) -> Answer:
    """A page of a list: `{<name>: [item, ...], "next_cursor", "has_more"}`."""
    return _page(name, item)()


@cache  # one component of the document, however many routes answer with it
def _page(name: str, item: type[Answer]) -> type[Answer]:
    fields = {
        name: item(many=True),
        "next_cursor": serializers.CharField(allow_null=True, help_text="Send it as `cursor` for the next page."),
        "has_more": serializers.BooleanField(),
    }
    return type(f"{item.__name__}Page", (Answer,), fields)
