"""manage.py reset_second_factor USER"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from accounts import second_factor
from accounts.audit import Actor
from accounts.models import User
from terminal.command import OperatorCommand, Refused


class Command(OperatorCommand):
    help = "Turn off the second factor of a user who has lost both the device and the recovery codes."
    examples = ("ann",)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="as it is entered at the login")

    def handle(self, *, user: str, **options: Any) -> None:
        found = User.objects.filter(username=user).first()
        if found is None:
            raise Refused(f"There is no user {user}.")
        was_on = found.second_factor_at is not None
        second_factor.turn_off(user=found, actor=Actor("command:reset_second_factor"))
        said = "is turned off: the password is enough, and all sessions have ended" if was_on else "was not turned on"
        self.console.show({"user": user, "was_on": was_on}, f"The second factor of {user} {said}.")
