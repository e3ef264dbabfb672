"""Bodies and words of v1: camelCase outside, snake_case inside."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory
from rest_framework import serializers

from web.answers import refusal_of
from web.errors import ValidationFailed
from web.query import word_of
from web.serializers import ObjectId, Text, V1Answer, V1Request, camel


class Wanted(V1Request):
    name = Text()
    audience_id = ObjectId(required=False)
    profile_urls = serializers.ListField(child=Text(), required=False)


class Shown(V1Answer):
    created_at = serializers.DateTimeField()


@pytest.mark.parametrize(
    ("name", "shown"), [("name", "name"), ("audience_id", "audienceId"), ("is_a_b", "isAB"), ("x1_y2", "x1Y2")]
)
def test_names_are_camel_case_outside(name: str, shown: str) -> None:
    assert camel(name) == shown


def test_a_body_is_read_in_camel_case_and_answered_in_snake_case() -> None:
    body = {"name": "A", "audienceId": "0" * 24, "profileUrls": ["x"]}
    assert Wanted.read(body) == {"name": "A", "audience_id": "0" * 24, "profile_urls": ["x"]}
    assert list(Shown().fields) == ["createdAt"]


@pytest.mark.parametrize(
    ("body", "faulty"),
    [
        ({"name": "A", "audience_id": "0" * 24}, ["audience_id"]),
        ({"name": "A", "audienceId": "0" * 23}, ["audienceId"]),
        ({"name": "A", "audienceId": "A" * 24}, ["audienceId"]),
        ({"name": "A", "audienceId": "0" * 24 + "\n"}, ["audienceId"]),
        ({"name": "A", "audienceId": 5}, ["audienceId"]),
        ({"profileUrls": ["x", 5]}, ["name", "profileUrls[1]"]),
    ],
)
def test_faults_name_the_fields_as_they_were_sent(body: dict[str, Any], faulty: list[str]) -> None:
    with pytest.raises(serializers.ValidationError) as refused:
        Wanted.read(body)
    assert [detail.path for detail in refusal_of(refused.value).details or ()] == faulty


def test_a_word_of_a_query_is_one_of_its_words() -> None:
    assert word_of(RequestFactory().get("/?status=queued"), "status", ["queued", "running"]) == "queued"
    assert word_of(RequestFactory().get("/"), "status", ["queued"]) is None
    with pytest.raises(ValidationFailed, match="status: must be one of queued, running"):
        word_of(RequestFactory().get("/?status=QUEUED"), "status", ["queued", "running"])
