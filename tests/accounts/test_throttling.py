"""Token buckets in a real Redis."""

from __future__ import annotations

import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import Client

from accounts import throttling
from accounts.models import AccountGroup
from accounts.throttling import Away, Bucket, Taken, give_back, look, pay, take
from accounts.throttling import client as redis_client
from config import env
from tests.accounts.conftest import Issue, bearer

pytestmark = pytest.mark.usefixtures("still")


def bucket(quota: int, name: str = "default", owner: str | None = None) -> Bucket:
    return Bucket(name, owner or secrets.token_hex(8), quota)


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis' clock stands still: no token comes back while the test takes its time."""
    clock = "redis.call('TIME')"
    assert clock in throttling._SCRIPT
    monkeypatch.setattr(throttling, "_SCRIPT", throttling._SCRIPT.replace(clock, "{'1700000000', '0'}"))


def back_in_time(one: Bucket, seconds: float) -> None:
    """As if the bucket had been touched that much earlier."""
    at = float(redis_client().hget(one.redis_key, "at") or 0)
    redis_client().hset(one.redis_key, "at", f"{at - seconds:.6f}")


def test_a_full_bucket_grants_its_quota_and_no_more() -> None:
    one = bucket(5)
    assert [take([one]).granted for _ in range(7)] == [True] * 5 + [False] * 2


def test_a_refused_request_says_when_the_next_token_comes() -> None:
    one = bucket(6)  # a token every ten seconds
    for _ in range(6):
        take([one])
    assert take([one]).retry_after == 10
    back_in_time(one, 9.5)
    assert take([one]).retry_after == 1
    back_in_time(one, 1)
    assert take([one]) == Taken(True, {"RateLimit-Policy": '"default";q=6;w=60', "RateLimit": '"default";r=0;t=60'})


def test_tokens_come_back_with_time_up_to_the_quota() -> None:
    one = bucket(6)
    for _ in range(6):
        take([one])
    back_in_time(one, 20.5)
    assert [take([one]).granted for _ in range(3)] == [True, True, False]
    back_in_time(one, 3600)
    assert [take([one]).granted for _ in range(7)] == [True] * 6 + [False]


def test_the_clock_is_that_of_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    one, (before, _) = bucket(5), redis_client().time()
    take([one])
    assert before <= float(redis_client().hget(one.redis_key, "at") or 0) <= redis_client().time()[0] + 1


def test_headers_name_the_policy_and_what_is_left() -> None:
    one = bucket(60)
    assert take([one]).headers == {
        "RateLimit-Policy": '"default";q=60;w=60',
        "RateLimit": '"default";r=59;t=1',
    }


def test_two_buckets_are_taken_from_together_or_not_at_all() -> None:
    owner = secrets.token_hex(8)
    both = [bucket(10, "default", owner), bucket(2, "starts", owner)]
    assert [take(both).granted for _ in range(4)] == [True, True, False, False]
    assert take([both[0]]).headers["RateLimit"].startswith('"default";r=7;')
    assert take(both).headers["RateLimit-Policy"] == '"default";q=10;w=60, "starts";q=2;w=60'


def test_a_token_given_back_can_be_taken_again_but_never_above_the_quota() -> None:
    one = bucket(2)
    take([one])
    take([one])
    assert give_back([one])["RateLimit"].startswith('"default";r=1;')
    assert [take([one]).granted for _ in range(2)] == [True, False]
    for _ in range(5):
        headers = give_back([one])
    assert headers["RateLimit"] == '"default";r=2;t=0'
    assert [take([one]).granted for _ in range(3)] == [True, True, False]


def test_looking_takes_nothing_and_paying_takes_what_is_not_there() -> None:
    one = bucket(2)
    assert [look([one]).granted for _ in range(5)] == [True] * 5
    assert [take([one]).granted for _ in range(2)] == [True, True]
    refused = look([one])
    assert (refused.granted, refused.retry_after) == (False, 30)
    assert pay([one])["RateLimit"] == '"default";r=0;t=90'
    assert look([one]).retry_after == 60  # a token is owed
    back_in_time(one, 59)
    assert not take([one]).granted
    back_in_time(one, 1)
    assert take([one]).granted


def test_a_smaller_quota_holds_at_once() -> None:
    owner = secrets.token_hex(8)
    take([bucket(100, owner=owner)])
    assert [take([bucket(2, owner=owner)]).granted for _ in range(3)] == [True, True, False]


def test_fifty_at_once_take_each_token_once() -> None:
    one = bucket(20)
    with ThreadPoolExecutor(16) as pool:
        granted = Counter(pool.map(lambda _: take([one]).granted, range(50)))
    assert granted == {True: 20, False: 30}


def test_a_bucket_nobody_uses_is_forgotten() -> None:
    one = bucket(5)
    take([one])
    assert 0 < redis_client().ttl(one.redis_key) <= 120
    assert one.redis_key.startswith(env.REDIS_PREFIX)


@pytest.fixture
def no_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port where nothing listens, in place of Redis."""
    monkeypatch.setattr(env, "REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(throttling, "client", throttling.client.__wrapped__)  # a new one, which finds nobody


@pytest.mark.usefixtures("no_redis")
def test_without_redis_everything_is_served_logged_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    before = Away.count
    assert take([bucket(1)]) == Taken(True, {})
    assert look([bucket(1)]) == Taken(True, {})
    assert give_back([bucket(1)]) == pay([bucket(1)]) == {}
    assert Away.count == before + 4
    assert "rate_limit_open" in caplog.text


@pytest.mark.urls("tests.accounts.routes")
class TestOverHTTP:
    def test_every_answer_carries_the_headers(self, client: Client, issue: Issue, group: AccountGroup) -> None:
        headers = bearer(issue()[1])
        paths = {
            "/api/who": 200,
            "/api/undeclared": 403,
            f"/v1/accounts/{group.pk}/who/x": 400,
            "/api/who/x": 404,
            "/api/who?x=1": 400,
        }
        for path, status in paths.items():
            response = client.get(path, headers=headers)
            assert response.status_code == status
            assert response["RateLimit-Policy"] == '"default";q=600;w=60'
            assert response["RateLimit"].startswith('"default";r=59')

    def test_an_empty_bucket_is_429_in_the_dialect_with_retry_after(self, client: Client, issue: Issue) -> None:
        headers = bearer(issue(rate_limit=2)[1])
        codes = [client.get("/v1/anybody", headers=headers).status_code for _ in range(3)]
        assert codes == [200, 200, 429]
        refused = client.get("/v1/anybody", headers=headers)
        assert refused.json()["error"]["code"] == "RATE_LIMITED"
        assert int(refused["Retry-After"]) == 30
        assert refused["RateLimit"].startswith('"default";r=0;')

    def test_starts_have_a_bucket_apart(self, client: Client, issue: Issue) -> None:
        headers = bearer(issue(rate_limit_starts=1)[1])
        codes = [client.post("/api/who", "{}", "application/json", headers=headers).status_code for _ in range(2)]
        assert codes == [201, 429]
        assert client.get("/api/who", headers=headers).status_code == 200

    def test_a_key_without_a_limit_has_the_smallest_of_its_groups(
        self, client: Client, issue: Issue, group: AccountGroup, neighbour: AccountGroup
    ) -> None:
        AccountGroup.objects.filter(pk=group.pk).update(rate_limit=70)
        AccountGroup.objects.filter(pk=neighbour.pk).update(rate_limit=50)
        for told, quota in (({}, 50), ({"rate_limit": 90}, 90)):
            _, text = issue(group, neighbour, **told)
            response = client.get("/v1/anybody", headers=bearer(text))
            assert response["RateLimit-Policy"] == f'"default";q={quota};w=60'

    @pytest.mark.parametrize("path", ["/api/versioned", "/v1/versioned"])
    def test_an_answer_of_304_costs_nothing(self, client: Client, issue: Issue, path: str) -> None:
        headers = bearer(issue(rate_limit=3)[1])
        tag = client.get(path, headers=headers)["ETag"]
        for _ in range(10):
            response = client.get(path, headers={**headers, "If-None-Match": tag})
            assert (response.status_code, response.content) == (304, b"")
            assert response["ETag"] == tag
            assert response["RateLimit"].startswith('"default";r=2;')

    @pytest.mark.parametrize(
        ("path", "status"), [("/api/versioned", 200), ("/api/who/x", 404), ("/api/undeclared", 403)]
    )
    def test_any_other_answer_to_a_conditional_request_costs_a_token(
        self, client: Client, issue: Issue, path: str, status: int
    ) -> None:
        headers = {**bearer(issue(rate_limit=3)[1]), "If-None-Match": '"another"'}
        for left in (2, 1, 0):
            response = client.get(path, headers=headers)
            assert response.status_code == status
            assert response["RateLimit"].startswith(f'"default";r={left};')
        assert client.get(path, headers=headers).status_code == 429

    def test_who_starts_pays_first_whatever_the_condition(self, client: Client, issue: Issue) -> None:
        headers = {**bearer(issue(rate_limit_starts=1)[1]), "If-None-Match": "*"}
        answers = [client.post("/api/who", "{}", "application/json", headers=headers) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 429]
        assert '"starts";r=0;' in answers[0]["RateLimit"]

    def test_an_empty_bucket_refuses_conditional_requests_too(self, client: Client, issue: Issue) -> None:
        headers = bearer(issue(rate_limit=1)[1])
        tag = client.get("/api/versioned", headers=headers)["ETag"]
        assert client.get("/api/versioned", headers={**headers, "If-None-Match": tag}).status_code == 429

    @pytest.mark.usefixtures("no_redis")
    def test_without_redis_requests_are_served(self, client: Client, issue: Issue) -> None:
        headers = bearer(issue(rate_limit=1)[1])
        assert [client.get("/api/who", headers=headers).status_code for _ in range(3)] == [200] * 3
        assert client.get("/api/who").status_code == 401
