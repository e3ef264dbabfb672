"""While the database is away people get a page, partners their dialect; neither needs the database to be told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client

from accounts.keys import new_key
from config import processes


@pytest.fixture
def away(django_db_blocker: Any) -> Iterator[None]:
    """Nothing listens where the database should be."""
    at, pool = connection.settings_dict, connection.settings_dict["OPTIONS"]["pool"]
    before, patience = at["PORT"], pool["timeout"]
    with django_db_blocker.unblock():
        connection.close()
        connection.close_pool()
        at["HOST"], host = "127.0.0.1", at["HOST"]
        at["PORT"], pool["timeout"] = processes.free_port(), 1
        yield
        connection.close()
        connection.close_pool()
        at["HOST"], at["PORT"], pool["timeout"] = host, before, patience


@pytest.fixture
def browser() -> Client:
    """Of somebody who was logged in."""
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = SessionStore().session_key or "0" * 32
    return client


@pytest.mark.usefixtures("away")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_people_get_a_page_and_partners_their_dialect(browser: Client) -> None:
    for address in ("/admin/", "/admin/compliance/violation/"):
        for answer in (browser.get(address), browser.post(address, {"action": "review_selected"})):
            assert (answer.status_code, answer["Retry-After"]) == (503, "5")
            assert answer["Content-Type"].startswith("text/html")
            assert "<h1>Not available for a moment</h1>" in answer.content.decode()
            assert "default-src" in answer["Content-Security-Policy"]
    assert browser.get("/docs").status_code == 200  # it needs none
    key = {"HTTP_AUTHORIZATION": f"Bearer {new_key(test=False)}"}
    for address in ("/api/scan", "/v1/accounts/507f1f77bcf86cd799439011/audiences"):
        answer = browser.get(address, **key)
        body = json.loads(answer.content)
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert "UNAVAILABLE" in (body["error"], body["error"]["code"] if isinstance(body["error"], dict) else "")
