"""manage.py create_key --group ID --permissions a,b"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts import actions
from accounts.audit import Actor
from accounts.enums import Permission
from accounts.models import AccountGroup
from web.errors import Refused

MAX_DAYS = 3650


class Command(BaseCommand):
    help = "Issue an API key and print it, once, as the only line on standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--group", action="append", required=True, help="id; again for each further group")
        parser.add_argument("--permissions", required=True, help=f"some of: {','.join(Permission.values)}")
        parser.add_argument("--name", default="made on the command line")
        parser.add_argument("--expires-days", type=int, help="days the key lives; without it, until revoked")
        parser.add_argument("--test", action="store_true", help="an sk_test_ key, for sandbox groups")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key, text = actions.issue_key(
                groups=_groups(options["group"]),
                permissions=[name.strip() for name in options["permissions"].split(",") if name.strip()],
                name=options["name"],
                expires_at=_end(options["expires_days"]),
                test=options["test"],
                actor=Actor("command:create_key"),
            )
        except Refused as fault:
            raise CommandError(fault.message) from fault
        except ValidationError as fault:
            raise CommandError("; ".join(fault.messages)) from fault
        self.stdout.write(text)
        self.stderr.write(f"Keep it now: it is not stored and cannot be shown again. Key id: {key.pk}")


def _groups(ids: list[str]) -> list[AccountGroup]:
    wanted = list(dict.fromkeys(ids))
    found = AccountGroup.objects.in_bulk(wanted)
    if missing := [group_id for group_id in wanted if group_id not in found]:
        raise CommandError(f"There is no account group {', '.join(missing)}. create_group NAME makes one.")
    return list(found.values())


def _end(days: int | None) -> datetime | None:
    if days is None:
        return None
    if not 1 <= days <= MAX_DAYS:
        raise CommandError(f"--expires-days must be from 1 to {MAX_DAYS}.")
    return timezone.now() + timedelta(days=days)
