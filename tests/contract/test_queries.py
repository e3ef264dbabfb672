"""How many statements the routes that are asked most send to the database: the same for 1 row and for 30."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AccountGroup
from compliance.actions.history import append_event
from compliance.enums import ScoreAction
from compliance.models import Upload
from compliance.staging import now
from tests.compliance import factories

pytestmark = pytest.mark.django_db

CSV = b"Account,Amount\nA1,500\n"


class Asked:
    """Asks with a key that was just used, so that noting its last use (once a minute) is not counted."""

    def __init__(self, group: AccountGroup) -> None:
        self.client = Client(
            headers={"Authorization": f"Bearer {factories.key_text(group)}", "Prefer": "respond-async"}
        )
        self.client.get("/api/schemas/rule.json")

    def __call__(self, path: str, body: Any = None) -> int:
        """The number of statements of a request that succeeds."""
        with CaptureQueriesContext(connection) as sent:
            answer = self.client.post(path, body, "application/json") if body else self.client.get(path)
        assert 200 <= answer.status_code < 300, answer.content
        return len([query for query in sent if "SAVEPOINT" not in query["sql"]])


@pytest.fixture
def group() -> AccountGroup:
    return factories.group()


def status(group: AccountGroup, rows: int) -> str:
    scan = factories.completed(group)
    for _ in range(rows):
        append_event(scan=scan, action=ScoreAction.APPROVED, score=scan.score, actor="tests", at=now())
    return f"/api/scan/{scan.pk}"


def scans(group: AccountGroup, rows: int) -> str:
    for _ in range(rows):
        factories.scan(group)
    return "/api/scan?limit=100"


def history(group: AccountGroup, rows: int) -> str:
    for _ in range(rows):
        factories.completed(group)
    return "/api/scan/history?limit=100"


def violations(group: AccountGroup, rows: int) -> str:
    scan = factories.completed(group, [f"A{n}" for n in range(rows)])
    return f"/api/violations?limit=100&scan_id={scan.pk}"


def violations_of_scans(group: AccountGroup, rows: int) -> str:
    for _ in range(rows):
        factories.completed(group)
    return "/api/violations?limit=100"


def uploads(group: AccountGroup, rows: int) -> str:
    for _ in range(rows):
        factories.upload(group)
    return "/api/data?limit=100"


def policies(group: AccountGroup, rows: int) -> str:
    for _ in range(rows):
        factories.policy(group)
    return "/api/policies?limit=100"


def score(group: AccountGroup, rows: int) -> str:
    return f"/api/compliance/score?scan_id={factories.completed(group, [f'A{n}' for n in range(rows)]).pk}"


# One of each is the key with its account groups, and one puts on row-level security.
MOST: list[tuple[Callable[[AccountGroup, int], str], int]] = [
    (status, 4), (scans, 3), (history, 3), (violations, 5), (violations_of_scans, 4), (uploads, 3), (policies, 3),
    (score, 4),
]  # fmt: skip


@pytest.mark.parametrize(("route", "most"), MOST, ids=[route.__name__ for route, _ in MOST])
def test_the_number_of_statements_does_not_grow_with_the_rows(route: Callable[..., str], most: int) -> None:
    counts = []
    for rows in (1, 30):
        group = factories.group()
        path = route(group, rows)
        counts.append(Asked(group)(path))
    assert counts == [most, most]


def test_a_start_sends_the_same_few_statements_whatever_there_is_already(group: AccountGroup) -> None:
    asked, policy = Asked(group), factories.policy(group)
    upload = asked.client.post("/api/data/upload", {"file": SimpleUploadedFile("file.csv", CSV)}).json()["upload_id"]
    mapping = factories.mapping(Upload.objects.get(pk=upload), {"amount": "Amount"})
    body = {"policy_id": str(policy.pk), "upload_id": upload, "mapping_id": str(mapping.pk)}
    first = asked("/api/scan/run", body)
    for _ in range(20):
        factories.scan(group, on=policy)
    assert (first, asked("/api/scan/run", body)) == (12, 12)  # three of them for the audit log
