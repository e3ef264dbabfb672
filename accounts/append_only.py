"""Tables whose rows are never changed, kept so by the database."""

from django.db import migrations

FUNCTION = migrations.RunSQL(
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
    END $$;
    """,
    "DROP FUNCTION refuse_change();",
)


def protect(table: str) -> migrations.RunSQL:
    """A migration step after which UPDATE and DELETE on `table` fail."""
    return migrations.RunSQL(
        f"CREATE TRIGGER rows_are_never_changed BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change();",
        f"DROP TRIGGER rows_are_never_changed ON {table};",
    )
