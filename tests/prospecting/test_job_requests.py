"""Every fault in the body of a start, by name."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework import serializers

from prospecting.api.job_requests import ProspectingStartRequest
from prospecting.enums import JobSource
from web.answers import refusal_of

ID = "0" * 24
GOOD: dict[str, dict[str, Any]] = {
    "url_upload": {"urls": ["https://www.linkedin.com/in/ann"]},
    "file_upload": {"fileId": ID, "mapping": {"Mail": "email"}},
    "records": {"records": [{"email": "ann@example.com", "age": 5, "vip": True, "note": None}]},
    "linkedin_search": {"searchUrl": "https://www.linkedin.com/search/results/people/?keywords=cfo"},
    "sales_navigator": {"leadListId": "7"},
    "post_commenters": {"postUrl": "https://www.linkedin.com/posts/ann_a-1"},
}


def body(source: str = "url_upload", **fields: Any) -> dict[str, Any]:
    whole = {"source": source, "audienceName": "New", **GOOD.get(source, {}), **fields}
    return {name: value for name, value in whole.items() if value is not ...}


def faults(sent: Any) -> dict[str, str]:
    with pytest.raises(serializers.ValidationError) as refused:
        ProspectingStartRequest.read(sent)
    return {detail.path: detail.message for detail in refusal_of(refused.value).details or ()}


@pytest.mark.parametrize("source", JobSource.values)
def test_each_source_is_read_with_its_own_fields(source: str) -> None:
    read = ProspectingStartRequest.read(body(source, maxResults=10, searchEmails=True))
    assert read.pop("params")
    assert read == {"source": source, "audience_name": "New", "max_results": 10, "search_emails": True}


@pytest.mark.parametrize("source", JobSource.values)
def test_a_source_takes_no_fields_of_another(source: str) -> None:
    strange = {name: value for of, fields in GOOD.items() if of != source for name, value in fields.items()}
    assert set(strange) <= set(faults(body(source, **strange)))


@pytest.mark.parametrize(
    ("sent", "field", "message"),
    [
        ([], "", "The body must be a JSON object."),
        (body(source="fax"), "source", "must be one of url_upload, file_upload"),
        (body(source=...), "source", "This field is required."),
        (body(source=7), "source", "must be one of"),
        (body(audienceName=...), "audienceName", "exactly one of audienceName and audienceId"),
        (body(audienceId=ID), "audienceName", "exactly one of audienceName and audienceId"),
        (body(audienceName="  "), "audienceName", "may not be blank"),
        (body(audienceName="x" * 201), "audienceName", "no more than 200"),
        (body(audienceName=..., audienceId="7"), "audienceId", "24 lower-case hexadecimal digits"),
        (body(maxResults=0), "maxResults", "greater than or equal to 1"),
        (body(maxResults="10"), "maxResults", "must be a whole number"),
        (body(maxResults=2**31), "maxResults", "less than or equal to"),
        (body(searchEmails="yes"), "searchEmails", "must be true or false"),
        (body(maxresults=5), "maxresults", "did you mean maxResults?"),
        (body(urls=...), "urls", "is required when source is url_upload"),
        (body(urls=[]), "urls", "at least 1"),
        (body(urls=["x"] * 1001), "urls", "no more than 1000"),
        (body(urls=["x", 5]), "urls[1]", "must be text"),
        (body(urls="x"), "urls", "Expected a list"),
        (body("records", records=[]), "records", "at least 1"),
        (body("records", records=[{}]), "records[0]", "an object of at most 100 values"),
        (body("records", records=[{"a": 1}, {"a": {"b": 1}}]), "records[1]", "a: must be text, a number"),
        (body("records", records=[{str(n): n for n in range(101)}]), "records[0]", "at most 100 values"),
        (body("file_upload", fileId="x"), "fileId", "24 lower-case hexadecimal digits"),
        (body("file_upload", mapping={"Mail": 5}), "mapping.Mail", "must be text"),
        (body("linkedin_search", searchUrl="https://evil.example/linkedin.com"), "searchUrl", "on linkedin.com"),
        (body("linkedin_search", searchUrl="https://linkedin.com.evil.example/"), "searchUrl", "on linkedin.com"),
        (body("linkedin_search", searchUrl="https://user@evil.example/"), "searchUrl", "on linkedin.com"),
        (body("linkedin_search", searchUrl="javascript://linkedin.com/%0aalert(1)"), "searchUrl", "on linkedin.com"),
        (body("linkedin_search", searchUrl="https://[linkedin.com"), "searchUrl", "on linkedin.com"),
        (body("linkedin_search", searchUrl="https://linkedin.com/a b"), "searchUrl", "on linkedin.com"),
        (body("sales_navigator", savedSearchId="5"), "savedSearchId", "exactly one of savedSearchId and leadListId"),
        (body("sales_navigator", leadListId=...), "savedSearchId", "exactly one of savedSearchId and leadListId"),
    ],
)
def test_a_fault_names_its_field_and_what_to_send(sent: Any, field: str, message: str) -> None:
    assert message in faults(sent)[field]


def test_all_faults_are_told_at_once() -> None:
    sent = body("sales_navigator", savedSearchId="5", urls=["x"], audienceName=...)
    assert set(faults(sent)) == {"audienceName", "urls", "savedSearchId"}
