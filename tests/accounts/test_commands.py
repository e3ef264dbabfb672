"""create_group and create_key: one line on standard output, so that scripts can keep it."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import keys
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
        (["--group", "0" * 24, "--permissions", "signals:read"], "no account group 000000"),
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
