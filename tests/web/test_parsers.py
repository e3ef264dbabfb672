"""One meaning for every JSON text, or a 400 that says where it is wrong."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from config import env
from web.errors import PayloadTooLarge, ValidationFailed
from web.parsers import MAX_DEPTH, StrictJSONParser, read_json

BAD: dict[str, tuple[bytes, str]] = {
    "broken": (b'{"a": 1,\n "b" 2}', "line 2, column 6"),
    "empty": (b"   ", "line 1, column 4"),
    "100,000 brackets": (b"[" * 100_000, "deeper than 64 levels at line 1, column 65"),
    "100,000 objects": (b'{"a":' * 100_000, "deeper than 64 levels"),
    "deep on a later line": (b'{"a":\n' + b"[" * 64, "line 2, column 64"),
    "NUL in a string": (rb'{"a": {"b": ["x", "y\u0000"]}}', "a.b[1]"),
    "NUL in a key": (rb'{"a\u0000": 1}', "a key"),
    "raw NUL": (b'{"a": "\x00"}', "line 1"),
    "NaN": (b'{"a": NaN}', "NaN"),
    "Infinity": (b"[Infinity]", "Infinity"),
    "minus Infinity": (b"[-Infinity]", "-Infinity"),
    "a number beyond a double": (b"[1e400]", "1e400"),
    "duplicate keys": (b'{"x": {"a": 1, "b": 2, "a": 1}}', '"a"'),
    "duplicate keys by escape": (rb'{"a": 1, "\u0061": 2}', '"a"'),
    "invalid UTF-8": (b'{"a": "\xff"}', "byte 7"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "UTF-8"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "line 1"),
    "an integer of 10,000 digits": (b"9" * 10_000, "64 bits"),
    "2 ** 63": (str(2**63).encode(), "64 bits"),
    "below -2 ** 63": (str(-(2**63) - 1).encode(), "64 bits"),
    "a lone surrogate": (rb'["\ud800"]', "surrogate"),
    "a lone surrogate as key": (rb'{"\udfff": 1}', "surrogate"),
    "two values": (b"{} {}", "line 1, column 4"),
    "an unclosed string full of brackets": (b'"' + b"[" * 1000, "line 1"),
    "a comment": (b"{} // x", "line 1"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_json_is_refused_and_told_where(name: str) -> None:
    body, shown = BAD[name]
    with pytest.raises(ValidationFailed) as refused:
        read_json(body)
    assert shown in refused.value.message
    assert len(refused.value.message) < 200


GOOD: dict[str, tuple[bytes, Any]] = {
    "just deep enough": (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, None),
    "many shallow brackets": (b"[" + b"[],{}," * 1000 + b"0]", None),
    "brackets inside a string": (json.dumps(["[" * 1000]).encode(), ["[" * 1000]),
    "brackets after an escaped quote": (rb'["\"[[[["]', ['"[[[[']),
    "an escaped backslash before u0000": (rb'["\\u0000"]', ["\\u0000"]),
    "a surrogate pair": (rb'["\ud83d\ude00"]', ["😀"]),
    "the largest integer": (str(2**63 - 1).encode(), 2**63 - 1),
    "the smallest integer": (str(-(2**63)).encode(), -(2**63)),
    "a small float": (b"[1e-400]", [0.0]),
    "the same key in two objects": (b'[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_json_is_read(name: str) -> None:
    body, value = GOOD[name]
    assert read_json(body) == (json.loads(body) if value is None else value)


def test_an_unclosed_string_of_escaped_quotes_costs_little() -> None:
    with pytest.raises(ValidationFailed):  # with a pattern that looks again from every quote: minutes
        read_json(b'"' + rb"\"" * 1_000_000)


_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _text,
    lambda inner: st.lists(inner) | st.dictionaries(_text, inner),
    max_leaves=20,
)


@given(_values)
def test_whatever_json_can_say_is_read_back(value: Any) -> None:
    assert read_json(json.dumps(value).encode()) == value
    assert read_json(json.dumps(value, ensure_ascii=False, indent=1).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_a_refusal(body: bytes) -> None:
    with suppress(ValidationFailed):
        read_json(body)


class Endless(io.RawIOBase):
    """A body that never ends, and counts what was read of it."""

    taken = 0

    def read(self, size: int = -1) -> bytes:
        assert size > 0, "the whole body is asked for at once"
        self.taken += size
        return b" " * size


def test_reading_stops_at_the_limit_whatever_the_length_claims() -> None:
    body = Endless()
    with pytest.raises(PayloadTooLarge):
        StrictJSONParser().parse(body)  # type: ignore[arg-type]
    assert body.taken == env.JSON_MAX + 1


def test_a_body_of_exactly_the_limit_is_read() -> None:
    assert StrictJSONParser().parse(io.BytesIO(b"[]".ljust(env.JSON_MAX))) == []


@pytest.mark.urls("tests.web.routes")
class TestOverHTTP:
    @pytest.mark.parametrize("prefix", ["v1", "api"])
    def test_ten_megabytes_are_413(self, client: Client, prefix: str) -> None:
        response = client.post(f"/{prefix}/echo", b" " * 10_000_000, "application/json")
        assert response.status_code == 413
        error = response.json()["error"]
        assert (error["code"] if prefix == "v1" else error) == "PAYLOAD_TOO_LARGE"

    @pytest.mark.parametrize("prefix", ["v1", "api"])
    @pytest.mark.parametrize("name", BAD)
    def test_bad_json_is_400_in_the_dialect(self, client: Client, prefix: str, name: str) -> None:
        response = client.post(f"/{prefix}/echo", BAD[name][0], "application/json")
        assert response.status_code == 400
        error = response.json()["error"]
        assert (error["code"] if prefix == "v1" else error) == "VALIDATION_ERROR"

    @pytest.mark.parametrize(
        ("media_type", "v1", "api"),
        [
            ("application/json", 200, 200),
            ("application/json; charset=utf-8", 200, 200),
            ("APPLICATION/JSON", 200, 200),
            ("text/plain;charset=UTF-8", 415, 200),
            ("", 415, 200),
            ("application/x-www-form-urlencoded", 415, 415),
            ("multipart/form-data; boundary=x", 415, 415),
            ("text/html", 415, 415),
            ("application/jsonx", 415, 415),
            ("application", 415, 415),
        ],
    )
    def test_only_json_is_read_and_compliance_takes_plain_text_for_it(
        self, client: Client, media_type: str, v1: int, api: int
    ) -> None:
        assert client.post("/v1/echo", '{"a": 1}', media_type).status_code == v1
        response = client.post("/api/echo", '{"a": 1}', media_type)
        assert response.status_code == api
        if api == 200:
            assert response.json() == {"a": 1}
        else:
            assert response.json()["error"] == "UNSUPPORTED_MEDIA_TYPE"

    @pytest.mark.parametrize("body", [b"[" * 100_000, b"\xff", b'{"a": 1}'])
    @pytest.mark.parametrize("media_type", ["application/json", "image/png"])
    def test_a_body_on_a_route_without_one_is_ignored(self, client: Client, body: bytes, media_type: str) -> None:
        assert client.post("/api/bodiless", body, media_type).status_code == 200
