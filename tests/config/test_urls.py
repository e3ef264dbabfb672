"""What every installation answers, whatever is built on it."""

from __future__ import annotations

import json

import pytest
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from accounts import throttling
from config import env, health


def test_livez_asks_nobody(client: Client) -> None:
    """Without the `db` mark any query would fail this test."""
    response = client.get("/livez")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readyz_is_green_when_all_is_there(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["checks"] == {"database": "ok", "migrations": "ok", "redis": "ok"}


@pytest.mark.django_db
def test_readyz_is_red_while_a_migration_is_missing(client: Client) -> None:
    MigrationRecorder.Migration.objects.filter(app="accounts").latest("name").delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["migrations"] == "1 to apply"


@pytest.mark.django_db
def test_readyz_is_red_without_redis(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(throttling, "client", throttling.client.__wrapped__)  # a new one, which finds nobody
    response = client.get("/readyz")
    assert (response.status_code, response.json()["checks"]["redis"]) == (503, "away")


def test_readyz_is_red_without_a_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        def cursor(self) -> None:
            raise OperationalError("connection refused")

        def __getattr__(self, name: str) -> None:
            raise OperationalError("connection refused")

    monkeypatch.setattr(health, "connection", Away())
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "away", "migrations": "unknown", "redis": "ok"}


@pytest.mark.parametrize("path", ["/v1/nothing", "/api/nothing", "/v1", "/api"])
def test_unknown_routes_of_both_apis_answer_json(client: Client, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (404, "application/json")


def test_the_openapi_document_is_served(client: Client) -> None:
    response = client.get("/openapi/compliance.json")
    assert response["Content-Type"] == "application/json"
    document = json.loads(response.content)
    assert document["openapi"].startswith("3.1")
    assert all(path.startswith("/api/") for path in document["paths"])
