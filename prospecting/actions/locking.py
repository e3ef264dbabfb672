"""One writer of identities at a time in each account group."""

from __future__ import annotations

from django.db import connection

from accounts.models import AccountGroup


def hold_people(group: AccountGroup) -> None:
    """Until the transaction ends nobody else adds, merges or renames people of this group.

    To be held by whoever writes e-mail addresses, public identifiers, provider ids or companies of prospects; before
    any row of them is locked, else two holders could wait for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"prospecting.people:{group.pk}"])
