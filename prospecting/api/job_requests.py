"""The body of POST /prospecting: which fields each source takes, and every fault in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from prospecting.enums import JobSource
from web.serializers import Flag, ObjectId, Text, V1Request, Whole, Word, camel

MOST_INPUTS = 1000  # addresses or records in one request
MOST_VALUES = 100  # of one record
_LINKEDIN = re.compile(r"(?:[a-z0-9-]+\.)*linkedin\.com")

# The fields of each source: those it must have, those it may have.
FIELDS: dict[JobSource, tuple[tuple[str, ...], tuple[str, ...]]] = {
    JobSource.URL_UPLOAD: (("urls",), ()),
    JobSource.FILE_UPLOAD: (("file_id",), ("mapping",)),
    JobSource.RECORDS: (("records",), ()),
    JobSource.LINKEDIN_SEARCH: (("search_url",), ()),
    JobSource.SALES_NAVIGATOR: ((), ("saved_search_id", "lead_list_id")),
    JobSource.POST_COMMENTERS: (("post_url",), ()),
}
_OF_SOURCES = tuple(dict.fromkeys(name for needed, allowed in FIELDS.values() for name in (*needed, *allowed)))


class LinkedInUrl(Text):
    """An address on linkedin.com. Nobody here opens it: the provider does."""

    default_error_messages = {"elsewhere": "must be an address on linkedin.com, such as https://www.linkedin.com/..."}

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            parts = urlsplit(text)
            found = parts.scheme in ("https", "http") and _LINKEDIN.fullmatch(parts.hostname or "")
        except ValueError:
            found = None
        if not found or re.search(r"\s", text):
            self.fail("elsewhere")
        return text


@extend_schema_field({"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}})
class Record(serializers.Field[dict[str, Any], Any, Any, Any]):
    """One person: names of columns as in a file, each with one value."""

    default_error_messages = {
        "invalid": "must be an object of at most {most} values",
        "nested": "{name}: must be text, a number, true, false or null",
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping) or not data or len(data) > MOST_VALUES:
            self.fail("invalid", most=MOST_VALUES)
        for name, value in data.items():
            if isinstance(value, Mapping | list):
                self.fail("nested", name=str(name)[:100])
        return dict(data)

    def to_representation(self, value: Any) -> Any:
        return value


class ProspectingStartRequest(V1Request):
    """`source` with its own fields, and one of `audienceName` and `audienceId`."""

    source = Word(choices=JobSource.choices)  # type: ignore[assignment]
    audience_name = Text(max_length=200, required=False)
    audience_id = ObjectId(required=False)
    max_results = Whole(
        min_value=1, max_value=2**31 - 1, required=False,
        help_text="The most people to bring; url_upload ignores it. For sources of a provider the plan sets a cap, "
        "which is also the default.",
    )  # fmt: skip
    search_emails = Flag(
        required=False, default=False, help_text="Search addresses of newly imported people, 1 credit for each found."
    )
    urls = serializers.ListField(
        child=Text(max_length=2000), min_length=1, max_length=MOST_INPUTS, required=False,
        help_text="url_upload: addresses of LinkedIn profiles.",
    )  # fmt: skip
    file_id = ObjectId(required=False, help_text="file_upload: what POST /files answered.")
    mapping = serializers.DictField(
        child=Text(max_length=500),
        required=False,
        help_text="file_upload: {column: field}.",
    )
    records = serializers.ListField(
        child=Record(), min_length=1, max_length=MOST_INPUTS, required=False, help_text="records: one object a person."
    )
    search_url = LinkedInUrl(max_length=2000, required=False, help_text="linkedin_search: the address of the search.")
    saved_search_id = Text(max_length=200, required=False, help_text="sales_navigator: this, or leadListId.")
    lead_list_id = Text(max_length=200, required=False, help_text="sales_navigator: this, or savedSearchId.")
    post_url = LinkedInUrl(max_length=2000, required=False, help_text="post_commenters: the address of the post.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What start_job takes: the source's own fields gathered in `params`."""
        source = JobSource(attrs["source"])
        faults = {**_audience_faults(attrs), **_source_faults(source, attrs)}
        if faults:
            raise serializers.ValidationError({camel(name): [fault] for name, fault in faults.items()})
        params = {name: attrs[name] for name in _OF_SOURCES if name in attrs}
        shared = {name: value for name, value in attrs.items() if name not in _OF_SOURCES}
        return {**shared, "source": source, "params": params}


def _audience_faults(attrs: Mapping[str, Any]) -> dict[str, str]:
    if ("audience_name" in attrs) == ("audience_id" in attrs):
        return {"audience_name": "give exactly one of audienceName and audienceId"}
    return {}


def _source_faults(source: JobSource, attrs: Mapping[str, Any]) -> dict[str, str]:
    """Fields the source lacks, and fields of other sources."""
    needed, allowed = FIELDS[source]
    faults = {name: f"is required when source is {source}" for name in needed if name not in attrs}
    known = ", ".join(camel(name) for name in (*needed, *allowed))
    for name in _OF_SOURCES:
        if name in attrs and name not in needed and name not in allowed:
            faults[name] = f"is no field of source {source}, which takes {known}"
    if source == JobSource.SALES_NAVIGATOR and ("saved_search_id" in attrs) == ("lead_list_id" in attrs):
        faults["saved_search_id"] = "give exactly one of savedSearchId and leadListId"
    return faults
