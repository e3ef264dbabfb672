"""Who is asking: every way to be nobody is answered alike, and costs at most one query."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import actions, keys
from accounts.models import AccountGroup, ApiKey, Grant
from config import env
from tests.accounts.conftest import ALICE, Issue, bearer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.routes")]


def expired(issue: Issue) -> str:
    key, text = issue(expires_at=timezone.now() + timedelta(hours=1))
    ApiKey.objects.filter(pk=key.pk).update(
        created_at=timezone.now() - timedelta(hours=2), expires_at=timezone.now() - timedelta(seconds=1)
    )
    return text


def revoked(issue: Issue) -> str:
    key, text = issue()
    actions.revoke_key(key=key, actor=ALICE)
    return text


def ungranted(issue: Issue) -> str:
    key, text = issue()
    Grant.objects.filter(key=key).delete()
    return text


NOBODY = {
    "missing": lambda issue: None,
    "empty": lambda issue: "",
    "no scheme": lambda issue: issue()[1],
    "another scheme": lambda issue: f"Basic {issue()[1]}",
    "two keys": lambda issue: f"Bearer {issue()[1]} {issue()[1]}",
    "malformed": lambda issue: "Bearer nonsense",
    "a typo": lambda issue: f"Bearer {issue()[1][:-1]}!",
    "unknown": lambda issue: f"Bearer {keys.new_key()}",
    "expired": lambda issue: f"Bearer {expired(issue)}",
    "revoked": lambda issue: f"Bearer {revoked(issue)}",
    "reaching nothing": lambda issue: f"Bearer {ungranted(issue)}",
    "not ASCII": lambda issue: "Bearer sk_live_é",
    "NUL": lambda issue: "Bearer sk_live_\0",
}


@pytest.mark.parametrize("kind", NOBODY)
def test_every_way_to_be_nobody_gets_one_identical_401(client: Client, issue: Issue, kind: str) -> None:
    header = NOBODY[kind](issue)
    response = client.get("/api/who", headers={} if header is None else {"Authorization": header})
    assert response.status_code == 401
    assert response.json() == {
        "error": "UNAUTHORIZED",
        "message": "A valid API key is required: send Authorization: Bearer sk_live_... or sk_test_...",
    }
    assert response["WWW-Authenticate"] == 'Bearer realm="scanward"'


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_in_any_case(client: Client, issue: Issue, scheme: str) -> None:
    assert client.get("/api/who", headers={"Authorization": f"{scheme} {issue()[1]}"}).status_code == 200


def test_a_key_is_known_with_one_query_and_row_security_put_on_with_another(client: Client, issue: Issue) -> None:
    headers = bearer(issue()[1])
    client.get("/api/who", headers=headers)
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/api/who", headers=headers).status_code == 200
    assert ["set_config" in query["sql"] for query in queries] == [False, True]


def test_a_malformed_key_costs_no_query(client: Client, group: AccountGroup) -> None:
    with CaptureQueriesContext(connection) as queries:
        client.get("/api/who", headers=bearer("sk_live_" + "a" * 36))
    assert len(queries) == 0


def test_the_last_use_is_written_at_most_once_a_minute(client: Client, issue: Issue) -> None:
    key, text = issue()
    start = timezone.now()
    seen = []
    for seconds in (0, 30, 59, 61, 100, 122):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            client.get("/api/who", headers=bearer(text))
            seen.append(round((ApiKey.objects.get(pk=key.pk).last_used_at - start).total_seconds()))
    assert seen == [0, 0, 0, 61, 61, 122]


def test_requests_that_race_write_the_last_use_once(issue: Issue) -> None:
    key, _ = issue()
    now = timezone.now()
    ApiKey.objects.touch(key.pk, now)
    ApiKey.objects.touch(key.pk, now + timedelta(seconds=5))
    key.refresh_from_db()
    assert key.last_used_at == now


def test_a_refused_key_is_not_noted_as_used(client: Client, issue: Issue) -> None:
    client.get("/api/who", headers=bearer(revoked(issue)))
    assert ApiKey.objects.get().last_used_at is None


def test_an_expiring_key_opens_until_its_moment(client: Client, issue: Issue) -> None:
    ends = timezone.now() + timedelta(hours=1)
    _, text = issue(expires_at=ends)
    with time_machine.travel(ends - timedelta(seconds=1), tick=False):
        assert client.get("/api/who", headers=bearer(text)).status_code == 200
    with time_machine.travel(ends, tick=False):
        assert client.get("/api/who", headers=bearer(text)).status_code == 401


def test_guessing_is_throttled_by_address_and_others_are_not(client: Client, issue: Issue) -> None:
    codes = [
        client.get("/api/who", headers=bearer(keys.new_key()), REMOTE_ADDR="198.51.100.1").status_code
        for _ in range(env.RATE_LIMIT_FAILURES + 2)
    ]
    assert codes == [401] * env.RATE_LIMIT_FAILURES + [429] * 2
    assert client.get("/api/who", REMOTE_ADDR="198.51.100.2").status_code == 401
    assert client.get("/api/who", headers=bearer(issue()[1]), REMOTE_ADDR="198.51.100.1").status_code == 200


def test_a_forged_forwarded_for_does_not_escape_the_throttle(client: Client, group: AccountGroup) -> None:
    codes = {
        client.get("/api/who", headers={"X-Forwarded-For": f"10.1.1.{n}"}, REMOTE_ADDR="198.51.100.3").status_code
        for n in range(env.RATE_LIMIT_FAILURES + 1)
    }
    assert codes == {401, 429}


def test_a_throttled_guess_says_how_long_to_wait(client: Client, group: AccountGroup) -> None:
    for _ in range(env.RATE_LIMIT_FAILURES + 1):
        response = client.get("/v1/anybody", REMOTE_ADDR="198.51.100.4")
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 60
    assert response.json()["error"]["code"] == "RATE_LIMITED"


def test_a_key_is_never_logged(browser: Client, issue: Issue, caplog: pytest.LogCaptureFixture) -> None:
    good, bad = issue()[1], revoked(issue)
    for text in (good, bad):
        for path in ("/api/who", "/api/broken", "/v1/anybody"):
            browser.get(path, headers=bearer(text))
    assert "unexpected_fault" in caplog.text
    assert good not in caplog.text
    assert bad not in caplog.text
