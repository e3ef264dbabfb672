"""manage.py create_group NAME"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import actions
from accounts.audit import Actor
from accounts.enums import Plan


class Command(BaseCommand):
    help = "Create an account group and print its id."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--plan", choices=Plan.values, default=Plan.STARTER)
        parser.add_argument("--sandbox", action="store_true", help="for test keys")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            group = actions.create_group(
                name=options["name"],
                plan=options["plan"],
                sandbox=options["sandbox"],
                actor=Actor("command:create_group"),
            )
        except ValidationError as fault:
            raise CommandError("; ".join(fault.messages)) from fault
        self.stdout.write(group.pk)
