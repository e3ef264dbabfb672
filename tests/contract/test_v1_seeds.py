"""The four pages v1 grew from: every answer they document, given by the running server in the shape they show."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection

from accounts.actions import issue_key
from accounts.enums import Permission
from jobs import kinds, lifecycle
from scans.models import SignalScan
from tests.contract import openapi
from tests.contract.shapes import shape
from tests.contract.v1_calls import Owner
from tests.scans import factories as scans
from tests.scans.test_remote import begun
from tests.scans.test_remote import scan as remote_scan
from web.identifiers import new_object_id

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("system_db")]
SEEDS: dict[str, Any] = json.loads(Path(__file__).with_name("seeds.json").read_text())
CODES = {
    "400": "VALIDATION_ERROR", "401": "UNAUTHORIZED", "403": "FORBIDDEN", "404": "NOT_FOUND", "422": "VALIDATION_ERROR",
    "429": "RATE_LIMITED", "500": "INTERNAL_ERROR", "502": "UPSTREAM_ERROR",
}  # fmt: skip
REFUSED_TO_STOP = ("POST /v1/accounts/{accountGroupId}/signals/scans/{scanId}/cancel", "502")
ANSWERS = [
    (name, status) for name, seed in SEEDS.items() for status in seed["answers"] if (name, status) != REFUSED_TO_STOP
]


@dataclass
class Wish:
    """One request of an operation, and what a test may turn about it."""

    owner: Owner
    method: str
    path: str
    permission: str
    identifier: str  # the id in its path; empty for a list
    table: str

    @classmethod
    def of(cls, name: str, *, over: bool = False) -> Wish:
        owner = Owner()
        method, template = name.split()
        if "{jobId}" in template:
            identifier, table = owner.job().pk, "prospecting_prospectingjob"
        else:
            scan = scans.completed(owner.group, owner.jane()) if over else scans.scan(owner.group)
            identifier, table = scan.pk if "{scanId}" in template else "", "scans_signalscan"
        path = template.replace("{accountGroupId}", owner.group.pk).replace("{scanId}", identifier)
        permission = SEEDS[name]["permission"]
        return cls(owner, method, path.replace("{jobId}", identifier), permission, identifier, table)

    def key(self, *permissions: str, **fields: Any) -> str:
        allowed = permissions or [self.permission]
        return issue_key(
            groups=[self.owner.group], permissions=allowed, name="tests", actor=scans.ACTOR, **fields
        )[1]  # fmt: skip


@pytest.mark.parametrize(("name", "status"), ANSWERS)
def test_an_answer_of_a_seed_is_given_by_the_running_server(name: str, status: str, web_server: str) -> None:
    wish = Wish.of(name, over=status == "422")
    with httpx.Client(base_url=web_server, timeout=60, event_hooks={"response": [openapi.check]}) as http:
        answer = PROVOKED[status](wish, http)
    hold(name, status, answer)


@pytest.mark.usefixtures("served_provider")
def test_a_provider_that_refuses_to_stop_is_502_and_the_scan_goes_on(web_server: str) -> None:
    scan = stubborn_scan()
    owner = Owner(scan.group).in_sandbox()
    name, status = REFUSED_TO_STOP
    with httpx.Client(base_url=web_server, timeout=60, event_hooks={"response": [openapi.check]}) as http:
        path = owner.path("signals/scans", scan.pk, "cancel")
        answer = http.post(path, headers={"Authorization": f"Bearer {owner.key()}"})
    hold(name, status, answer)
    scan.refresh_from_db()
    assert scan.status == "running"


def stubborn_scan() -> SignalScan:
    """One that runs here and at a provider that will not stop it."""
    scan = remote_scan("stubborn-endless")
    begun(scan)
    return scan


def hold(name: str, status: str, answer: httpx.Response) -> None:
    """The answer has this status, and the shape that the page shows."""
    assert answer.status_code == int(status), answer.text
    body, shown = answer.json(), SEEDS[name]["answers"][status]["example"]
    assert list(body) == list(shown) == ["success", "data", "error", "traceId"]
    assert answer.headers["X-Trace-Id"] == body["traceId"]
    assert shape(body) >= shape({**shown, "error": None} if status == "200" else without_details(shown))
    if status != "200":
        assert (body["success"], body["data"], body["error"]["code"]) == (False, None, CODES[status])
        assert all(
            word not in answer.text for word in ("Traceback", "psycopg", "scans_", "prospecting_", "/site-packages")
        )


def sent(wish: Wish, http: httpx.Client, key: str | None = None, **changed: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key or wish.key()}"} if key != "" else {}
    return http.request(wish.method, changed.get("path", wish.path), headers=headers)


def whole(wish: Wish, http: httpx.Client) -> httpx.Response:
    """An answer with everything a page shows: a job that failed has an error, a list that goes on a cursor."""
    if not wish.identifier:
        scans.scan(wish.owner.group)
        return sent(wish, http, path=f"{wish.path}?limit=1")
    if wish.method == "GET":
        kind = "prospecting_job" if "prospecting" in wish.path else "signal_scan"
        lease = lifecycle.claim(kinds.get(kind), wish.identifier, worker="w")
        assert lease is not None
        lifecycle.fail(lease, code="WORKER_LOST", message="The worker was lost three times.")
    return sent(wish, http)


def malformed(wish: Wish, http: httpx.Client) -> httpx.Response:
    path = wish.path.replace(wish.identifier, "nonsense") if wish.identifier else f"{wish.path}?limit=101"
    return sent(wish, http, path=path)


def unpermitted(wish: Wish, http: httpx.Client) -> httpx.Response:
    return sent(wish, http, wish.key(*[word for word in Permission.values if word != wish.permission]))


def too_often(wish: Wish, http: httpx.Client) -> httpx.Response:
    key = wish.key(rate_limit=1)
    sent(wish, http, key)
    answer = sent(wish, http, key)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    return answer


def broken(wish: Wish, http: httpx.Client) -> httpx.Response:
    """A fault nobody foresaw: the table is gone."""
    key = wish.key()
    with without_table(wish.table):
        return sent(wish, http, key)


PROVOKED: dict[str, Callable[[Wish, httpx.Client], httpx.Response]] = {
    "200": whole,
    "400": malformed,
    "401": lambda wish, http: sent(wish, http, ""),
    "403": unpermitted,
    "404": lambda wish, http: sent(wish, http, path=wish.path.replace(wish.identifier, new_object_id())),
    "422": sent,
    "429": too_often,
    "500": broken,
}


@contextmanager
def without_table(table: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO away")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE away RENAME TO {table}")


def without_details(shown: dict[str, Any]) -> dict[str, Any]:
    """The pages show `details` as text; we send a list or null."""
    return {**shown, "error": {**shown["error"], "details": None}}


def test_shapes_tell_a_field_that_is_missing_or_of_another_type() -> None:
    assert shape({"a": 1, "b": {"c": "x"}, "d": None}) >= shape({"a": 0.5, "b": {"c": "y"}})
    assert not shape({"a": "1"}) >= shape({"a": 1})
    assert not shape({"b": {}}) >= shape({"b": {"c": "y"}})
