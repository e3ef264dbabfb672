"""Which account group a command is for."""

from __future__ import annotations

from django.core.management.base import CommandParser

from accounts.models import AccountGroup
from terminal.command import Refused

NAMED = 10  # groups named in a refusal


def add_group(parser: CommandParser) -> None:
    parser.add_argument("--group", metavar="ID", help="id or name of the account group; not needed while there is one")


def known_group(wanted: str) -> AccountGroup:
    """The account group of that id, else of that name. Refused when there is none, or several have the name."""
    group: AccountGroup | None = AccountGroup.objects.filter(pk=wanted).first()
    named: list[AccountGroup] = [group] if group else list(AccountGroup.objects.filter(name=wanted)[:NAMED])
    if not named:
        raise Refused(f"There is no account group with the id or name {wanted}. create_group NAME makes one.")
    if len(named) > 1:
        ids = ", ".join(each.pk for each in named)
        raise Refused(f"Several account groups are called {wanted}; say which by its id: {ids}.")
    return named[0]


def chosen_group(wanted: str | None) -> AccountGroup:
    """The account group of that id or name; without one the only one there is. Refused when that is none or several."""
    if wanted is not None:
        return known_group(wanted)
    groups: list[AccountGroup] = list(AccountGroup.objects.all()[: NAMED + 1])
    if not groups:
        raise Refused("There is no account group yet. create_group NAME makes one.")
    if len(groups) > 1:
        named = ", ".join(f"{group.pk} ({group.name})" for group in groups[:NAMED])
        more = " and more" if len(groups) > NAMED else ""
        raise Refused(f"There are several account groups; say which by --group ID: {named}{more}.")
    return groups[0]
