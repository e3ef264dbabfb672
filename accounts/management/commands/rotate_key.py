"""manage.py rotate_key KEY-ID"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser

from accounts import actions
from accounts.audit import Actor
from accounts.models import ApiKey
from terminal.command import OperatorCommand, Refused

OVERLAP = 24.0
MOST_HOURS = 24 * 366.0


class Command(OperatorCommand):
    help = (
        "Issue a successor of an API key, with its account groups, permissions, limits and lifetime, and print it, "
        "once, as the only line on standard output. The old key goes on working for --overlap hours."
    )
    examples = ("507f1f77bcf86cd799439011", "507f1f77bcf86cd799439011 --overlap 0")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="its id, as create_key and the admin show it; never the key itself")
        parser.add_argument(
            "--overlap", type=float, metavar="HOURS", default=OVERLAP,
            help="hours the old key lives on; 0 ends it within a second; default: %(default)g",
        )  # fmt: skip

    def handle(self, *, key: str, overlap: float, **options: Any) -> None:
        if not 0 <= overlap <= MOST_HOURS:
            raise Refused(f"--overlap must be from 0 to {MOST_HOURS:g} hours.")
        old = ApiKey.objects.filter(pk=key).first()
        if old is None:
            raise Refused("There is no API key of this id. Keys are named by their id; the admin lists them.")
        new, text = actions.rotate_key(key=old, actor=Actor("command:rotate_key"), overlap=timedelta(hours=overlap))
        old.refresh_from_db()
        document = {
            "id": new.pk, "key": text, "name": new.name, "expires_at": new.expires_at,
            "replaces": {"id": old.pk, "expires_at": old.expires_at},
        }  # fmt: skip
        self.console.show(document, text)
        self.console.note(f"Keep it now: it is not stored and cannot be shown again. Key id: {new.pk}")
        self.console.note(f"The old key, {old.masked}, ends at {old.expires_at:%Y-%m-%d %H:%M} UTC.")
