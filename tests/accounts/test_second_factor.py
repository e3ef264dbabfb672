"""The second factor of the staff site: turned on with an app, asked for at the login, taken once, and turned off."""

from __future__ import annotations

import hashlib
import re
import secrets
from importlib import import_module
from typing import Any

import pyotp
import pytest
from django.apps import apps
from django.core.management import call_command
from django.test import Client

from accounts import second_factor
from accounts.audit import Actor
from accounts.models import AuditEntry, SecondFactor, User
from config import env
from web.sealed import Secret

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-7"  # noqa: S105
PAGE = "/admin/second-factor/"
BEGUN = 1_700_000_010  # a third into a half minute


@pytest.fixture(autouse=True)
def cheap(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`at(seconds)`: how long after BEGUN it is."""

    def move(seconds: float) -> None:
        monkeypatch.setattr(second_factor.time, "time", lambda: BEGUN + seconds)

    move(0)
    return move


@pytest.fixture
def ann() -> User:
    """Her id is no other test's: attempts are counted by it in Redis, which outlives the database of a test."""
    name, number = f"ann-{secrets.token_hex(4)}", 10**6 + secrets.randbelow(10**9)
    return User.objects.create_user(name, password=PASSWORD, is_staff=True, pk=number)


def someone() -> Client:
    """From an address of nobody else's."""
    return Client(REMOTE_ADDR=f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1")


def login(user: User, code: str = "", client: Client | None = None) -> Any:
    sent = {"username": user.get_username(), "password": PASSWORD, "code": code}
    return (client or someone()).post("/admin/login/?next=/admin/", sent)


def logged_in(user: User) -> Client:
    client = someone()
    assert login(user, client=client).status_code == 302
    return client


def turn_on(user: User) -> tuple[pyotp.TOTP, list[str]]:
    """By the action; the app, and the recovery codes."""
    secret = second_factor.new_secret()
    app = pyotp.TOTP(secret.reveal())
    codes = second_factor.turn_on(user=user, secret=secret, code=app.at(BEGUN), actor=Actor("user:ann"))
    return app, codes


def app_of(page: str) -> pyotp.TOTP:
    found = re.search(r"enter the key <code>([A-Z2-7]{32})</code>", page)
    assert found
    return pyotp.TOTP(found[1])


def test_it_is_turned_on_by_a_code_of_the_app_and_asked_for_from_then_on(ann: User, at: Any) -> None:
    client = logged_in(ann)
    page = client.get(PAGE).content.decode()
    app = app_of(page)
    assert "<svg" in page
    assert app_of(client.get(PAGE).content.decode()).secret == app.secret  # reloaded: the same
    wrong = client.post(PAGE, {"code": "000000" if app.at(BEGUN) != "000000" else "000001"})
    assert "That is not what your app shows now." in wrong.content.decode()
    ann.refresh_from_db()
    assert ann.second_factor_at is None
    codes = re.findall(r"<li><code>(.{23})</code>", client.post(PAGE, {"code": app.at(BEGUN)}).content.decode())
    assert len(set(codes)) == second_factor.RECOVERY
    assert client.get("/admin/").status_code == 200  # this session goes on
    at(30)
    assert "Enter the code that your authenticator app shows" in login(ann).content.decode()
    assert login(ann, app.at(BEGUN + 30)).status_code == 302
    assert list(AuditEntry.objects.filter(action="second_factor.on").values_list("actor", flat=True)) == [
        f"user:{ann.username}"
    ]


def test_a_code_opens_once_and_only_near_its_time(ann: User, at: Any) -> None:
    app, _ = turn_on(ann)
    ann.refresh_from_db()
    assert login(ann, app.at(BEGUN)).status_code == 200  # it turned it on
    at(300)
    for steps in (-2, 2):
        assert login(ann, app.at(BEGUN + 300 + 30 * steps)).status_code == 200, steps
    assert login(ann, app.at(BEGUN + 270)).status_code == 302
    assert login(ann, app.at(BEGUN + 270)).status_code == 200
    assert login(ann, app.at(BEGUN + 330)[:3] + " " + app.at(BEGUN + 330)[3:]).status_code == 302
    assert login(ann, app.at(BEGUN + 300)).status_code == 200  # older than one that was taken


def test_a_recovery_code_opens_once(ann: User) -> None:
    _, codes = turn_on(ann)
    assert login(ann, f" {codes[3].upper()}").status_code == 302
    assert login(ann, codes[3]).status_code == 200
    assert login(ann, codes[4].replace("-", "")).status_code == 302
    assert AuditEntry.objects.filter(action="second_factor.recovery_code_used").count() == 2
    assert len(SecondFactor.objects.get(user=ann).recovery) == second_factor.RECOVERY - 2


def test_a_recovery_code_is_too_long_to_be_found_from_its_digest_and_easy_to_read(ann: User) -> None:
    letters = "a-hjkmnp-z2-9"  # none of 0, 1, i, l and o
    assert all(re.fullmatch(f"([{letters}]{{5}}-){{3}}[{letters}]{{5}}", code) for code in turn_on(ann)[1])
    assert (26 - 3 + 10 - 2) ** 20 > 2**80


def test_short_recovery_codes_of_before_are_gone_and_the_page_says_so(ann: User, at: Any) -> None:
    app, _ = turn_on(ann)
    old = hashlib.sha256(b"abcde-fghjk").hexdigest()
    SecondFactor.objects.filter(user=ann).update(recovery=[old])
    import_module("accounts.migrations.0005_longer_recovery_codes").forget(apps, None)
    assert SecondFactor.objects.get(user=ann).recovery == []
    assert login(ann, "abcde-fghjk").status_code == 200
    at(30)
    client = someone()
    assert login(ann, app.at(BEGUN + 30), client).status_code == 302
    assert "No recovery codes left: turn it off and on again for ten new ones" in client.get(PAGE).content.decode()


def test_turning_it_on_or_off_ends_every_other_session(ann: User) -> None:
    client, other = logged_in(ann), logged_in(ann)
    app = app_of(client.get(PAGE).content.decode())
    shown = client.post(PAGE, {"code": app.at(BEGUN)}).content.decode()
    assert (client.get("/admin/").status_code, other.get("/admin/").status_code) == (200, 302)
    first, second = re.findall(r"<li><code>(.{23})</code>", shown)[:2]
    third = someone()
    assert login(ann, first, third).status_code == 302
    assert 'inputmode="text"' in client.get(PAGE).content.decode()  # a recovery code has letters
    assert "neither what your app shows" in client.post(PAGE, {"code": "nothing"}).content.decode()
    assert client.post(PAGE, {"code": second}).status_code == 302
    assert (client.get("/admin/").status_code, third.get("/admin/").status_code) == (200, 302)
    assert login(ann).status_code == 302  # the password is enough
    assert not SecondFactor.objects.filter(user=ann).exists()
    assert AuditEntry.objects.filter(action="second_factor.off").count() == 1


def test_codes_are_guessed_at_as_often_as_passwords(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "LOGIN_FAILURES", 3)
    _, codes = turn_on(ann)
    assert [login(ann, "wrong").status_code for _ in range(3)] == [200] * 3
    assert login(ann, codes[0]).status_code == 429
    client = someone()
    client.force_login(ann)
    for _ in range(3):
        client.post(PAGE, {"code": "wrong"})
    assert "Too many attempts." in client.post(PAGE, {"code": codes[0]}).content.decode()
    ann.refresh_from_db()
    assert ann.second_factor_at


def test_where_it_is_required_nothing_else_is_shown_before(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "STAFF_SECOND_FACTOR", "required")
    client = logged_in(ann)
    for path in ("/admin/", "/admin/password_change/", "/admin/compliance/policy/", "/admin/nothing/"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, PAGE), path
    page = client.get(PAGE).content.decode()
    assert "This installation asks everybody" in page
    assert client.post(PAGE, {"code": app_of(page).at(BEGUN)}).status_code == 200
    assert client.get("/admin/").status_code == 200
    late = logged_in(User.objects.create_user("bob", password=PASSWORD, is_staff=True))
    assert late.post("/admin/logout/").status_code == 200


def test_what_is_stored_opens_no_door(ann: User) -> None:
    client = logged_in(ann)
    app = app_of(client.get(PAGE).content.decode())
    assert app.secret not in str(dict(client.session))
    codes = re.findall(r"<li><code>(.{23})</code>", client.post(PAGE, {"code": app.at(BEGUN)}).content.decode())
    kept = SecondFactor.objects.get(user=ann)
    assert kept.secret.reveal() == app.secret
    assert app.secret not in kept.secret.token
    assert not set(codes) & set(kept.recovery)
    assert "second_factor" not in str(dict(client.session))
    for entry in AuditEntry.objects.all():
        assert app.secret not in str(entry.after)


def test_without_encryption_keys_it_cannot_be_turned_on_and_recovery_codes_go_on(ann: User, settings: Any) -> None:
    _, codes = turn_on(ann)
    settings.ENCRYPTION_KEYS = []
    assert login(ann, "123456").status_code == 200
    assert login(ann, codes[0]).status_code == 302
    other = logged_in(User.objects.create_user("bob", password=PASSWORD, is_staff=True))
    assert "its operator has set no ENCRYPTION_KEYS" in other.get(PAGE).content.decode()


def test_an_operator_and_a_superuser_take_it_away_from_who_has_lost_it(ann: User, admin_client: Client) -> None:
    turn_on(ann)
    call_command("reset_second_factor", ann.username)
    assert login(ann).status_code == 302
    turn_on(ann)
    chosen = {"action": "turn_off_second_factor", "_selected_action": [ann.pk]}
    told = admin_client.post("/admin/accounts/user/", chosen, follow=True).content.decode()
    assert f"Turned off for {ann.username}" in told
    assert "It was not turned on." in admin_client.post("/admin/accounts/user/", chosen, follow=True).content.decode()
    actors = AuditEntry.objects.filter(action="second_factor.off").order_by("number").values_list("actor", flat=True)
    assert list(actors) == ["command:reset_second_factor", "user:admin"]


def test_a_sealed_secret_is_a_secret_of_160_bits() -> None:
    assert len(second_factor.new_secret().reveal()) == 32
    assert isinstance(second_factor.new_secret(), Secret)
