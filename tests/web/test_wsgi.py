"""What reaches Django when a request is odd before any handler of ours sees it."""

from __future__ import annotations

import io
import json
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.handlers.wsgi import WSGIHandler

from web.wsgi import guarded

pytestmark = [pytest.mark.urls("tests.web.routes"), pytest.mark.django_db]


def post(path: str, body: bytes, **environ: Any) -> tuple[int, Any]:
    environ |= {"REQUEST_METHOD": "POST", "PATH_INFO": path, "wsgi.input": io.BytesIO(body)}
    setup_testing_defaults(environ)
    status: list[str] = []
    answer = b"".join(guarded(WSGIHandler())(environ, lambda line, *_: status.append(line)))
    return int(status[0].split()[0]), json.loads(answer)


def test_a_chunked_body_is_read() -> None:
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    status, body = post("/api/echo", b'{"a": 1}', CONTENT_TYPE="application/json", **chunked)
    assert (status, body) == (200, {"a": 1})


def test_a_chunked_body_is_limited_as_any_other() -> None:
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    status, _ = post("/api/echo", b" " * 10_000_000, CONTENT_TYPE="application/json", **chunked)
    assert status == 413


def test_a_length_that_promises_more_than_there_is_ends_in_400() -> None:
    status, _ = post("/api/echo", b'{"a": ', CONTENT_TYPE="application/json", CONTENT_LENGTH="1000")
    assert status == 400


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json; x*=foo''%41",
        "application/json; charset=base64",
        "application/json; charset=latin-1",
        "application/json; charset=nonsense",
    ],
)
def test_a_content_type_django_cannot_read_is_415(media_type: str) -> None:
    status, body = post("/api/echo", b"{}", CONTENT_TYPE=media_type, CONTENT_LENGTH="2")
    assert (status, body["error"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_content_type_does_not_change_how_the_query_is_read() -> None:
    status, _ = post("/api/bodiless", b"", CONTENT_TYPE="text/x; charset=base64", QUERY_STRING="a=1")
    assert status == 200
