"""create_group, create_key, rotate_key: one line on standard output, so that scripts can keep it."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import actions, keys
from accounts.audit import Actor
from accounts.management.groups import chosen_group
from accounts.models import AccountGroup, ApiKey, AuditEntry

pytestmark = pytest.mark.django_db


def run(*words: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command(*words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_create_group_prints_the_id_and_nothing_else() -> None:
    out, _ = run("create_group", "Acme GmbH")
    assert out == AccountGroup.objects.get(name="Acme GmbH").pk + "\n"


def test_create_group_takes_plan_and_sandbox() -> None:
    run("create_group", "Play", "--plan", "tester", "--sandbox")
    assert AccountGroup.objects.filter(name="Play", plan="tester", sandbox=True).exists()


@pytest.mark.parametrize("words", [["create_group", " "], ["create_group"], ["create_group", "x", "--plan", "gold"]])
def test_create_group_refuses_what_makes_no_group(words: list[str]) -> None:
    with pytest.raises(CommandError):
        run(*words)
    assert not AccountGroup.objects.exists()


def test_create_key_prints_the_key_alone_and_the_hint_elsewhere(group: AccountGroup) -> None:
    out, err = run("create_key", "--group", group.pk, "--permissions", "compliance:read, compliance:write")
    assert re.fullmatch(r"sk_live_\w{36}\n", out)
    key = ApiKey.objects.get(hash=keys.digest(out.strip()))
    assert key.permissions == ["compliance:read", "compliance:write"]
    assert key.pk in err
    assert out.strip() not in err


def test_create_key_reaches_several_groups_expires_and_has_a_name(group: AccountGroup, neighbour: AccountGroup) -> None:
    both = ("--group", group.pk, "--group", neighbour.pk)
    run("create_key", *both, "--permissions", "signals:read", "--expires-days", "30", "--name", "CI")
    key = ApiKey.objects.get(name="CI")
    assert set(key.groups.all()) == {group, neighbour}
    assert key.expires_at is not None
    assert abs(key.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)


def test_create_key_makes_test_keys_for_a_sandbox(sandbox: AccountGroup) -> None:
    assert run("create_key", "--group", sandbox.pk, "--permissions", "", "--test")[0].startswith("sk_test_")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--group", "0" * 24, "--permissions", "signals:read"], "no account group with the id or name 000000"),
        (["--group", "nonsense", "--permissions", "signals:read"], "create_group"),
        (["--permissions", "signals:read"], "--group"),
        (["--group", "GROUP"], "--permissions"),
        (
            ["--group", "GROUP", "--permissions", "signals:all"],
            "signals:all is not a permission; known: signals:read",
        ),
        (["--group", "GROUP", "--permissions", "signals:read", "--test"], "sandbox"),
        (["--group", "GROUP", "--permissions", "signals:read", "--expires-days", "0"], "from 1 to 3650"),
        (
            ["--group", "GROUP", "--permissions", "signals:read", "--expires-days", "9999999999"],
            "from 1 to 3650",
        ),
        (["--group", "GROUP", "--permissions", "signals:read", "--name", ""], "blank"),
    ],
)
def test_create_key_says_what_is_wrong_and_makes_nothing(group: AccountGroup, words: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=re.escape(told)):
        run("create_key", *[group.pk if word == "GROUP" else word for word in words])
    assert not ApiKey.objects.exists()


def test_what_commands_do_is_audited_under_their_name(group: AccountGroup) -> None:
    run("create_key", "--group", group.pk, "--permissions", "signals:read")
    assert AuditEntry.objects.get(action="key.issued").actor == "command:create_key"


def test_rotate_key_prints_a_successor_and_the_old_one_lives_on_for_the_overlap(group: AccountGroup) -> None:
    both = {"--permissions": "signals:read,signals:write", "--name": "CI", "--group": group.pk}
    run("create_key", *[word for pair in both.items() for word in pair])
    old = ApiKey.objects.get()
    out, err = run("rotate_key", old.pk, "--overlap", "1.5")
    new = ApiKey.objects.get(hash=keys.digest(out.strip()))
    assert out.count("\n") == 1
    assert (new.name, new.permissions, list(new.groups.all())) == ("CI", old.permissions, [group])
    old.refresh_from_db()
    assert old.expires_at is not None
    assert abs(old.expires_at - timezone.now() - timedelta(hours=1.5)) < timedelta(minutes=1)
    assert new.pk in err
    assert old.masked in err
    assert out.strip() not in err
    assert AuditEntry.objects.get(action="key.rotated").actor == "command:rotate_key"


def test_without_overlap_the_old_key_ends_at_once(group: AccountGroup) -> None:
    run("create_key", "--group", group.pk, "--permissions", "signals:read")
    old = ApiKey.objects.get()
    run("rotate_key", old.pk, "--overlap", "0")
    old.refresh_from_db()
    assert not old.live_at(timezone.now() + timedelta(seconds=2))


@pytest.mark.parametrize(
    ("key", "overlap", "told"),
    [
        ("0" * 24, "1", "There is no API key of this id"),
        ("KEY", "-1", "from 0 to 8784 hours"),
        ("KEY", "nan", "from 0 to 8784 hours"),
        ("REVOKED", "1", "revoked or expired already"),
    ],
)
def test_rotate_key_says_what_is_wrong_and_makes_nothing(
    group: AccountGroup, key: str, overlap: str, told: str
) -> None:
    run("create_key", "--group", group.pk, "--permissions", "signals:read")
    known = ApiKey.objects.get()
    if key == "REVOKED":
        actions.revoke_key(key=known, actor=Actor("tests"))
    with pytest.raises(CommandError, match=told) as refused:
        run("rotate_key", known.pk if key in ("KEY", "REVOKED") else key, "--overlap", overlap)
    assert refused.value.returncode == 2
    assert ApiKey.objects.count() == 1


def test_a_key_given_in_place_of_its_id_is_not_repeated(group: AccountGroup) -> None:
    text = run("create_key", "--group", group.pk, "--permissions", "signals:read")[0].strip()
    with pytest.raises(CommandError) as refused:
        run("rotate_key", text)
    assert text not in str(refused.value)


def test_machines_read_all_there_is_to_know() -> None:
    made = json.loads(run("create_group", "Acme", "--json")[0])
    assert made == {"id": AccountGroup.objects.get().pk, "name": "Acme", "plan": "starter", "sandbox": False}
    key = json.loads(run("create_key", "--group", made["id"], "--permissions", "signals:read", "--json")[0])
    stored = ApiKey.objects.get(hash=keys.digest(key["key"]))
    assert key == {
        "id": stored.pk, "key": key["key"], "name": "made on the command line", "test": False, "groups": [made["id"]],
        "permissions": ["signals:read"], "expires_at": None,
    }  # fmt: skip
    rotated = json.loads(run("rotate_key", key["id"], "--json")[0])
    assert ApiKey.objects.filter(pk=rotated["id"], hash=keys.digest(rotated["key"])).exists()
    assert rotated["replaces"]["id"] == key["id"]
    assert rotated["replaces"]["expires_at"].endswith("Z")
    granted = json.loads(run("grant_credits", made["id"], "7", "--json")[0])
    assert granted == {"group": made["id"], "available": 7, "reserved": 0}


def test_the_only_account_group_need_not_be_named() -> None:
    with pytest.raises(CommandError, match="There is no account group yet. create_group NAME makes one."):
        chosen_group(None)
    run("create_group", "Acme")
    acme = AccountGroup.objects.get()
    assert chosen_group(None) == chosen_group(acme.pk) == acme
    run("create_group", "Neighbour")
    with pytest.raises(CommandError, match=f"say which by --group ID: .*{acme.pk} \\(Acme\\)"):
        chosen_group(None)
    with pytest.raises(CommandError, match="There is no account group with the id or name nobody"):
        chosen_group("nobody")
    assert chosen_group("Acme") == acme
    other = actions.create_group(name="Acme", actor=Actor("command:test"))
    with pytest.raises(CommandError, match="Several account groups are called Acme; say which by its id: ") as told:
        chosen_group("Acme")
    assert acme.pk in str(told.value)
    assert other.pk in str(told.value)
