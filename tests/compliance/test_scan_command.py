"""What manage.py scan refuses, which policy it takes, and what it leaves behind when nothing comes of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AccountGroup
from accounts.requester import Requester
from compliance.actions.policies import delete_policy
from compliance.enums import UploadStatus
from compliance.management.policies import chosen_policy, made_policy
from compliance.models import ComplianceScan, Policy, Upload
from compliance.packs.loader import Pack
from terminal.exits import Exit
from tests.compliance import factories

pytestmark = pytest.mark.django_db
LEDGER = "Account,Amount,Date\nA1,500,2024-01-01\nA2,5,2024-01-02\n"


@pytest.fixture
def group() -> AccountGroup:
    return factories.group()


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.csv"
    path.write_text(LEDGER)
    return path


def refused(*words: object, **options: Any) -> str:
    with pytest.raises(CommandError) as fault:
        call_command("scan", *map(str, words), **options)
    assert fault.value.returncode in (Exit.REFUSED, 1), "1 is what Django says in place of argparse's 2"
    return str(fault.value)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--fail-under", "101"], "must be a number from 0 to 100, not '101'"),
        (["--fail-under", "nan"], "must be a number from 0 to 100, not 'nan'"),
        (["--fail-under", "good"], "must be a number from 0 to 100, not 'good'"),
        (["--map", "account"], "must look like account=Column, not 'account'"),
        (["--map", "=Account"], "must look like account=Column, not '=Account'"),
    ],
)
def test_options_that_say_nothing_are_refused(group: AccountGroup, ledger: Path, words: list[str], told: str) -> None:
    assert told in refused(ledger, "--policy", "aml", "--group", group.pk, *words)


def test_a_file_that_is_not_there_or_no_table_leaves_nothing(group: AccountGroup, tmp_path: Path) -> None:
    about = ("--policy", "aml", "--group", group.pk)
    assert "nowhere.csv is no file" in refused(tmp_path / "nowhere.csv", *about)
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    assert "empty" in refused(empty, *about)
    assert (Upload.objects.count(), Policy.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("mapped", "told"),
    [("account=Acount", 'no column "Acount"'), ("amount=", "No active rule can run with this mapping.")],
)
def test_a_mapping_that_cannot_be_used_leaves_no_content_and_no_policy(
    group: AccountGroup, ledger: Path, mapped: str, told: str
) -> None:
    factories.policy(group, name="Big")
    policy = "Big" if mapped == "amount=" else "aml"
    assert told.lower() in refused(ledger, "--policy", policy, "--group", group.pk, "--map", mapped).lower()
    assert Upload.objects.get().status == UploadStatus.DELETED
    assert not ComplianceScan.objects.exists()
    assert [policy.name for policy in Policy.objects.all()] == ["Big"]


def test_a_file_may_be_called_anything(group: AccountGroup, ledger: Path) -> None:
    odd = ledger.rename(ledger.parent / os.fsdecode(b"a\xff\x1b\n.csv"))
    factories.policy(group, name="Big")
    refused(odd, "--policy", "Big", "--group", group.pk, "--map", "amount=")
    assert Upload.objects.get().name == "a\\udcff\\x1b\\n.csv"


def test_a_policy_is_named_by_its_id_or_its_name(group: AccountGroup) -> None:
    ours = factories.policy(group, name="Ours")
    assert chosen_policy(group, str(ours.pk)) == chosen_policy(group, "Ours") == ours


def test_a_pack_is_made_into_a_policy_once(group: AccountGroup) -> None:
    by = Requester.command("tests", group)
    pack = chosen_policy(group, "aml")
    assert isinstance(pack, Pack)
    made = made_policy(group, by, pack)
    assert (made.name, len(made.current().rules)) == (pack.title, len(pack.rules))
    assert made_policy(group, by, chosen_policy(group, "aml")) == made
    delete_policy(policy=made, by=by)
    assert isinstance(chosen_policy(group, "aml"), Pack), "an archived policy runs no more"


def test_a_name_that_fits_none_or_several_is_refused_with_those_there_are(group: AccountGroup) -> None:
    factories.policy(factories.group("Neighbour"), name="Theirs")
    with pytest.raises(CommandError, match="There is no policy Theirs. Packs: aml, gdpr, soc2. .* Acme: none yet."):
        chosen_policy(group, "Theirs")
    twins = [factories.policy(group, name="Twin") for _ in range(2)]
    with pytest.raises(CommandError, match="Several policies are called Twin") as several:
        chosen_policy(group, "Twin")
    assert all(str(twin.pk) in str(several.value) for twin in twins)
    with pytest.raises(CommandError, match="There is no policy ours. .*: Twin, Twin."):
        chosen_policy(group, "ours")
    with pytest.raises(CommandError, match="There is no policy"):
        chosen_policy(group, "00000000-0000-4000-8000-000000000000")
