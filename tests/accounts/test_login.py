"""Logging in to the staff site: guesses are slowed down, whoever knows the password is not."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from django.test import Client

from accounts import throttling
from accounts.models import User
from config import env

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-7"  # noqa: S105


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Redis' clock stands still; three wrong passwords a name, and hashing that takes no time."""
    clock = "redis.call('TIME')"
    monkeypatch.setattr(throttling, "_SCRIPT", throttling._SCRIPT.replace(clock, "{'1700000000', '0'}"))
    monkeypatch.setattr(env, "LOGIN_FAILURES", 3)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def name() -> str:
    return User.objects.create_user(f"ann-{secrets.token_hex(4)}", password=PASSWORD, is_staff=True).username


def attempt(name: str, password: str, address: str | None = None) -> Any:
    """From an address of nobody else's, unless one is named."""
    address = address or f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"
    return Client(REMOTE_ADDR=address).post("/admin/login/?next=/admin/", {"username": name, "password": password})


def test_a_name_is_guessed_at_so_often_and_no_oftener(name: str) -> None:
    assert [attempt(name, "wrong").status_code for _ in range(3)] == [200] * 3
    answer = attempt(name.upper(), "wrong")  # nobody else by another spelling
    assert answer.status_code == 429
    assert answer["Retry-After"] == "20"
    assert "Too many attempts. Try again in 20 seconds." in answer.content.decode()
    assert attempt(name, PASSWORD).status_code == 429  # or the right guess would tell


def test_a_right_password_costs_nothing(name: str) -> None:
    assert [attempt(name, PASSWORD).status_code for _ in range(5)] == [302] * 5
    assert attempt(name, "wrong").status_code == 200
    assert [attempt(name, PASSWORD).status_code for _ in range(5)] == [302] * 5


def test_one_address_guesses_at_many_names_so_often_and_no_oftener(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "RATE_LIMIT_FAILURES", 4)
    address = f"2001:db8:{secrets.token_hex(2)}::1"
    codes = [attempt(secrets.token_hex(4), "wrong", address).status_code for _ in range(6)]
    assert codes == [200] * 4 + [429] * 2


def test_no_name_at_all_is_a_fault_of_the_form() -> None:
    assert attempt("", "").status_code == 200


def test_with_redis_away_people_log_in(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(throttling, "client", throttling.client.__wrapped__)  # a new one, which finds nobody
    assert attempt(name, PASSWORD).status_code == 302
