"""A partner's requests without a server between: Django's client with a key."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AccountGroup
from tests.scans import factories


class Asking:
    """`get`, `post`, `patch` and `delete` below the account group's address; `queries` are those of the last one."""

    def __init__(self, group: AccountGroup, key: str | None = None) -> None:
        self.group = group
        self.client = Client(headers={"Authorization": f"Bearer {key or factories.key(group)[1]}"})
        self.queries: list[str] = []
        self.get("/signals/scans")  # the key was just used: noting that, once a minute, is not counted

    def get(self, path: str, **headers: str) -> Any:
        return self._send("get", path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("post", path, body, "application/json", headers=headers)

    def patch(self, path: str, body: Any) -> Any:
        return self._send("patch", path, body, "application/json")

    def delete(self, path: str) -> Any:
        return self._send("delete", path)

    def _send(self, method: str, path: str, *args: Any, **more: Any) -> Any:
        with CaptureQueriesContext(connection) as sent:
            answer = getattr(self.client, method)(f"/v1/accounts/{self.group.pk}{path}", *args, **more)
        self.queries = [query["sql"] for query in sent if "SAVEPOINT" not in query["sql"]]
        return answer


def data(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    body = answer.json()
    assert (body["success"], body["error"]) == (True, None)
    return body["data"]


def fault(answer: Any, status: int) -> tuple[str, str | None]:
    """(code, the field its first detail names)"""
    assert answer.status_code == status, answer.content
    body = answer.json()
    assert (body["success"], body["data"]) == (False, None)
    details = body["error"]["details"]
    return body["error"]["code"], details[0]["field"] if details else None
