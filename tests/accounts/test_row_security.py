"""The second wall: which rows PostgreSQL itself shows to a partner's request, and when the wall stands."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import Error, ProgrammingError, connection, transaction
from django.test import Client

from accounts import row_policies, row_security
from accounts.enums import Role
from accounts.models import AccountGroup, ApiKey, AuditEntry, IdempotencyRecord, Membership, User
from tests.accounts.conftest import Issue, bearer
from web.postgresql.base import _lives

CLOSED = {
    "accounts.SecondFactor", "accounts.User_groups",
    "accounts.User_user_permissions", "admin.LogEntry", "auth.Group", "auth.Group_permissions", "auth.Permission",
    "contenttypes.ContentType", "django_celery_beat.ClockedSchedule", "django_celery_beat.CrontabSchedule",
    "django_celery_beat.IntervalSchedule", "django_celery_beat.PeriodicTask", "django_celery_beat.PeriodicTasks",
    "django_celery_beat.SolarSchedule", "sessions.Session",
}  # fmt: skip


@pytest.fixture
def inside(group: AccountGroup) -> Iterator[AccountGroup]:
    """As in a request of that account group."""
    row_security.enter(group.pk)
    yield group
    row_security.leave()


def acting_as() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting(%s, true)", [row_security.SETTING])
        role, group = cursor.fetchone()
        return role, group or ""


def test_every_table_has_a_policy_or_is_closed() -> None:
    every = set(apps.get_models(include_auto_created=True))
    assert {model._meta.label for model in every - set(row_policies.rules())} == CLOSED


@pytest.mark.django_db
def test_all_policies_stand_once_migrated() -> None:
    assert row_policies.fault() == ""
    assert row_policies.missing() == {}


def test_a_request_is_shown_its_own_group_only(neighbour: AccountGroup, inside: AccountGroup) -> None:
    assert list(AccountGroup.objects.all()) == [inside]
    assert set(AuditEntry.objects.values_list("chain", flat=True)) == {inside.pk}
    row_security.enter("")  # as when the setting was lost
    assert not AccountGroup.objects.exists()


def test_a_request_writes_its_own_group_only(neighbour: AccountGroup, inside: AccountGroup) -> None:
    IdempotencyRecord.objects.create(group=inside, operation="test", key="mine", fingerprint="0" * 64)
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        IdempotencyRecord.objects.create(group=neighbour, operation="test", key="theirs", fingerprint="0" * 64)
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        IdempotencyRecord.objects.update(group=neighbour)


def test_a_request_reads_no_secret_of_accounts(inside: AccountGroup) -> None:
    for query in (User.objects.all(), apps.get_model("sessions.Session").objects.all()):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            list(query)


def test_a_request_sees_the_keys_of_its_group_and_changes_none(
    issue: Issue, group: AccountGroup, neighbour: AccountGroup
) -> None:
    mine, _ = issue(group)[0], issue(neighbour)
    row_security.enter(group.pk)
    assert list(ApiKey.objects.all()) == [mine]
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        ApiKey.objects.update(revoked_at=None)
    row_security.leave()


def test_a_request_knows_the_names_of_members_only(group: AccountGroup, neighbour: AccountGroup) -> None:
    for name, where in (("ann", group), ("bob", neighbour)):
        Membership.objects.create(user=User.objects.create_user(name), group=where, role=Role.AUDITOR)
    row_security.enter(group.pk)
    assert list(User.objects.values_list("username", flat=True)) == ["ann"]
    row_security.leave()


def test_the_wall_stands_during_a_request_and_no_longer(client: Client, issue: Issue, group: AccountGroup) -> None:
    seen: list[tuple[str, str]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        with context["cursor"].connection.cursor() as cursor:
            seen.extend(
                cursor.execute(
                    "SELECT current_user, coalesce(current_setting('scanward.account_group', true), '')"
                ).fetchall()
            )
        return answer

    before = acting_as()
    with connection.execute_wrapper(note):
        assert client.get("/api/scan", headers=bearer(issue()[1])).status_code == 200
    assert seen[0] == before  # who asks
    assert set(seen[-2:]) == {("scanward_partner", group.pk)}
    assert acting_as() == before


@pytest.mark.django_db(transaction=True)
def test_a_connection_taken_amid_a_request_is_behind_the_wall_and_comes_back_without_it() -> None:
    row_security.enter("0" * 24)
    connection.close()
    assert acting_as() == ("scanward_partner", "0" * 24)
    connection.close()
    row_security.leave()
    assert acting_as()[0] != "scanward_partner"
    assert acting_as()[1] == ""


@pytest.mark.parametrize("left", ["BEGIN", "BEGIN; SELECT 1 / 0"])
@pytest.mark.django_db(transaction=True)
def test_a_connection_given_back_amid_a_transaction_comes_back_without_the_wall(left: str) -> None:
    acting_as()
    driver = connection.connection
    with suppress(psycopg.Error):
        driver.execute(left)
        row_security.enter("0" * 24)  # in that transaction: undone with it
    connection.close()
    row_security.leave()
    for _ in range(2):  # the pool's other one as well
        assert acting_as() == (connection.settings_dict["USER"], "")
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_connection_closed_inside_a_block_comes_back_without_the_wall() -> None:
    row_security.enter("0" * 24)
    acting_as()
    with suppress(Error), transaction.atomic():
        AccountGroup.objects.exists()
        connection.close()
    row_security.leave()
    for _ in range(2):
        assert acting_as() == (connection.settings_dict["USER"], "")
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_ended_in_the_pool_is_not_handed_out() -> None:
    acting_as()
    ended = connection.connection
    connection.close()
    with psycopg.connect(**psycopg.conninfo.conninfo_to_dict(ended.info.dsn), password=ended.info.password) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [ended.info.backend_pid])
    assert acting_as()
    assert connection.connection is not ended
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_connection_with_something_to_read_may_live() -> None:
    acting_as()
    told = connection.connection
    told.execute("LISTEN something")
    with psycopg.connect(**psycopg.conninfo.conninfo_to_dict(told.info.dsn), password=told.info.password) as other:
        other.execute("NOTIFY something")
    assert select.select([told], [], [], 10)[0]
    assert _lives(told)
    told.execute("UNLISTEN something")


@pytest.mark.django_db
def test_what_a_crashed_request_left_ends_where_the_next_begins(client: Client) -> None:
    row_security.enter("0" * 24)
    assert client.get("/admin/login/").status_code == 200
    assert acting_as()[0] != "scanward_partner"


@pytest.mark.django_db
def test_without_a_role_nothing_is_put_on(settings: Any, group: AccountGroup, neighbour: AccountGroup) -> None:
    settings.PARTNER_ROLE = ""
    row_security.enter(group.pk)
    assert AccountGroup.objects.count() >= 2
    call_command("migrate", verbosity=0)


@pytest.mark.django_db
def test_a_policy_that_is_missing_is_made_and_the_others_are_left_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP POLICY partners ON compliance_violation")
        cursor.execute("SELECT oid FROM pg_policy ORDER BY oid")
        before = cursor.fetchall()
        assert list(row_policies.missing()) == ["compliance_violation"]
        call_command("migrate", verbosity=0)
        assert row_policies.missing() == {}
        cursor.execute("SELECT oid FROM pg_policy ORDER BY oid")
        assert set(before) < set(cursor.fetchall())


@pytest.mark.django_db
def test_who_may_not_make_the_role_is_told_what_to_run(settings: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE test_scanward_nobody")
        cursor.execute("SET LOCAL ROLE test_scanward_nobody")
        settings.PARTNER_ROLE = "test_scanward_new"
        with pytest.raises(CommandError) as told:
            row_policies.make()
    assert 'CREATE ROLE "test_scanward_new" NOLOGIN;' in str(told.value)
    assert 'role "test_scanward_new" does not exist' in str(told.value)


@pytest.mark.django_db
def test_copy_is_refused_to_a_request(inside: AccountGroup) -> None:
    with (
        pytest.raises(psycopg.Error, match="COPY FROM not supported with row-level security"),
        transaction.atomic(),
        connection.cursor() as cursor,
        cursor.copy("COPY compliance_policy (name) FROM STDIN"),
    ):
        pass
