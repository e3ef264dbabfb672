"""manage.py verify_bundle FILE [--public-key K]: manage.py runs it before Django; this lists it among the commands."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from compliance.exports import verify


class Command(BaseCommand):
    help = "Check a sealed bundle: signature, sums, score history, result digest. Needs no database."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("bundle")
        parser.add_argument("--public-key")

    def handle(self, *args: Any, **options: Any) -> None:
        key = ["--public-key", options["public_key"]] if options["public_key"] else []
        sys.exit(verify.main([options["bundle"], *key]))
