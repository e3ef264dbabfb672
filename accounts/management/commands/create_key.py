"""manage.py create_key --group ID --permissions a,b"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from accounts import actions
from accounts.audit import Actor
from accounts.enums import Permission
from accounts.management.groups import known_group
from terminal.command import OperatorCommand, Refused

MAX_DAYS = 3650


class Command(OperatorCommand):
    help = "Issue an API key and print it, once, as the only line on standard output."
    examples = (
        "--group ID --permissions compliance:read,compliance:write",
        '--group ID --permissions signals:read --name "CI" --expires-days 90',
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--group",
            metavar="ID",
            action="append",
            required=True,
            help="what it reaches, by id or name; again for each further one",
        )
        parser.add_argument("--permissions", required=True, help=f"some of: {', '.join(Permission.values)}")
        parser.add_argument("--name", default="made on the command line", help="how people tell it from others")
        parser.add_argument("--expires-days", type=int, help="days the key lives; without it, until revoked")
        parser.add_argument("--test", action="store_true", help="an sk_test_ key, for sandbox groups")

    def handle(self, *, group: list[str], permissions: str, name: str, test: bool, **options: Any) -> None:
        groups = {each.pk: each for each in map(known_group, group)}
        key, text = actions.issue_key(
            groups=list(groups.values()),
            permissions=[word.strip() for word in permissions.split(",") if word.strip()],
            name=name,
            expires_at=_end(options["expires_days"]),
            test=test,
            actor=Actor("command:create_key"),
        )
        document = {
            "id": key.pk, "key": text, "name": key.name, "test": key.test, "groups": list(groups),
            "permissions": key.permissions, "expires_at": key.expires_at,
        }  # fmt: skip
        self.console.show(document, text)
        self.console.note(f"Keep it now: it is not stored and cannot be shown again. Key id: {key.pk}")


def _end(days: int | None) -> datetime | None:
    if days is None:
        return None
    if not 1 <= days <= MAX_DAYS:
        raise Refused(f"--expires-days must be from 1 to {MAX_DAYS}.")
    return timezone.now() + timedelta(days=days)
