"""Which rows a partner's request is shown, table by table: made from the models whenever migrations have been applied.

A row with a foreign key to an account group is its; any other is seen with the row that it belongs to. A table from
which neither follows, nor `_ROOTS` speaks of, is closed to partners altogether.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.core.management import CommandError
from django.db import DatabaseError, connection, transaction
from django.db.models import AutoField, Field, Model

from accounts.models import AccountGroup, User
from accounts.row_security import SETTING

_NAMES: Final = sorted({str(field.column) for field in User._meta.fields} - set(User.unreadable))
_GROUP: Final = f"current_setting('{SETTING}', true)"
_ROOTS: Final = {
    "accounts.AccountGroup": f"id = {_GROUP}",
    "accounts.AuditEntry": f"chain = {_GROUP}",
    "accounts.ApiKey": "EXISTS (SELECT 1 FROM accounts_grant g WHERE g.key_id = accounts_apikey.id)",
    "accounts.User": "EXISTS (SELECT 1 FROM accounts_membership m WHERE m.user_id = accounts_user.id)",
}
"""Whose rule does not follow from a foreign key. A table that a rule names is itself seen through its own rule."""
_MAY: Final = {
    "accounts.AccountGroup": "SELECT, UPDATE (name)",  # of which nothing is used but the right to lock a row
    "accounts.AuditEntry": "SELECT, INSERT",
    "accounts.ApiKey": "SELECT",  # of which it holds but a hash
    "accounts.Grant": "SELECT",
    "accounts.Membership": "SELECT",
    "accounts.User": f"SELECT ({', '.join(_NAMES)})",
}
_MISSING: Final = """The database role {role} for partners' requests cannot be used: {fault}.
Have somebody who may make roles run

    CREATE ROLE {role} NOLOGIN;
    GRANT {role} TO {login};

and then `manage.py migrate` again; or set PARTNER_ROLE to nothing, to do without row-level security."""


def make(**_: Any) -> None:
    """Bring role, policies and grants of the database in line with the models. CommandError says what is missing."""
    if not settings.PARTNER_ROLE:
        return
    _make_role()
    for table, statement in missing().items():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            cursor.execute(f"COMMENT ON POLICY partners ON {_quoted(table)} IS '{_digest(statement)}'")


def missing() -> dict[str, str]:
    """By table, the statements that make its policy, of those that do not stand: nobody need wait for the others."""
    there, standing = connection.introspection.table_names(), _standing()
    statements = {model._meta.db_table: _statement(model, rule) for model, rule in rules().items()}
    return {
        table: statement
        for table, statement in statements.items()
        if table in there and standing.get(table) != _digest(statement)
    }


def fault() -> str:
    """Why whoever logs in cannot act as the role; empty when that works."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {_quoted(settings.PARTNER_ROLE)}")
            cursor.execute("SET LOCAL ROLE NONE")
    except DatabaseError as fault:
        return str(fault).strip()
    return ""


def rules() -> dict[type[Model], str]:
    """The condition under which a partner's request is shown a row, in SQL; a model that has none is closed."""
    rules: dict[type[Model], str] = {apps.get_model(label): rule for label, rule in _ROOTS.items()}
    waiting = [model for model in apps.get_models(include_auto_created=True) if model not in rules]
    while found := {model: rule for model in waiting if (rule := _rule(model, rules))}:
        rules |= found
        waiting = [model for model in waiting if model not in found]
    return rules


def _rule(model: type[Model], known: dict[type[Model], str]) -> str:
    """By a foreign key that is never empty: to its account group, else to a row whose rule is known."""
    owners: dict[Any, Any] = {field.related_model: field for field in model._meta.concrete_fields if _owns(field)}
    if field := owners.get(AccountGroup):
        return f"{_quoted(field.column)} = {_GROUP}"
    for parent, field in owners.items():
        if parent in known:
            here = f"{_quoted(model._meta.db_table)}.{_quoted(field.column)}"
            there = f"{_quoted(parent._meta.db_table)} p WHERE p.{_quoted(parent._meta.pk.column)}"
            return f"EXISTS (SELECT 1 FROM {there} = {here})"  # noqa: S608  names of our own tables
    return ""


def _owns(field: Field[Any, Any]) -> bool:
    related: Any = field.related_model if field.is_relation and not field.null else None
    return related is not None and related._meta.label != "accounts.User"  # whose rows are no account group's


def _statement(model: type[Model], rule: str) -> str:
    table, role = _quoted(model._meta.db_table), _quoted(settings.PARTNER_ROLE)
    may = _MAY.get(model._meta.label, "SELECT, INSERT, UPDATE, DELETE")
    numbered = isinstance(model._meta.pk, AutoField) and "INSERT" in may
    sequence = _quoted(f"{model._meta.db_table}_{model._meta.pk.column}_seq")
    return (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; DROP POLICY IF EXISTS partners ON {table};"
        f" CREATE POLICY partners ON {table} TO {role} USING ({rule}) WITH CHECK ({rule});"
        f" REVOKE ALL ON {table} FROM {role}; GRANT {may} ON {table} TO {role}"
        + (f"; GRANT USAGE ON SEQUENCE {sequence} TO {role}" if numbered else "")  # else it may not ask for the next id
    )


def _standing() -> dict[str, str]:
    """The digest of what each table's policy was made by, of those that the role may read."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname, obj_description(p.oid, 'pg_policy')
               FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
               WHERE p.polname = 'partners' AND c.relnamespace = current_schema()::regnamespace AND c.relrowsecurity
               AND has_any_column_privilege(%s, c.oid, 'SELECT')""",
            [settings.PARTNER_ROLE],
        )
        return dict(cursor.fetchall())


def _make_role() -> None:
    """Make the role, and let whoever logs in act as it; both are the server's, not the database's."""
    if found := fault():
        role = _quoted(settings.PARTNER_ROLE)
        with suppress(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [settings.PARTNER_ROLE])
            if not cursor.fetchone():
                cursor.execute(f"CREATE ROLE {role} NOLOGIN")
            cursor.execute(f"GRANT {role} TO CURRENT_USER")
        if fault():
            login = connection.settings_dict["USER"]
            raise CommandError(_MISSING.format(role=role, login=_quoted(login), fault=found))


def _digest(statement: str) -> str:
    return hashlib.sha256(statement.encode()).hexdigest()


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
