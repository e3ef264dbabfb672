"""Addresses, identifiers, query strings, dialects: the small parts, table by table."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from web.addresses import client_address, network_of
from web.dialects import Dialect
from web.envelope import ComplianceRenderer
from web.errors import NotFound, ValidationFailed
from web.identifiers import (
    AnyUUIDConverter,
    MalformedId,
    ObjectIdConverter,
    new_object_id,
    refuse_malformed,
)
from web.query import reject_unknown_query


def came_from(remote: str, forwarded: str | None = None) -> HttpRequest:
    extra = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return RequestFactory().get("/", REMOTE_ADDR=remote, **extra)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, None, "10.0.0.1"),
        (0, "1.1.1.1", "10.0.0.1"),
        (1, "1.1.1.1", "1.1.1.1"),
        (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (2, "6.6.6.6, 1.1.1.1, 10.0.0.9", "1.1.1.1"),
        (2, "1.1.1.1", "10.0.0.1"),
        (1, "nonsense", "10.0.0.1"),
        (1, None, "10.0.0.1"),
        (1, "2001:DB8::1", "2001:db8::1"),
    ],
)
def test_only_what_trusted_proxies_wrote_is_believed(proxies: int, forwarded: str | None, expected: str) -> None:
    assert client_address(came_from("10.0.0.1", forwarded), proxies) == expected


def test_a_unix_socket_has_no_address() -> None:
    assert client_address(came_from("")) == ""


@pytest.mark.parametrize(
    ("address", "network"),
    [("10.0.0.1", "10.0.0.1"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("", "")],
)
def test_clients_are_counted_by_address_or_by_slash_64(address: str, network: str) -> None:
    assert network_of(address) == network


def test_object_ids_are_24_hex_digits_in_the_order_of_time() -> None:
    before = int(time.time())
    ids = {new_object_id() for _ in range(10_000)}
    assert len(ids) == 10_000
    assert all(re.fullmatch(r"[0-9a-f]{24}", made) for made in ids)
    assert before <= int(min(ids)[:8], 16) <= int(max(ids)[:8], 16) <= time.time()


@pytest.mark.parametrize("text", ["507f1f77bcf86cd799439011", "0" * 24])
def test_a_well_formed_object_id_is_taken(text: str) -> None:
    assert not isinstance(ObjectIdConverter().to_python(text), MalformedId)


@pytest.mark.parametrize(
    "text", ["x", "507F1F77BCF86CD799439011", "0" * 23, "0" * 25, "g" * 24, "٠" * 24, "0" * 23 + "\n"]
)
def test_a_malformed_object_id_is_400_naming_the_parameter(text: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        refuse_malformed({"scanId": ObjectIdConverter().to_python(text)})
    assert refused.value.details
    assert refused.value.details[0].path == "scanId"


@pytest.mark.parametrize("text", ["550e8400-e29b-41d4-a716-446655440000", "550E8400-E29B-41D4-A716-446655440000"])
def test_a_uuid_is_taken_in_either_case(text: str) -> None:
    assert AnyUUIDConverter().to_python(text) == UUID("550e8400-e29b-41d4-a716-446655440000")


@pytest.mark.parametrize(
    "text",
    ["x", "abc12345-def6-7890-ghij-klmnopqrstuv", "550e8400e29b41d4a716446655440000",
     "{550e8400-e29b-41d4-a716-446655440000}", "urn:uuid:550e8400-e29b-41d4-a716-446655440000"],
)  # fmt: skip
def test_a_malformed_uuid_is_404(text: str) -> None:
    with pytest.raises(NotFound):
        refuse_malformed({"id": AnyUUIDConverter().to_python(text)})


@pytest.mark.parametrize(
    ("query", "faulty"),
    [
        ("", []),
        ("limit=1", []),
        ("limit=1&cursor=x", []),
        ("limits=1", ["limits"]),
        ("limit=1&limit=2", ["limit"]),
        ("a=1&b=2", ["a", "b"]),
        ("limit=%00", ["limit"]),
        ("%00=1", ["␀"]),
        ("=1", [""]),
    ],
)
def test_unknown_repeated_and_nul_parameters_are_named(query: str, faulty: list[str]) -> None:
    request = RequestFactory().get(f"/?{query}")
    if not faulty:
        reject_unknown_query(request, ("cursor", "limit"))
        return
    with pytest.raises(ValidationFailed) as refused:
        reject_unknown_query(request, ("cursor", "limit"))
    assert [detail.path for detail in refused.value.details or []] == faulty


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        ("/v1", Dialect.V1),
        ("/v1/accounts", Dialect.V1),
        ("/api/scan/x", Dialect.COMPLIANCE),
        ("/api", Dialect.COMPLIANCE),
        ("/v1x", None),
        ("/apis/x", None),
        ("/admin/v1/", None),
        ("//v1/x", None),
        ("/", None),
        ("", None),
    ],
)
def test_the_path_decides_the_dialect(path: str, dialect: Dialect | None) -> None:
    assert Dialect.of(path) is dialect


@pytest.mark.parametrize(
    ("moment", "v1", "compliance"),
    [
        (datetime(2026, 4, 28, 15, 30, tzinfo=UTC), "2026-04-28T15:30:00.000Z", "2026-04-28T15:30:00Z"),
        (
            datetime(2026, 4, 28, 15, 30, 59, 999_999, tzinfo=UTC),
            "2026-04-28T15:30:59.999Z",
            "2026-04-28T15:30:59Z",
        ),
        (
            datetime(2026, 4, 28, 1, 30, tzinfo=timezone(timedelta(hours=2))),
            "2026-04-27T23:30:00.000Z",
            "2026-04-27T23:30:00Z",
        ),
    ],
)
def test_times_are_utc_cut_to_the_precision_of_the_dialect(moment: datetime, v1: str, compliance: str) -> None:
    assert Dialect.V1.time(moment) == v1
    assert Dialect.COMPLIANCE.time(moment) == compliance


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Dialect.V1.time(datetime(2026, 4, 28))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("87.50"), b"87.5"),
        (Decimal("0.00"), b"0"),
        (Decimal("27000.000000"), b"27000"),
        (Decimal("-0.500000"), b"-0.5"),
        (UUID(int=1), b'"00000000-0000-0000-0000-000000000001"'),
        ("é", '"é"'.encode()),
        (datetime(2026, 1, 1, tzinfo=UTC), b'"2026-01-01T00:00:00Z"'),
    ],
)
def test_values_are_rendered_as_a_partner_expects(value: Any, text: bytes) -> None:
    assert ComplianceRenderer().render(value) == text
