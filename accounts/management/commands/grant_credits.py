"""manage.py grant_credits GROUP AMOUNT"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import credits
from accounts.models import AccountGroup
from accounts.requester import Requester
from web.errors import Refused


class Command(BaseCommand):
    help = "Give an account group credits and print how many it may spend now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("group", help="its id")
        parser.add_argument("amount", type=int)
        parser.add_argument("--note", default="", help="why; kept in the ledger")

    def handle(self, *args: Any, **options: Any) -> None:
        group = AccountGroup.objects.filter(pk=options["group"]).first()
        if group is None:
            raise CommandError(f"There is no account group {options['group']}. create_group NAME makes one.")
        try:
            by = Requester.command("grant_credits", group)
            balance = credits.grant(group, options["amount"], by=by, note=options["note"])
        except Refused as fault:
            raise CommandError(fault.message) from fault
        self.stdout.write(str(balance.available))
