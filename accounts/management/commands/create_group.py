"""manage.py create_group NAME"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from accounts import actions
from accounts.audit import Actor
from accounts.enums import Plan
from terminal.command import OperatorCommand


class Command(OperatorCommand):
    help = "Create an account group and print its id, as the only line on standard output."
    examples = ('"My company"', '"Trials" --plan tester --sandbox')

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--plan", choices=Plan.values, default=Plan.STARTER, help="default: %(default)s")
        parser.add_argument("--sandbox", action="store_true", help="for test keys")

    def handle(self, *, name: str, plan: str, sandbox: bool, **options: Any) -> None:
        actor = Actor("command:create_group")
        group = actions.create_group(name=name, plan=plan, sandbox=sandbox, actor=actor)
        document = {"id": group.pk, "name": group.name, "plan": group.plan, "sandbox": group.sandbox}
        self.console.show(document, group.pk)
