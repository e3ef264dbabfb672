"""manage.py grant_credits GROUP AMOUNT"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from accounts import credits
from accounts.management.groups import known_group
from accounts.requester import Requester
from terminal.command import OperatorCommand


class Command(OperatorCommand):
    help = "Give an account group credits and print how many it may spend now."
    examples = ('507f1f77bcf86cd799439011 1000 --note "first month"',)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("group", help="id of the account group")
        parser.add_argument("amount", type=int)
        parser.add_argument("--note", default="", help="why; kept in the ledger")

    def handle(self, *, group: str, amount: int, note: str, **options: Any) -> None:
        given = known_group(group)
        balance = credits.grant(given, amount, by=Requester.command("grant_credits", given), note=note)
        document = {"group": given.pk, "available": balance.available, "reserved": balance.reserved}
        self.console.show(document, str(balance.available))
