"""manage.py verify_bundle FILE [--public-key K]: manage.py runs it before Django; this lists it among the commands."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from compliance.exports import verify


class Command(BaseCommand):
    help = "Check a sealed bundle: signature, sums, score history, result digest. Needs no database."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        verify.add_arguments(parser)

    def handle(self, **options: Any) -> None:
        key = ["--public-key", str(options["public_key"])] if options["public_key"] else []
        as_json = ["--json"] if options["json"] else []
        sys.exit(verify.main([str(options["bundle"]), *key, *as_json]))
