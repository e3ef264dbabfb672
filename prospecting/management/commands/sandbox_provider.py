"""manage.py sandbox_provider"""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from prospecting.providers.sandbox import Sandbox
from prospecting.providers.serving import server


class Command(BaseCommand):
    help = "Serve the reference provider of people data, which test keys use, on loopback until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=urlsplit(settings.SANDBOX_PROVIDER_URL).port or 80)

    def handle(self, *, port: int, **options: Any) -> None:
        with server(Sandbox(), port) as serving:
            self.stdout.write(f"The sandbox provider answers on http://127.0.0.1:{serving.server_port}")
            with suppress(KeyboardInterrupt):
                serving.serve_forever()
