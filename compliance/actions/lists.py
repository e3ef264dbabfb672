"""Making and changing reference lists. Every change of values is a new version; what was run stays as it was."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.core.validators import RegexValidator
from django.db import IntegrityError, transaction

from accounts.models import AccountGroup
from accounts.requester import Requester
from compliance.engine.rules import Rule, lists_used
from compliance.errors import ListNotFound, ListsUnknown, ListTaken
from compliance.listvalues import sha256_of
from compliance.models import ReferenceList, ReferenceListVersion

plain_name = RegexValidator(
    r"\A[A-Za-z0-9._-]{1,100}\Z", "must be 1 to 100 characters of letters, digits, '.', '_' and '-'"
)


def create_list(*, group: AccountGroup, by: Requester, name: str, values: list[str], **about: Any) -> ReferenceList:
    """Make a list with its first version; `values` as listvalues.py reads them. ListTaken when the name is in use."""
    with transaction.atomic():
        try:
            with transaction.atomic():
                made = ReferenceList.objects.create(group=group, name=name, **about)
        except IntegrityError as taken:
            raise ListTaken(f"The account group has a list {name!r}; change it with PUT /api/lists/{name}.") from taken
        version = _add_version(made, number=1, values=values, by=by)
        by.audit("list.created", made, after={"name": name, "values": version.value_count, "sha256": version.sha256})
    return made


def replace_values(*, row: ReferenceList, by: Requester, values: list[str]) -> ReferenceListVersion:
    """A new version with these values; the same values as now make none. Returns the newest version."""
    with transaction.atomic():
        locked = ReferenceList.objects.select_for_update(no_key=True).get(pk=row.pk)
        newest: ReferenceListVersion = locked.current()
        if newest.sha256 == sha256_of(values):
            return newest
        version = _add_version(locked, number=newest.number + 1, values=values, by=by)
        by.audit(
            "list.changed", locked, before={"version": newest.number, "values": newest.value_count},
            after={"version": version.number, "values": version.value_count, "sha256": version.sha256},
        )  # fmt: skip
    return version


def version_of(row: ReferenceList, number: int | None) -> ReferenceListVersion:
    """That version without its values, or the newest. ListNotFound when there is none of this number."""
    if number is None:
        return row.current()
    found: ReferenceListVersion | None = row.versions.defer("values").filter(number=number).first()
    if found is None:
        raise ListNotFound(f"The list {row.name} has no version {number}.")
    return found


def freeze_lists(*, group: AccountGroup, rules: Iterable[Rule]) -> dict[str, dict[str, Any]]:
    """`lists_now`; ListsUnknown when a list is not there: a scan would silently look for nothing."""
    users: dict[str, list[str]] = {}
    for rule in rules:
        for name in lists_used(rule) if rule.is_active else ():
            users.setdefault(name, []).append(rule.rule_id)
    found = lists_now(group=group, names=users)
    if missing := sorted(set(users) - set(found)):
        raise ListsUnknown.named({name: users[name] for name in missing})
    return found


def lists_now(*, group: AccountGroup, names: Collection[str]) -> dict[str, dict[str, Any]]:
    """{name: {version, sha256}} of those of these lists that the group has, as they are now."""
    known = ReferenceList.objects.for_group(group).filter(name__in=names).order_by("name")
    return {row.name: row.current().frozen for row in known}


def _add_version(row: ReferenceList, *, number: int, values: list[str], by: Requester) -> ReferenceListVersion:
    return ReferenceListVersion.objects.create(
        list=row, number=number, values=values, value_count=len(values), sha256=sha256_of(values), created_by=by.name
    )
