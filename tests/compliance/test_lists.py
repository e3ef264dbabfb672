"""Reference lists: reading values, versions, the routes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import AuditEntry
from compliance.listvalues import MAX_VALUES, sha256_of, values_of, values_of_csv
from compliance.models import ReferenceList, ReferenceListVersion
from tests.compliance import factories
from web.errors import ValidationFailed


@pytest.fixture
def acme(db: None) -> Any:
    return factories.group("Acme")


@pytest.fixture
def api(acme: Any) -> Client:
    return Client(headers={"Authorization": f"Bearer {factories.key_text(acme)}"})


def post_csv(api: Client, path: str, text: str, kind: str = "text/csv", method: str = "POST") -> Any:
    return api.generic(method, path, text.encode(), kind)


def test_values_are_distinct_trimmed_and_ascending() -> None:
    assert values_of([" KP", "IR", "KP\t", "ir"]) == ["IR", "KP", "ir"]


@pytest.mark.parametrize("value", [5, None, True, [], {}, "", "   ", "x" * 501, "a\0b"])
def test_a_value_that_is_none_is_refused_with_its_place(value: object) -> None:
    with pytest.raises(ValidationFailed) as refused:
        values_of(["IR", value])
    assert [detail.path for detail in refused.value.details or ()] == ["values[1]"]


def test_more_values_than_a_list_may_hold_are_refused() -> None:
    with pytest.raises(ValidationFailed, match="1,000,000"):
        values_of(str(number) for number in range(MAX_VALUES + 1))


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("IR\r\nKP\n\n SY \n", {}, ["IR", "KP", "SY"]),
        ("\ufeffcountry\nIR\n", {"has_header": True}, ["IR"]),
        ('"Doe, John"\n', {}, ["Doe, John"]),
        ("name;code\nIran;IR\nKorea;KP\n;\n", {"column": "code"}, ["IR", "KP"]),
        ('code,name\nIR,"Iran,\nIslamic Republic"\n', {"column": "name"}, ["Iran,\nIslamic Republic"]),
    ],
)
def test_a_csv_gives_its_one_column_or_the_named_one(text: str, options: dict[str, Any], expected: list[str]) -> None:
    assert values_of_csv(text.encode(), **options) == expected


@pytest.mark.parametrize(
    ("body", "options", "fault"),
    [
        (b"", {}, "at least one"),
        (b"\xff\xfe", {}, "UTF-8"),
        (b"IR,Iran\n", {}, "line 1 has 2 columns"),
        (b"code,name\nIR,Iran\n", {"column": "Code"}, "not in the header"),
        (b"code,code\nIR,Iran\n", {"column": "code"}, "more than once"),
        (b'"IR', {}, "cannot be read at line 1"),
    ],
)
def test_a_csv_that_cannot_be_read_is_refused(body: bytes, options: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationFailed, match=fault):
        values_of_csv(body, **options)


def test_the_same_values_have_the_same_hash_in_whatever_order_they_came() -> None:
    assert sha256_of(values_of(["b", "a"])) == sha256_of(values_of(["a", "b", "a "]))


def test_a_list_is_made_read_and_replaced(api: Client) -> None:
    made = api.post("/api/lists", {"name": "countries", "values": ["KP", "IR"]}, "application/json")
    assert (made.status_code, made.json()["version"], made.json()["value_count"]) == (201, 1, 2)
    changed = api.put("/api/lists/countries", {"values": ["SY"]}, "application/json").json()
    assert (changed["version"], changed["value_count"]) == (2, 1)
    now, before = api.get("/api/lists/countries").json(), api.get("/api/lists/countries?version=1").json()
    assert (now["values"], before["values"]) == (["SY"], ["IR", "KP"])
    assert api.get("/api/lists/countries?version=3").status_code == 404
    assert [row["version"] for row in api.get("/api/lists").json()["lists"]] == [2]
    assert AuditEntry.objects.filter(action="list.changed").count() == 1


def test_the_same_values_again_make_no_version(api: Client) -> None:
    api.post("/api/lists", {"name": "countries", "values": ["KP", "IR"]}, "application/json")
    again = api.put("/api/lists/countries", {"values": ["IR", "KP ", "IR"]}, "application/json")
    assert (again.status_code, again.json()["version"]) == (200, 1)


def test_a_name_is_taken_once_in_a_group_and_free_in_another(api: Client, acme: Any) -> None:
    factories.reference_list(acme, "countries")
    assert api.post("/api/lists", {"name": "countries", "values": ["KP"]}, "application/json").status_code == 409
    factories.reference_list(factories.group("Neighbour"), "countries")
    assert ReferenceList.objects.filter(name="countries").count() == 2


@pytest.mark.parametrize("name", ["a b", "a/b", "ä", "", "x" * 101])
def test_a_name_that_no_rule_could_write_is_refused(api: Client, name: str) -> None:
    assert api.post("/api/lists", {"name": name, "values": ["KP"]}, "application/json").status_code == 400


def test_a_list_comes_as_csv(api: Client) -> None:
    assert post_csv(api, "/api/lists?name=plain", "IR\nKP\n").status_code == 201
    assert post_csv(api, "/api/lists?name=headed", "code\nIR\n", "text/csv; header=present").status_code == 201
    assert post_csv(api, "/api/lists/plain?column=code", "name,code\nIran,IR\n", method="PUT").status_code == 200
    assert api.get("/api/lists/plain").json()["values"] == api.get("/api/lists/headed").json()["values"] == ["IR"]


@pytest.mark.parametrize(
    ("path", "text", "status"),
    [
        ("/api/lists", "IR\n", 400),
        ("/api/lists?name=a%20b", "IR\n", 400),
        ("/api/lists?name=x&columns=y", "IR\n", 400),
        ("/api/lists?name=x&column=y", "IR\n", 400),
        ("/api/lists?name=x", "", 400),
    ],
)
def test_a_csv_that_names_no_list_or_no_value_is_refused(api: Client, path: str, text: str, status: int) -> None:
    assert post_csv(api, path, text).status_code == status
    assert not ReferenceList.objects.exists()


@pytest.mark.parametrize("query", ["name=x", "column=y"])
def test_what_belongs_to_csv_is_refused_beside_json(api: Client, query: str) -> None:
    body = {"name": "x", "values": ["KP"]}
    assert api.post(f"/api/lists?{query}", body, "application/json").status_code == 400


def test_the_values_are_paged_and_a_cursor_stays_with_its_version(api: Client, acme: Any) -> None:
    factories.reference_list(acme, "big", [f"{number:03}" for number in range(25)])
    page = api.get("/api/lists/big?limit=10").json()
    assert (page["values"][0], len(page["values"]), page["has_more"]) == ("000", 10, True)
    api.put("/api/lists/big", {"values": ["other"]}, "application/json")
    seen = list(page["values"])
    while page["has_more"]:
        page = api.get("/api/lists/big", {"limit": 10, "cursor": page["next_cursor"]}).json()
        seen += page["values"]
    assert seen == [f"{number:03}" for number in range(25)]


@pytest.mark.parametrize("query", ["limit=0", "limit=10001", "limit=x", "version=0", "version=-1", "cursor=x.y", "a=b"])
def test_a_bad_query_is_refused(api: Client, acme: Any, query: str) -> None:
    factories.reference_list(acme, "big")
    assert api.get(f"/api/lists/big?{query}").status_code == 400


def test_a_version_is_never_changed_by_anybody(acme: Any) -> None:
    version = factories.reference_list(acme).current()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        ReferenceListVersion.objects.filter(pk=version.pk).update(values=["B2"])
