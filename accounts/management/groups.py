"""Which account group a command is for."""

from __future__ import annotations

from django.core.management.base import CommandParser

from accounts.models import AccountGroup
from terminal.command import Refused

NAMED = 10  # groups named in a refusal


def add_group(parser: CommandParser) -> None:
    parser.add_argument("--group", metavar="ID", help="id of the account group; not needed while there is only one")


def known_group(group_id: str) -> AccountGroup:
    """Refused when there is none of that id."""
    group: AccountGroup | None = AccountGroup.objects.filter(pk=group_id).first()
    if group is None:
        raise Refused(f"There is no account group {group_id}. create_group NAME makes one.")
    return group


def chosen_group(group_id: str | None) -> AccountGroup:
    """The account group of that id; without an id the only one there is. Refused when that is none or several."""
    if group_id is not None:
        return known_group(group_id)
    groups: list[AccountGroup] = list(AccountGroup.objects.all()[: NAMED + 1])
    if not groups:
        raise Refused("There is no account group yet. create_group NAME makes one.")
    if len(groups) > 1:
        named = ", ".join(f"{group.pk} ({group.name})" for group in groups[:NAMED])
        more = " and more" if len(groups) > NAMED else ""
        raise Refused(f"There are several account groups; say which by --group ID: {named}{more}.")
    return groups[0]
